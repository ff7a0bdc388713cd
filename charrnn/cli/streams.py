"""Streams: a file of any length, or what comes through a pipe → its text in pieces, as soon as they are there."""

import contextlib
import io
import stat
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from charrnn.cli.console import standard_input
from charrnn.errors import TextError, UsageError
from charrnn.text.corpus import canonical_encoding
from charrnn.text.escape import visible_line

NAME_IT = "say what it is with --encoding NAME, such as cp1252 or gb18030"


def read_chunks(name: str, encoding: str, remedy: str = NAME_IT) -> Iterator[str]:
    """The text of a file, or of stdin for -, in pieces; what comes through a pipe is there as soon as it comes.

    TextError if it cannot be read or decoded, is a folder or is no text; UsageError for an unknown encoding. `remedy`
    is what to do about a stream in another encoding.
    """
    encoding = canonical_encoding(encoding)
    mode = mode_of(name)
    if name == "-":
        stream = standard_input()
        if stream is None:
            raise UsageError("there is no standard input to read a text from; name a file")
        return _piped(stream, "standard input", encoding, remedy)
    if mode is None:
        raise TextError(f"there is no file {visible_line(name)}; name one, or - for standard input")
    if stat.S_ISDIR(mode):
        raise TextError(f"{visible_line(name)} is a folder; name a file in it")
    return _from_file(name, encoding) if stat.S_ISREG(mode) else _from_pipe(name, encoding)


def whole_lines(chunks: Iterable[str], longest: int) -> Iterator[str]:
    """The lines of a text without their ends, each as soon as it is there; TextError if one is too long."""
    from charrnn.language.scoring import lines_of

    number, begun = 1, ""
    for piece in lines_of(chunks):
        begun += piece
        if len(begun) > longest:
            raise TextError(f"line {number:,} has more than {longest:,} characters; give shorter ones")
        if begun.endswith("\n"):
            yield begun[:-1]
            number, begun = number + 1, ""
    if begun:
        yield begun


def mode_of(name: str) -> int | None:
    """What kind of file a name is of; None if there is none."""
    try:
        return Path(name).stat().st_mode if name else None
    except (OSError, ValueError):
        return None


def _from_file(name: str, encoding: str) -> Iterator[str]:
    from charrnn.text.documents import Document

    document = Document(name, Path(name), encoding)
    fault = document.binary_fault()
    if fault is not None:
        raise TextError(fault)
    return document.chunks()


def _from_pipe(name: str, encoding: str) -> Iterator[str]:
    try:
        with Path(name).open("rb") as stream:
            yield from _piped(stream, name, encoding, NAME_IT)
    except OSError as error:
        raise TextError(f"cannot read {visible_line(name)}: {error.strerror or error}") from error


def _piped(stream: BinaryIO, name: str, encoding: str, remedy: str) -> Iterator[str]:
    """Lines, or pieces of long ones, without a byte order mark, and with LF for every line end."""
    from charrnn.language.scoring import LONGEST_LINE

    reader, begun, lines = io.TextIOWrapper(stream, encoding), False, 0
    try:
        for piece in iter(partial(reader.readline, LONGEST_LINE), ""):
            yield piece if begun else piece.removeprefix("\ufeff")
            begun, lines = True, lines + piece.endswith("\n")
    except UnicodeError as error:
        raise TextError(
            f"{visible_line(name)} is not {encoding}, some way after {lines:,} lines; {remedy}"
        ) from error
    finally:
        with contextlib.suppress(ValueError):  # it may have been closed by others
            reader.detach()
