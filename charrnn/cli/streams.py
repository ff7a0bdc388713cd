"""Streams: a file of any length or a pipe → its text in pieces, each as soon as it is read."""

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

ENCODING_REMEDY = "name its encoding with --encoding, such as cp1252 or gb18030"


def read_chunks(name: str, encoding: str, remedy: str = ENCODING_REMEDY) -> Iterator[str]:
    """Return the text of a file, or of stdin for -, in pieces; the text of a pipe comes line by line.

    Raises TextError if the file cannot be read or decoded, is a folder or is not text, and UsageError if there is no
    such file or encoding. `remedy` is the advice in the error about a stream in another encoding.
    """
    encoding = canonical_encoding(encoding)
    mode = file_mode(name)
    if name == "-":
        stream = standard_input()
        if stream is None:
            raise UsageError("there is no standard input to read a text from; name a file")
        return _piped(stream, "standard input", encoding, remedy)
    if mode is None:
        raise UsageError(f"there is no file {visible_line(name)}; name one, or - for standard input")
    if stat.S_ISDIR(mode):
        raise TextError(f"{visible_line(name)} is a folder; name a file in it")
    return _from_file(name, encoding) if stat.S_ISREG(mode) else _from_pipe(name, encoding)


def whole_lines(chunks: Iterable[str], longest: int) -> Iterator[str]:
    """Yield the lines of a text without newlines, each as soon as it is complete; TextError if one is too long."""
    from charrnn.language.scoring import lines_of

    number, line = 1, ""
    for piece in lines_of(chunks):
        line += piece
        if len(line) > longest:
            raise TextError(f"line {number:,} has more than {longest:,} characters; give shorter lines")
        if line.endswith("\n"):
            yield line[:-1]
            number, line = number + 1, ""
    if line:
        yield line


def file_mode(name: str) -> int | None:
    """Return the mode of a file, with its type; None if there is no such file."""
    try:
        return Path(name).stat().st_mode if name else None
    except (OSError, ValueError):
        return None


def file_size(name: str) -> int | None:
    """Return the size in bytes of a regular file that is not empty; None for anything else."""
    mode = file_mode(name)
    return Path(name).stat().st_size or None if mode is not None and stat.S_ISREG(mode) else None


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
            yield from _piped(stream, name, encoding, ENCODING_REMEDY)
    except OSError as error:
        raise TextError(f"cannot read {visible_line(name)}: {error.strerror or error}") from error


def _piped(stream: BinaryIO, name: str, encoding: str, remedy: str) -> Iterator[str]:
    """Yield lines, or pieces of long lines, without a byte order mark and with LF for every line end."""
    from charrnn.language.scoring import LONGEST_LINE

    reader, started, lines = io.TextIOWrapper(stream, encoding), False, 0
    try:
        for piece in iter(partial(reader.readline, LONGEST_LINE), ""):
            yield piece if started else piece.removeprefix("\ufeff")
            started, lines = True, lines + piece.endswith("\n")
    except UnicodeError as error:
        position = f" somewhere after line {lines:,}" if lines else ""
        raise TextError(f"{visible_line(name)} is not {encoding}{position}; {remedy}") from error
    finally:
        with contextlib.suppress(ValueError):  # the stream may be closed already
            reader.detach()
