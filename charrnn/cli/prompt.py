"""Prompts: a text that is said on the command line, or read from standard input."""

from collections.abc import Iterator

from charrnn.cli.console import standard_input
from charrnn.cli.streams import read_chunks, whole_lines
from charrnn.errors import TextError, UsageError

LARGEST_PROMPT = 1 << 20
"""Bytes of a prompt on standard input, or characters of a line of it, that are read at most."""


def read_prompts(said: str) -> Iterator[str]:
    """What was said, or each line of stdin where that is -, as soon as it is there."""
    if said != "-":
        yield read_prompt(said)
        return
    yield from whole_lines(read_chunks(said, "utf-8", remedy="convert it first"), LARGEST_PROMPT)


def read_prompt(said: str) -> str:
    """What was said, or what stdin has where that is -; bytes of a command line that are no UTF-8 become U+FFFD."""
    if said != "-":
        return said.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    stream = standard_input()
    if stream is None:
        raise UsageError("there is no standard input to read a text from; say it on the command line")
    data = stream.read(LARGEST_PROMPT + 1)
    if len(data) > LARGEST_PROMPT:
        raise TextError(f"the prompt is longer than {LARGEST_PROMPT:,} bytes; give the end of it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"the prompt is not UTF-8 at byte {error.start:,}; convert it first") from error
