"""The worked example: it passes, and notices a wrong matrix."""

import pytest

from charrnn.lab.experiments import forward


def test_transposed_matrix_fails_at_the_second_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "WH", forward.WH.T)
    assert [finding.passed for finding in forward.run(0, 0)][:2] == [True, False]


def test_only_the_transposed_form_differs() -> None:
    differences = [finding.figures["differs_by"] for finding in forward.run(0, 0) if finding.table == "forms"]
    assert differences == [pytest.approx(0.0, abs=1e-15), pytest.approx(0.0125, abs=1e-3)]
