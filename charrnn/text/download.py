"""Downloads: a catalogue entry → its text in a folder, verified.

The text is written to a temporary folder beside its destination and moved at the end, so that a failure of any kind,
Ctrl-C included, leaves neither an incomplete nor a wrong text.
"""

import gzip
import hashlib
import http.client
import os
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from charrnn.errors import TextError
from charrnn.text.catalogue import Entry, text_path

Opener = Callable[[str], IO[bytes]]
"""A function from a URL to a stream of its bytes, which the caller closes."""

Progress = Callable[[int, int], None]
"""A function that is called with the number of bytes downloaded so far and in all."""

_BLOCK_BYTES = 1 << 17
_TIMEOUT = 30.0
"""Seconds."""
_SCHEMES = ("http", "https")


def download(entry: Entry, folder: Path, *, opener: Opener | None = None, progress: Progress | None = None) -> Path:
    """Download, verify and unpack a text, and return its path. Raises TextError if this fails."""
    destination = text_path(entry.name, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{entry.name}-", dir=folder) as name:
            archive, text = Path(name) / "archive", Path(name) / "text"
            _fetch(entry, archive, opener or open_url, progress or _no_progress)
            _unpack(entry, archive, text)
            os.replace(text, destination)  # noqa: PTH105  (the atomic one)
    except OSError as error:
        raise TextError(
            f"cannot write to {folder}: {error.strerror or error}; make room there, or set CHARRNN_DATA to another "
            "folder"
        ) from error
    return destination


def open_url(url: str) -> IO[bytes]:
    """Open an http or https URL. Raises TextError for another kind of URL, also after a redirect."""
    _require_http(url)
    request = urllib.request.Request(url, headers={"User-Agent": "charrnn"})
    stream: IO[bytes] = urllib.request.build_opener(_HttpRedirects).open(request, timeout=_TIMEOUT)
    return stream


class _HttpRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _require_http(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_http(url: str) -> None:
    if urlsplit(url).scheme not in _SCHEMES:
        raise TextError(f"{url} is not an http or https URL, so it was not opened")


def _fetch(entry: Entry, path: Path, opener: Opener, progress: Progress) -> None:
    """Write the bytes at the URL to a file. Raises TextError if size or SHA-256 differ from those of the entry."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for block in _blocks(entry, opener):
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


def _blocks(entry: Entry, opener: Opener) -> Iterator[bytes]:
    """Yield the bytes at the URL. Raises TextError if the server cannot be reached or answers with an error."""
    try:
        with opener(entry.url) as stream:
            while block := stream.read(_BLOCK_BYTES):
                yield block
    except urllib.error.HTTPError as error:
        error.close()
        raise TextError(f"{entry.url} answered {error.code} {error.reason}; try again later") from error
    except (OSError, http.client.HTTPException) as error:
        cause = getattr(error, "reason", error)
        reason = getattr(cause, "strerror", None) or cause
        raise TextError(f"cannot reach {entry.url} ({reason}); check the network, then try again") from error


def _unpack(entry: Entry, archive: Path, text: Path) -> None:
    """Write the text of an archive, which may be a .zip, a .gz or the text itself."""
    try:
        if entry.member is not None:
            with zipfile.ZipFile(archive) as files, files.open(entry.member) as packed, text.open("wb") as file:
                shutil.copyfileobj(packed, file, _BLOCK_BYTES)
        elif entry.url.endswith(".gz"):
            with gzip.open(archive) as packed, text.open("wb") as file:
                shutil.copyfileobj(packed, file, _BLOCK_BYTES)
        else:
            archive.rename(text)
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, KeyError) as error:
        raise TextError(f"{entry.url} cannot be unpacked ({error}); nothing was kept") from error


def _no_progress(done: int, total: int) -> None:
    """Ignore the progress."""
