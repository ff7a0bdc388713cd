"""Reading with reports: the same predictions, and the share after every block."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.language.model import LanguageModel
from charrnn.language.predictor import advance_each
from charrnn.language.reading_progress import BLOCK, ReportingPredictor


@pytest.mark.parametrize("n", [1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_a_text_is_read_as_without_reports(tiny_run: Path, n: int) -> None:
    predictor, shares = LanguageModel.load(tiny_run).predictor(), list[float]()
    reporting, ids = ReportingPredictor(predictor, shares.append), np.arange(n) % 10
    expected, given = predictor.advance(ids, predictor.start()), reporting.advance(ids, reporting.start())
    for array, other in zip(expected, given, strict=True):
        np.testing.assert_array_equal(array, other)
    assert shares == [min(1.0, BLOCK * k / n) for k in range(1, -(-n // BLOCK) + 1) if n > BLOCK]
    both = [advance_each(one, [1, 2], [expected[1]] * 2) for one in (predictor, reporting)]
    np.testing.assert_array_equal(both[0][1][0], both[1][1][0])
