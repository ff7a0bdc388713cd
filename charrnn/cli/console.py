"""Output of the commands: data on stdout, messages on stderr, and no character that a terminal would obey."""

import json
import math
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from charrnn.text.escape import visible

LONGEST_QUOTE = 72
"""Characters of a text that a message quotes."""
SECONDS_BETWEEN_FLUSHES = 0.1


def print_message(message: str) -> None:
    """Print a message on stderr."""
    print(visible(message) if sys.stderr.isatty() else message, file=sys.stderr, flush=True)  # noqa: T201


def write_text(text: str) -> None:
    """Write text to stdout without a newline: unchanged in a pipe; on a terminal visible, and flushed."""
    if sys.stdout.isatty():
        sys.stdout.write(visible(text))
        sys.stdout.flush()
    else:
        sys.stdout.write(text)


def write_line(line: str) -> None:
    """Write a line to stdout and flush it."""
    write_text(line + "\n")
    sys.stdout.flush()


def write_pieces(pieces: Iterable[str], *, newline: bool = False) -> None:
    """Write text to stdout as it is generated; a pipe is flushed every 0.1 s.

    On a terminal, and elsewhere with `newline`, a newline ends the text.
    """
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
    if newline:
        sys.stdout.write("\n")
    sys.stdout.flush()


def write_json(values: Mapping[str, Any]) -> None:
    """Write one JSON object on one line of stdout and flush it; a number that is not finite becomes null.

    On a terminal, unprintable characters are written as JSON escapes.
    """
    _write_json(values, None)


def write_indented_json(values: Mapping[str, Any]) -> None:
    """Write one JSON object as `write_json` does, but on several lines."""
    _write_json(values, 2)


def _write_json(values: Mapping[str, Any], indent: int | None) -> None:
    escaped = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    line = json.dumps(_finite(values), ensure_ascii=escaped, allow_nan=False, indent=indent)
    if sys.stdout.isatty() and not line.isprintable():
        line = "".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in line)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _finite(value: Any) -> Any:
    """Return the value with None in place of each number in it that is not finite."""
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def standard_input() -> BinaryIO | None:
    """Return stdin as a stream of bytes; None if it is closed."""
    return sys.stdin.buffer if sys.stdin is not None else None


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, which is in the singular for 1."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def shortened(text: str) -> str:
    """Return the text, cut to the length that a message quotes."""
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
