"""Prompts: a text from the command line or from standard input."""

from collections.abc import Iterator

from charrnn.cli.console import standard_input
from charrnn.cli.streams import read_chunks, whole_lines
from charrnn.errors import TextError, UsageError

LARGEST_PROMPT = 1 << 20
"""Limit of a prompt from standard input, in bytes, and of a line of it, in characters."""


def read_prompts(argument: str) -> Iterator[str]:
    """Yield the argument or, if it is -, each line of stdin as soon as the line is complete."""
    if argument != "-":
        yield read_prompt(argument)
        return
    yield from whole_lines(read_chunks(argument, "utf-8", remedy="convert it to UTF-8 first"), LARGEST_PROMPT)


def read_prompt(argument: str) -> str:
    """Return the argument, with U+FFFD for bytes that are not UTF-8, or, if it is -, the whole of stdin."""
    if argument != "-":
        return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    stream = standard_input()
    if stream is None:
        raise UsageError("there is no standard input to read a text from; give the text on the command line")
    data = stream.read(LARGEST_PROMPT + 1)
    if len(data) > LARGEST_PROMPT:
        raise TextError(f"the prompt is longer than {LARGEST_PROMPT:,} bytes; give only the end of it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"the prompt is not UTF-8 at byte {error.start:,}; convert it to UTF-8 first") from error
