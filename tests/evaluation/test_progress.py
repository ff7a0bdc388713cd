"""Progress of long evaluations: each reports the share that is done, and an error in the report ends it."""

import lzma
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from charrnn.evaluation.baselines import XZ_BLOCK, xz_loss
from charrnn.evaluation.dynamic import dynamic_log_probabilities
from charrnn.evaluation.keystrokes import count_keystrokes
from charrnn.evaluation.mixture import mixed
from charrnn.language.model import LanguageModel
from charrnn.text.encoded import encode_text
from charrnn.text.progress import OnShare

Work: TypeAlias = Callable[[OnShare], object]
WORDS = "the old lamp at the end of the quay was lit by ottoline. " * 8
LETTERS = bytes(np.random.default_rng(0).integers(97, 123, 3 * XZ_BLOCK).tolist()).decode()


@pytest.fixture(params=["model", "tokens", "dynamic", "n-grams", "mixture", "xz", "keystrokes"])
def work(request: pytest.FixtureRequest, tiny_run: Path) -> Work:
    """A long piece of work, as a function of the report."""
    model = LanguageModel.load(tiny_run)
    text = encode_text(WORDS, model.tokenizer)
    works: dict[str, Work] = {
        "model": lambda on_share: model.evaluate(text, on_share=on_share),
        "tokens": lambda on_share: model.token_log_probabilities(text, in_segments=True, on_share=on_share),
        "dynamic": lambda on_share: dynamic_log_probabilities(
            model.network, model.parameters, text, on_share=on_share
        ),
        "n-grams": lambda on_share: model.ngrams(3).ngrams.best_order(text, on_share),
        "mixture": lambda on_share: mixed(np.full(500, -1.0), np.full(500, -2.0), on_share),
        "xz": lambda on_share: xz_loss(LETTERS, LETTERS, len(LETTERS), on_share),
        "keystrokes": lambda on_share: count_keystrokes(model.completer(), WORDS, 20, on_share),
    }
    return works[request.param]


def test_long_work_reports_shares_up_to_all(work: Work) -> None:
    shares: list[float] = []
    work(shares.append)
    assert shares == sorted(shares)
    assert (shares[0] >= 0.0, shares[-1]) == (True, 1.0)


def test_an_interrupt_ends_long_work(work: Work) -> None:
    def interrupt(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(interrupt)


def test_xz_in_blocks_compresses_as_well_as_at_once() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    training, text = LETTERS, LETTERS[: 2 * XZ_BLOCK] + LETTERS[::-1]
    sizes = [
        len(lzma.compress(data.encode(), lzma.FORMAT_RAW, filters=filters)) for data in (training, training + text)
    ]
    assert xz_loss(training, text, len(text)).bits_per_character * len(text) == pytest.approx(
        8 * (sizes[1] - sizes[0])
    )
