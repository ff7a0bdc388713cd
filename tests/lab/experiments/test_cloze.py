"""Cloze: only networks that read both ways can predict the label."""

from collections.abc import Callable

import numpy as np

from charrnn.lab.experiments import cloze
from charrnn.lab.protocol import Finding


def test_shorter_training_reaches_the_figures(run_experiment: Callable[..., list[Finding]]) -> None:
    assert [finding for finding in run_experiment("cloze", 400) if not finding.passed] == []


def test_last_token_decides_the_label() -> None:
    ids = cloze.sequences(100, np.random.default_rng(0))
    assert set(ids[1]) == {1, 2}
    np.testing.assert_array_equal(ids[-1], ids[1] + 2)
