"""The gradient check as an experiment: it fails on a wrong gradient and on a bug that it does not find."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.lab.experiments import gradcheck
from charrnn.lab.planted_bugs import PLANTED_BUGS
from charrnn.network import Network


def test_wrong_gradient_fails_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    group = gradcheck.GROUPS[0]
    assert gradcheck.check_group(group, np.random.default_rng(0)).passed

    class Broken:
        from_config = staticmethod(PLANTED_BUGS["Wh not transposed"])

    monkeypatch.setattr(gradcheck, "Network", Broken)
    assert not gradcheck.check_group(group, np.random.default_rng(0)).passed


def test_bug_that_is_not_found_fails_its_row_and_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradcheck, "GROUPS", ())
    monkeypatch.setattr(gradcheck, "SEQUENCES", ())
    monkeypatch.setitem(PLANTED_BUGS, "none", Network.from_config)
    failed = [finding.figures for finding in gradcheck.run(0, 0) if not finding.passed]
    assert [row.get("bug") for row in failed] == ["none", None]
    assert str(failed[1]["reached"]).startswith("7 of 8")


def test_careless_check_misses_bugs() -> None:
    findings = [gradcheck.check_bug(bug, np.random.default_rng(0)).figures for bug in PLANTED_BUGS]
    assert all(figures["noticed"] for figures in findings)
    assert {figures["by_a_careless_check"] for figures in findings} == {True, False}


def test_groups_differ_in_input_depth_panels_and_cell() -> None:
    assert {group.embedding for group in gradcheck.GROUPS} == {0, 4}
    assert {group.layers for group in gradcheck.GROUPS} == {1, 2, 3}
    assert {group.panels for group in gradcheck.GROUPS} == {False, True}
    assert {group.cell for group in gradcheck.GROUPS} == {cell for cell, _ in gradcheck.SEQUENCES}
    assert gradcheck.GROUPS[0].config(0.4) == NetworkConfig(7, 5, 1, dropout=0.4)
