"""Reverse: strings are padded as encoder and decoder need, and short ones are learned."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.lab.experiments import reverse
from charrnn.lab.protocol import Finding


def test_short_strings_are_learned(
    run_experiment: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reverse, "CELLS", ("gru",))
    monkeypatch.setattr(reverse, "H", 48)
    monkeypatch.setattr(reverse, "LONGEST_TRAINED", 4)
    monkeypatch.setattr(reverse, "TEST_LENGTHS", (1, 2, 4))
    rows = [row for row in run_experiment("reverse", 900) if row.table == "strings without a mistake"]
    assert [row.figures["letters"] for row in rows] == [1, 2, 4]
    assert min(float(row.figures["right"]) for row in rows) > 0.9


def test_sources_are_padded_in_front_and_targets_behind() -> None:
    x, targets = reverse.encode(["abc", "z"])
    np.testing.assert_array_equal(targets.T, [[2, 1, 0, 26], [25, 26, -1, -1]])
    assert np.isnan(x[:3, 1, 0]).all()
    assert x[3, 1, 0, 25] == 1.0
    assert np.isnan(x[2:, 1, 1]).all()
