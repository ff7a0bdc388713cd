"""The sample session: running at a speed, choosing tokens, and the positions in a sample."""

import time
from pathlib import Path

import numpy as np
import pytest

from charrnn.tui.open_model import OpenModel
from charrnn.tui.sample_session import SampleSession


@pytest.fixture
def session(tiny_run: Path) -> SampleSession:
    return SampleSession(OpenModel.open(tiny_run).text_model, np.random.default_rng(1))


def test_a_session_advances_only_while_it_runs(session: SampleSession) -> None:
    assert not session.advance_due(0.02)
    session.controls.values["speed"] = 1_000_000
    session.set_running(True)
    time.sleep(0.01)
    assert session.advance_due(0.02)
    assert session.tree.here.depth > 1
    session.set_running(False)
    assert not session.advance_due(0.02)


def test_advancing_follows_the_line_before_it_samples(session: SampleSession) -> None:
    session.tree.write("the old lamp")
    session.go_before(4)
    for _ in range(8):
        session.advance()
    assert session.tree.text() == "the old lamp"
    session.advance()
    assert session.tree.text().startswith("the old lamp")
    assert session.tree.here.depth == 13


def test_a_token_is_taken_by_its_rank_and_a_rank_beyond_the_vocabulary_is_ignored(session: SampleSession) -> None:
    expected = session.distribution().top_tokens()[1]
    session.take_token(1)
    assert session.tree.here.token == expected.token
    session.take_token(10_000)
    assert session.tree.here.depth == 1


def test_a_position_beyond_the_end_is_before_the_last_piece(session: SampleSession) -> None:
    session.go_before(3)
    assert session.tree.here is session.tree.root
    session.tree.write("the")
    session.go_before(99)
    assert session.tree.text() == "th"


def test_stats_have_the_position_and_the_branch(session: SampleSession) -> None:
    session.tree.write("the")
    session.tree.back(1)
    session.tree.write("a")
    session.line.update(session.tree)
    stats = {stat.name: stat.value for stat in session.stats()}
    assert (stats["position"], stats["branch"], stats["copied from training"]) == ("3 of 3", "2 of 2", "?")
