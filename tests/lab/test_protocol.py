"""The list of experiments: every one can be loaded, explains itself, and states claims that can fail."""

from collections.abc import Callable

import pytest

from charrnn.lab.experiments import adding, gradcheck
from charrnn.lab.protocol import CLAIMS, EXPERIMENTS, Finding


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiment_has_question_duration_title_and_explanation(name: str) -> None:
    experiment, module = EXPERIMENTS[name], EXPERIMENTS[name].load()
    assert experiment.summary.endswith("?")
    assert experiment.duration
    assert module.TITLE
    assert 0 < max(len(line) for line in module.EXPLANATION.splitlines()) <= 118


@pytest.mark.parametrize("name", [name for name, experiment in EXPERIMENTS.items() if experiment.steps])
def test_too_short_training_fails_a_claim(
    name: str, run_experiment: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "LENGTHS", (20,))
    claims = [finding for finding in run_experiment(name, 5) if finding.table == CLAIMS]
    assert all(list(finding.figures) == ["claim", "reference", "reached"] for finding in claims)
    assert [finding for finding in claims if not finding.passed]


@pytest.mark.parametrize("name", [name for name, experiment in EXPERIMENTS.items() if not experiment.steps])
def test_experiment_without_training_passes_its_claims(
    name: str, run_experiment: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradcheck, "GROUPS", gradcheck.GROUPS[:1])
    monkeypatch.setattr(gradcheck, "SEQUENCES", gradcheck.SEQUENCES[:1])
    findings = run_experiment(name)
    assert CLAIMS in {finding.table for finding in findings}
    assert [finding for finding in findings if not finding.passed] == []
