"""The lab's experiments of numbers: they come out as the references say, and would notice if they did not."""

import numpy as np
import pytest

from charrnn.lab import EXPERIMENTS, Finding, clipping, forward, gradients, softmax


def findings_of(name: str, steps: int | None = None, seed: int = 0) -> list[Finding]:
    experiment = EXPERIMENTS[name]
    found = experiment.load().run(seed, steps or experiment.steps)
    return [each for each in found if isinstance(each, Finding)]


@pytest.mark.parametrize("name", ["forward", "softmax", "clipping", "gradients", "hello", "cloze"])
def test_every_finding_is_as_it_should_be(name: str) -> None:
    findings = findings_of(name)
    assert findings
    assert all(finding.passed for finding in findings)


def test_the_worked_example_would_notice_a_wrong_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "WH", forward.WH.T)
    assert [finding.passed for finding in forward.run(0, 0)][:2] == [True, False]


def test_both_ways_of_writing_the_recurrence_are_told_from_a_mistake() -> None:
    forms = {
        str(finding.figures["form"]): finding.figures["differs_by"]
        for finding in forward.run(0, 0)
        if finding.table == "forms"
    }
    assert sorted(forms.values()) == [pytest.approx(0.0, abs=1e-15), pytest.approx(0.0125, abs=1e-3)]


def test_softmax_would_notice_a_wrong_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax, "COSTS", (3.0, *softmax.COSTS[1:]))
    labels = [finding.passed for finding in softmax.run(0, 0) if finding.table == "labels"]
    assert labels == [False, True, True, True]


def test_clipping_tells_the_two_ways_apart() -> None:
    found = {finding.figures["by"]: finding.figures["cosine"] for finding in list(clipping.run(0, 0))[:2]}
    assert found["norm"] == pytest.approx(1.0)
    assert found["value"] == pytest.approx(7 / (5 * 2**0.5))


def test_the_error_of_a_linear_recurrence_is_the_power_of_its_radius() -> None:
    norms = gradients.norms_back("identity", 0.9, np.random.default_rng(1))
    assert norms[50] == pytest.approx(0.005153775, rel=1e-6)
    assert gradients.norms_back("identity", 1.1, np.random.default_rng(1))[50] == pytest.approx(117.3908529, rel=1e-9)


def test_a_logistic_recurrence_forgets_soonest_and_an_lstm_last() -> None:
    left = {
        cell: gradients.norms_back(cell, 1.0, np.random.default_rng(0))[50] for cell in ("sigmoid", "tanh", "lstm")
    }
    assert left["sigmoid"] < 1e-25
    assert left["sigmoid"] < left["tanh"] < left["lstm"]
