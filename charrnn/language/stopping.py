"""Stopping: a text as it comes → the same up to the string of some that is complete first, and nothing of that."""

from collections.abc import Iterable, Iterator, Sequence


def until(pieces: Iterable[str], stops: Sequence[str]) -> Iterator[str]:
    """The pieces up to the first stop; what might be the beginning of one is held until it is not.

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
    """How many characters at the end of a text are the beginning of a stop."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if stop.startswith(text[-n:])), 0)
