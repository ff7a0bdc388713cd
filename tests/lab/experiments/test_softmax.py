"""Softmax by numbers: a wrong reference is noticed."""

import pytest

from charrnn.lab.experiments import softmax


def test_wrong_reference_fails_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax, "LOSSES", (3.0, *softmax.LOSSES[1:]))
    labels = [finding.passed for finding in softmax.run(0, 0) if finding.table == "labels"]
    assert labels == [False, True, True, True]
