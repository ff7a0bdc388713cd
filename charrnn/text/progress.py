"""Progress of long work: a callback that is told the stage and its completed share, and work that Ctrl-C can end."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

from charrnn.text.chunks import Chunk

OnProgress: TypeAlias = Callable[[str, float], object]
"""A function that is called with a stage and its completed share, 0 to 1; it may raise, which ends the work."""

OnShare: TypeAlias = Callable[[float], object]
"""A function that is called with the completed share of one stage, several times per second; it may raise as well."""

READING, LEARNING, ENCODING = "reading", "learning the vocabulary", "encoding"
COUNTING, COMPARING = "counting n-grams", "comparing n-grams"
"""Stages of the work on a text."""
SECONDS_BETWEEN_SIGNALS = 0.1
"""Longest time that an interrupt waits for."""

C = TypeVar("C", bound=Chunk)
R = TypeVar("R")


def of_stage(on_progress: OnProgress | None, stage: str) -> OnShare | None:
    """Return the function that reports the shares of one stage; None if nothing is to be reported."""
    return None if on_progress is None else lambda share: on_progress(stage, share)


def report_chunks(chunks: Iterable[C], stage: str, characters: int, on_progress: OnProgress | None) -> Iterator[C]:
    """Yield the chunks of a text of so many characters, and report the share that has been worked on after each."""
    done = 0
    for chunk in chunks:
        yield chunk
        if on_progress is not None and isinstance(chunk, str):
            done += len(chunk)
            on_progress(stage, min(1.0, done / max(1, characters)))


def call_interruptibly(work: Callable[[], R]) -> R:
    """Return the result of a function that does not return to Python for long, and is called in another thread.

    In the main thread, KeyboardInterrupt ends the wait within SECONDS_BETWEEN_SIGNALS; the other thread is abandoned.
    """
    results, errors = list[R](), list[BaseException]()

    def call() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(SECONDS_BETWEEN_SIGNALS)
    if errors:
        raise errors[0]
    return results[0]
