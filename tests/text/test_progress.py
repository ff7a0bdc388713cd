"""Progress: every stage of the work on a text is reported to its end, and Ctrl-C is heard in the middle of it."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from charrnn.config import TextConfig
from charrnn.errors import TextError
from charrnn.text.chunks import DOCUMENT_END, Chunk
from charrnn.text.corpus import read_corpus
from charrnn.text.dataset import build_dataset
from charrnn.text.progress import ENCODING, LEARNING, READING, call_interruptibly, report_chunks

TEXT = "a line of a long text, and another one\n" * 60_000


def test_chunks_are_yielded_unchanged_and_reported_after_each() -> None:
    reports: list[tuple[str, float]] = []
    text: list[Chunk] = ["ab", DOCUMENT_END, "cd"]
    chunks = report_chunks(text, READING, 4, lambda *report: reports.append(report))
    assert next(chunks) == "ab"
    assert reports == []
    assert list(chunks) == [DOCUMENT_END, "cd"]
    assert reports == [(READING, 0.5), (READING, 1.0)]
    assert list(report_chunks(["ab"], READING, 0, None)) == ["ab"]


@pytest.mark.parametrize("options", [{}, {"tokenizer": "word"}, {"tokenizer": "subword"}, {"normal_form": "NFC"}])
def test_the_stages_of_a_dataset_are_reported_in_order_to_their_ends(options: dict[str, str], tmp_path: Path) -> None:
    path, reports = tmp_path / "text.txt", list[tuple[str, float]]()
    path.write_text(TEXT, "utf-8")

    def report(stage: str, share: float) -> None:
        reports.append((stage, share))

    corpus = read_corpus([path], on_progress=report)
    build_dataset(corpus, TextConfig((str(path),), **options), on_progress=report)  # type: ignore[arg-type]
    assert list(dict.fromkeys(stage for stage, _ in reports)) == [READING, LEARNING, ENCODING]
    for stage in (READING, LEARNING, ENCODING):
        shares = [share for reported, share in reports if reported == stage]
        assert shares[-1] == 1.0
        assert any(share < 1.0 for share in shares)
        assert all(0.0 < share <= 1.0 for share in shares)


def test_an_error_of_the_callback_ends_the_work(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8")

    def interrupt(stage: str, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_corpus([path], on_progress=interrupt)


def test_the_result_or_the_error_of_interruptible_work_is_that_of_the_work() -> None:
    def fail() -> None:
        raise TextError("no")

    assert call_interruptibly(lambda: threading.current_thread().name) != threading.current_thread().name
    with pytest.raises(TextError, match="no"):
        call_interruptibly(fail)


@pytest.fixture
def interrupt_soon() -> Iterator[None]:
    """A SIGINT to this process after 0.2 s."""
    timer = threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,))
    timer.start()
    yield
    timer.join()


@pytest.mark.usefixtures("interrupt_soon")
def test_an_interrupt_does_not_wait_for_the_work() -> None:
    done, began = threading.Event(), time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        call_interruptibly(lambda: done.wait(20.0))
    assert time.monotonic() - began < 5.0
    done.set()
