"""hello: the network learns its word."""

from collections.abc import Callable

from charrnn.lab.protocol import Finding


def test_full_size_passes(run_experiment: Callable[..., list[Finding]]) -> None:
    findings = run_experiment("hello")
    assert [finding for finding in findings if not finding.passed] == []
    first_l, second_l = (row.figures for row in findings if row.figures.get("input") == "l")
    assert (first_l["says"], second_l["says"]) == ("l", "o")
