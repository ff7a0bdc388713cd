"""Documents: one file or pipe → decoded text in chunks of about 1 MiB.

gzip is unpacked, a byte order mark is dropped, and CRLF and CR become LF, even if a chunk ends between CR and LF.
"""

import codecs
import gzip
import io
import os
import shutil
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

from charrnn.errors import TextError, UsageError
from charrnn.text.sources import Source

CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 1 << 16
_SPOOL_BYTES = 1 << 24
"""Bytes of a pipe that are kept in memory; more go to a temporary file."""
_GZIP = b"\x1f\x8b"
_BINARY_FORMATS = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


@dataclass
class ReadingCounts:
    """Totals over documents: unpacked bytes, documents with a byte order mark, and with line ends other than LF."""

    bytes: int = 0
    bom: int = 0
    crlf: int = 0


@dataclass(frozen=True)
class Document:
    """One text of a corpus; `path` is None if it came through a pipe, and `spool` then holds a copy."""

    name: str
    path: Path | None
    encoding: str
    spool: IO[bytes] | None = field(default=None, repr=False)

    @classmethod
    def from_source(cls, source: Source, encoding: str, stdin: BinaryIO | None) -> "Document":
        """Return a document that can be read more than once: a pipe is copied to a temporary file."""
        encoding = source.fixed_encoding or encoding
        if not source.piped:
            return cls(source.name, source.path, encoding)
        spool = _spool(source, encoding, stdin)
        document = cls(source.name, None, encoding, spool)
        weakref.finalize(document, spool.close)
        return document

    def chunks(self, counts: ReadingCounts | None = None) -> Iterator[str]:
        """Yield the decoded text in strings that are never empty, and add to `counts`.

        Raises TextError if the document cannot be read or decoded.
        """
        counts = counts or ReadingCounts()
        decoder = codecs.getincrementaldecoder(self.encoding)()
        newlines = io.IncrementalNewlineDecoder(None, translate=True)
        offset, started = 0, False
        for block in self._blocks(CHUNK_BYTES):
            counts.bom += offset == 0 and block.startswith(_byte_order_marks(self.encoding))
            undecoded = len(decoder.getstate()[0])
            try:
                text = newlines.decode(decoder.decode(block, not block), final=not block)
            except UnicodeError as error:
                raise self._decoding_error(error, offset - undecoded, block) from error
            offset += len(block)
            if text and not started:
                started, text = True, text.removeprefix("\ufeff")
            if text:
                yield text
        counts.bytes += offset
        counts.crlf += "\r" in "".join(newlines.newlines or ())

    def size(self) -> int:
        """Return the number of bytes, before unpacking; 0 if it is not known."""
        try:
            if self.spool is not None:
                return self.spool.seek(0, os.SEEK_END)
            return (self.path or Path(self.name)).stat().st_size
        except OSError:
            return 0

    def binary_fault(self) -> str | None:
        """Return an error message if the first 64 KiB look like a binary file, else None."""
        return _binary_fault(self.name, self.encoding, next(self._blocks(_HEAD_BYTES)))

    def is_empty(self) -> bool:
        """Return True if the document has no byte."""
        return not next(self._blocks(1))

    def _blocks(self, size: int) -> Iterator[bytes]:
        """Yield the unpacked bytes in blocks, and an empty block at the end."""
        try:
            with ExitStack() as stack:
                stream = self._open(stack)
                while block := stream.read(size):
                    yield block
                yield b""
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise TextError(
                f"{self.name} is a damaged or incomplete gzip file ({error}); get it again, or unpack it"
            ) from error
        except OSError as error:
            raise TextError(f"cannot read {self.name}: {error.strerror or error}") from error

    def _open(self, stack: ExitStack) -> IO[bytes]:
        path = self.path or Path(self.name)
        stream = self.spool or stack.enter_context(path.open("rb"))
        stream.seek(0)
        packed = stream.read(len(_GZIP)) == _GZIP or path.suffix == ".gz"
        stream.seek(0)
        return cast(IO[bytes], stack.enter_context(gzip.open(stream))) if packed else stream

    def _decoding_error(self, error: UnicodeError, offset: int, block: bytes) -> TextError:
        """Return the error for a block that begins at the byte `offset`."""
        place = f" at byte {offset + error.start:,}" if isinstance(error, UnicodeDecodeError) else ""
        is_utf16 = offset == 0 and block.startswith(_UTF16_BOMS)
        remedy = "utf-16" if is_utf16 else "NAME, such as cp1252 or gb18030"
        return TextError(f"{self.name} is not {self.encoding}{place}; give `encoding` {remedy}")


def _binary_fault(name: str, encoding: str, start: bytes) -> str | None:
    """Return an error message if the first bytes look like those of a binary file, else None."""
    may_have_zeros = encoding.startswith(("utf-16", "utf-32"))
    offset = 0 if start.startswith(_BINARY_FORMATS) else -1 if may_have_zeros else start.find(0)
    if offset < 0:
        return None
    remedy = "name a plain text, or give `encoding` utf-16 if it is UTF-16"
    return f"{name} looks like a binary file (byte {offset:,}); {remedy}"


def _refuse_binary(name: str, encoding: str, start: bytes) -> None:
    """Raise TextError if the first bytes of a pipe, which may have no end, look like those of a binary file."""
    fault = None if start.startswith(_GZIP) else _binary_fault(name, encoding, start)
    if fault is not None:
        raise TextError(fault)


def _spool(source: Source, encoding: str, stdin: BinaryIO | None) -> IO[bytes]:
    """Return a copy of a pipe that can be read again; TextError if it cannot be read or is binary."""
    if source.path is None and stdin is None:
        raise UsageError("there is no standard input to read; name a file")
    spool = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115  (closed with its document)
    try:
        with ExitStack() as stack:
            pipe = stack.enter_context(source.path.open("rb")) if source.path else cast(BinaryIO, stdin)
            start = pipe.read(_HEAD_BYTES)
            _refuse_binary(source.name, encoding, start)
            spool.write(start)
            shutil.copyfileobj(pipe, spool)
    except BaseException as error:
        spool.close()
        if isinstance(error, OSError):
            raise TextError(f"cannot read {source.name}: {error.strerror or error}") from error
        raise
    return spool


def _byte_order_marks(encoding: str) -> tuple[bytes, ...]:
    """Return the byte order marks with which a text in this encoding may begin."""
    if encoding.startswith("utf-16"):
        return _UTF16_BOMS
    if encoding.startswith("utf-32"):
        return _UTF32_BOMS
    return ("\ufeff".encode(encoding),) if encoding in ("utf-8", "gb18030") else ()
