"""Names: the language is part of the input, and a shorter training generates names of it."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.lab.experiments import names
from charrnn.lab.protocol import Finding


@pytest.mark.parametrize(("every_step", "language_at_second"), [(False, 0.0), (True, 1.0)])
def test_language_is_read_at_the_first_step_or_at_every_step(every_step: bool, language_at_second: float) -> None:
    first = names.input_vector(2, None, 10, every_step=every_step)
    second = names.input_vector(2, 7, 10, every_step=every_step)
    np.testing.assert_array_equal(np.flatnonzero(first), [2])
    assert second[2] == language_at_second
    assert second[len(names.LANGUAGES) + 7] == 1.0


def test_shorter_training_reaches_the_figures(run_experiment: Callable[..., list[Finding]]) -> None:
    assert [finding for finding in run_experiment("names", 1600) if not finding.passed] == []
