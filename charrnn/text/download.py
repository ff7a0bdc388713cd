"""Downloads: a catalogue entry → its text in a folder, verified.

The text is written to a temporary folder beside its destination and moved at the end, so that a failure of any kind,
Ctrl-C included, leaves neither an incomplete nor a wrong text.
"""

import gzip
import hashlib
import lzma
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, cast

from charrnn.errors import TextError
from charrnn.run.files import remove_leftovers, temporary_path
from charrnn.text.catalogue import Entry, text_path
from charrnn.text.escape import visible_line
from charrnn.text.transfer import BLOCK_BYTES, Opener, open_url, receive

Progress = Callable[[int, int], None]
"""A function that is called with the number of bytes downloaded so far and in all."""

LARGEST_EXPANSION, SMALLEST_LIMIT = 16, 64 << 20
"""Largest ratio of text to archive in bytes (3 or 4 is usual), and size up to which any ratio is accepted."""
_ARCHIVE_FAULTS = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)
"""Exceptions of Python's modules for archives that are damaged, encrypted or of an unknown kind."""


def download(entry: Entry, folder: Path, *, opener: Opener | None = None, progress: Progress | None = None) -> Path:
    """Download, verify and unpack a text, and return its path. Raises TextError if this fails."""
    destination = text_path(entry.name, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(destination)
        with _temporary_folder(destination) as scratch:
            archive, text = scratch / "archive", scratch / "text"
            _fetch(entry, archive, opener or open_url, progress or _no_progress)
            _unpack(entry, archive, text)
            os.replace(text, destination)  # noqa: PTH105  (the atomic one)
    except OSError as error:
        raise TextError(
            f"cannot write to {folder}: {error.strerror or error}; make room there, or set CHARRNN_DATA to another "
            "folder"
        ) from error
    return destination


@contextmanager
def _temporary_folder(path: Path) -> Iterator[Path]:
    """Make the temporary folder of a path, and remove it at the end."""
    folder = temporary_path(path)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fetch(entry: Entry, path: Path, opener: Opener, progress: Progress) -> None:
    """Write the bytes at the URL to a file. Raises TextError if size or SHA-256 differ from those of the entry."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file, closing(receive(entry.url, opener)) as blocks:
        for block in blocks:
            size += len(block)
            if size > entry.size:
                break
            digest.update(block)
            file.write(block)
            progress(size, entry.size)
    remedy = "nothing was kept; try again later"
    if size < entry.size:
        raise TextError(f"{entry.url} broke off after {size:,} of {entry.size:,} bytes; {remedy}")
    if size > entry.size or digest.hexdigest() != entry.sha256:
        raise TextError(f"the file at {entry.url} has changed since the catalogue was made; {remedy}")


def _unpack(entry: Entry, archive: Path, text: Path) -> None:
    """Write the text of an archive, which may be a .zip, a .gz or the text itself."""
    if entry.member is None and not entry.url.endswith(".gz"):
        archive.rename(text)
        return
    size, limit = 0, max(SMALLEST_LIMIT, LARGEST_EXPANSION * entry.size)
    with text.open("wb") as file, closing(_unpacked(entry, archive)) as blocks:
        for block in blocks:
            size += len(block)
            if size > limit:
                raise TextError(f"{entry.url} expands to more than any text does; nothing was kept")
            file.write(block)


def _unpacked(entry: Entry, archive: Path) -> Generator[bytes, None, None]:
    """Yield the text of a .zip or a .gz. Raises TextError if it cannot be unpacked."""
    try:
        with ExitStack() as stack:
            if entry.member is None:
                packed = cast(IO[bytes], stack.enter_context(gzip.open(archive)))
            else:
                packed = stack.enter_context(stack.enter_context(zipfile.ZipFile(archive)).open(entry.member))
            while block := packed.read(BLOCK_BYTES):
                yield block
    except _ARCHIVE_FAULTS as error:
        raise TextError(f"{entry.url} cannot be unpacked ({visible_line(str(error))}); nothing was kept") from error


def _no_progress(done: int, total: int) -> None:
    """Ignore the progress."""
