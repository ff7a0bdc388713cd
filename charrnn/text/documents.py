"""One file or pipe → decoded text in chunks of about 1 MiB.

gzip is unpacked, a byte order mark is dropped, CRLF and CR become LF, also where a chunk ends between them.
"""

import codecs
import gzip
import io
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

CHUNK = 1 << 20
_HEAD = 1 << 16
_IN_MEMORY = 1 << 24
_GZIP = b"\x1f\x8b"
_NO_TEXT = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


@dataclass
class Tally:
    """What readings have met: bytes (unpacked), and texts with a byte order mark or with foreign line ends."""

    bytes: int = 0
    bom: int = 0
    crlf: int = 0


@dataclass(frozen=True)
class Document:
    """One text of a corpus; `path` is None where it came through a pipe and lies in `spool`."""

    name: str
    path: Path | None
    encoding: str
    spool: IO[bytes] | None = field(default=None, repr=False)

    @classmethod
    def from_source(cls, source: Source, encoding: str, stdin: BinaryIO | None) -> "Document":
        """A document that can be read more than once: what comes through a pipe is kept in a temporary file."""
        encoding = source.own_encoding or encoding
        if not source.piped:
            return cls(source.name, source.path, encoding)
        spool = _spool(source, stdin)
        document = cls(source.name, None, encoding, spool)
        weakref.finalize(document, spool.close)
        return document

    def chunks(self, tally: Tally | None = None) -> Iterator[str]:
        """The decoded text in pieces that are never empty; TextError where it cannot be read or decoded."""
        tally = tally or Tally()
        decoder = codecs.getincrementaldecoder(self.encoding)()
        newlines = io.IncrementalNewlineDecoder(None, translate=True)
        offset, started = 0, False
        for block in self._blocks(CHUNK):
            tally.bom += offset == 0 and block.startswith(_marks(self.encoding))
            pending = len(decoder.getstate()[0])
            try:
                text = newlines.decode(decoder.decode(block, not block), final=not block)
            except UnicodeError as error:
                raise self._undecodable(error, offset - pending, block) from error
            offset += len(block)
            if text and not started:
                started, text = True, text.removeprefix("\ufeff")
            if text:
                yield text
        tally.bytes += offset
        tally.crlf += "\r" in "".join(newlines.newlines or ())

    def fault(self) -> str | None:
        """Why this is no text, in a sentence, as far as its first 64 KiB tell; None if it may be one."""
        head = next(self._blocks(_HEAD))
        wide = self.encoding.startswith(("utf-16", "utf-32"))
        place = 0 if head.startswith(_NO_TEXT) else -1 if wide else head.find(0)
        if place < 0:
            return None
        remedy = "give a plain text, or say --encoding utf-16 if it is that"
        return f"{self.name} looks like a binary file (byte {place:,}); {remedy}"

    def is_empty(self) -> bool:
        """Whether there is not one byte in it."""
        return not next(self._blocks(1))

    def _blocks(self, size: int) -> Iterator[bytes]:
        """The raw bytes, unpacked, and at the end one empty block."""
        try:
            with ExitStack() as stack:
                stream = self._open(stack)
                while block := stream.read(size):
                    yield block
                yield b""
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise TextError(f"{self.name} is not a whole gzip file ({error}); get it again, or unpack it") from error
        except OSError as error:
            raise TextError(f"cannot read {self.name}: {error.strerror or error}") from error

    def _open(self, stack: ExitStack) -> IO[bytes]:
        path = self.path or Path(self.name)
        stream = self.spool or stack.enter_context(path.open("rb"))
        stream.seek(0)
        packed = stream.read(len(_GZIP)) == _GZIP or path.suffix == ".gz"
        stream.seek(0)
        return cast(IO[bytes], stack.enter_context(gzip.open(stream))) if packed else stream

    def _undecodable(self, error: UnicodeError, start: int, block: bytes) -> TextError:
        where = f" at byte {start + error.start:,}" if isinstance(error, UnicodeDecodeError) else ""
        wide = start == 0 and block.startswith(_UTF16_BOMS)
        guess = "utf-16" if wide else "NAME, such as cp1252 or gb18030"
        return TextError(f"{self.name} is not {self.encoding}{where}; say what it is with --encoding {guess}")


def _spool(source: Source, stdin: BinaryIO | None) -> IO[bytes]:
    """All that comes through a pipe, in a file that can be read again."""
    if source.path is None and stdin is None:
        raise UsageError("there is no standard input to read; name a file")
    spool = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  (closed with its document)
    try:
        with ExitStack() as stack:
            pipe = stack.enter_context(source.path.open("rb")) if source.path else cast(BinaryIO, stdin)
            shutil.copyfileobj(pipe, spool)
    except OSError as error:
        spool.close()
        raise TextError(f"cannot read {source.name}: {error.strerror or error}") from error
    return spool


def _marks(encoding: str) -> tuple[bytes, ...]:
    """The byte order marks that a text in this encoding may begin with."""
    if encoding.startswith("utf-16"):
        return _UTF16_BOMS
    if encoding.startswith("utf-32"):
        return _UTF32_BOMS
    return ("\ufeff".encode(encoding),) if encoding in ("utf-8", "gb18030") else ()
