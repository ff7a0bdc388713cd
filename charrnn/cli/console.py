"""What the commands write with: data on stdout, messages on stderr, and nothing that a terminal would obey."""

import json
import math
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from charrnn.text.escape import visible

WIDEST_MENTION = 72
"""Characters of a text that a message names."""
SECONDS_BETWEEN_FLUSHES = 0.1


def print_message(message: str) -> None:
    """A message, on stderr."""
    print(visible(message) if sys.stderr.isatty() else message, file=sys.stderr, flush=True)  # noqa: T201


def write_text(text: str) -> None:
    """Text as data, without a line end of its own: as it is, but made visible on a terminal, and at once there."""
    if sys.stdout.isatty():
        sys.stdout.write(visible(text))
        sys.stdout.flush()
    else:
        sys.stdout.write(text)


def write_line(line: str) -> None:
    """A line as data, at once there."""
    write_text(line + "\n")
    sys.stdout.flush()


def write_pieces(pieces: Iterable[str]) -> None:
    """Text as data, as it comes; into a pipe not letter by letter, and on a terminal with a line end at its end."""
    if sys.stdout.isatty():
        for piece in pieces:
            write_text(piece)
        write_text("\n")
        return
    flushed = time.monotonic()
    for piece in pieces:
        sys.stdout.write(piece)
        if (now := time.monotonic()) - flushed > SECONDS_BETWEEN_FLUSHES:
            sys.stdout.flush()
            flushed = now
    sys.stdout.flush()


def write_json(values: Mapping[str, Any]) -> None:
    """One JSON object on one line of stdout, at once; what is not a finite number is null."""
    escaped = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(_finite(values), ensure_ascii=escaped, allow_nan=False) + "\n")
    sys.stdout.flush()


def _finite(value: Any) -> Any:
    """The same values, with None for every number that JSON cannot write."""
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def standard_input() -> BinaryIO | None:
    """The bytes of stdin; None if it is closed."""
    return sys.stdin.buffer if sys.stdin is not None else None


def shortened(text: str) -> str:
    """As much of a text as a message has room for."""
    return text if len(text) <= WIDEST_MENTION else text[: WIDEST_MENTION - 1] + "…"
