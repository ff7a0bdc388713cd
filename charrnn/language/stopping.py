"""Stopping: a stream of text → the same text up to the first stop string, without that string."""

from collections.abc import Iterable, Iterator, Sequence


def until(pieces: Iterable[str], stops: Sequence[str]) -> Iterator[str]:
    """Yield the pieces up to the first stop string; text that may begin a stop string is held back.

    >>> "".join(until(["one. tw", "o. th", "ree"], [". th"]))
    'one. two'
    """
    held = ""
    for piece in pieces:
        held += piece
        complete = [(held.find(stop) + len(stop), held.find(stop)) for stop in stops if stop in held]
        if complete:
            yield held[: min(complete)[1]]
            return
        safe = len(held) - max((_overlap(held, stop) for stop in stops), default=0)
        yield held[:safe]
        held = held[safe:]
    yield held


def _overlap(text: str, stop: str) -> int:
    """Return the length of the longest end of a text that is the beginning of a stop string."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if stop.startswith(text[-n:])), 0)
