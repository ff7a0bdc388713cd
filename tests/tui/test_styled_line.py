"""The styled line: surprise, typed text and copies, and which pieces are styled again."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.tui.open_model import OpenModel
from charrnn.tui.sample_session import SampleSession
from charrnn.tui.styled_line import StyledLine

COPIED = "the old lamp at the end of the quay"


@pytest.fixture
def session(tiny_run: Path) -> SampleSession:
    return SampleSession(OpenModel.open(tiny_run).text_model, np.random.default_rng(1))


def test_typed_and_surprising_tokens_have_styles_of_their_own(session: SampleSession) -> None:
    session.tree.write("th")
    tree = session.tree
    ranks = tree.distribution(session.controls.sampling).top_tokens(100)
    for token in (ranks[0].token, ranks[-1].token):
        tree.take(token)
    line = StyledLine()
    line.update(tree)
    assert [piece.style for piece in line.pieces] == ["typed", "typed", "plain", "very-surprising"]


def test_only_new_pieces_are_styled_again(session: SampleSession) -> None:
    line = StyledLine()
    session.tree.write("the old")
    assert line.update(session.tree) == 0
    session.tree.write(" lamp")
    assert line.update(session.tree) == 7
    session.tree.back(5)
    session.tree.write("quay")
    assert line.update(session.tree) == 7
    assert "".join(piece.text for piece in line.pieces) == "the oldquay"
    line.invalidate()
    assert line.update(session.tree) == 0


def test_copies_of_the_training_text_are_underlined(session: SampleSession) -> None:
    session.mark_copies(f"{COPIED} was lit")
    for character in f"{COPIED}zzzzz":
        session.tree.write(character)
        session.line.update(session.tree)
    underlined = "".join(piece.text for piece in session.line.pieces if piece.underlined)
    assert underlined == COPIED
    assert session.line.copied_share(len(COPIED)) == 1.0
    assert session.line.copied_share(len(COPIED) + 5) == len(COPIED) / (len(COPIED) + 5)
    assert session.line.copied_share(0) == 0.0
