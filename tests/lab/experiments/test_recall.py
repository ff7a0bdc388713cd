"""Recall: cells remember a subject over a gap, n-gram models only within their context."""

import pytest

from charrnn.lab.experiments import recall


@pytest.mark.parametrize("cell", ["lstm", "gru", "tanh"])
def test_cell_remembers_a_subject_over_nine_tokens(cell: str) -> None:
    updates = recall.updates_needed(cell, "orthogonal", 9, 1500, 0)
    assert updates is not None
    assert 20 < updates < 1500


def test_no_updates_suffice_when_there_are_none() -> None:
    assert recall.updates_needed("gru", "orthogonal", 9, 20, 0) is None


def test_ngram_model_recalls_only_what_its_context_holds() -> None:
    assert recall.ngram_probability(10, gap=9) == pytest.approx(0.25, abs=0.01)
    assert recall.ngram_probability(11, gap=9) > 0.99
