"""Clipping by numbers: one method keeps the direction of a gradient, the other does not."""

import pytest

from charrnn.lab.experiments import clipping


def test_only_clipping_by_norm_keeps_the_direction() -> None:
    by_norm, by_value = list(clipping.run(0, 0))[:2]
    assert by_norm.figures["cosine"] == pytest.approx(1.0)
    assert by_value.figures["cosine"] == pytest.approx(7 / (5 * 2**0.5))
