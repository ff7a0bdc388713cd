"""A catalogue entry → its text in a folder, checked, or nothing at all.

Everything is written into a temporary folder beside the goal and moved at the end, so that a failure of any
kind, Ctrl-C included, leaves neither a part nor a wrong text behind.
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
"""An address → its bytes, to be read and closed."""

Progress = Callable[[int, int], None]
"""Told the bytes fetched so far, and how many there will be."""

_BLOCK = 1 << 17
_PATIENCE = 30.0
_SCHEMES = ("http", "https")


def download(entry: Entry, folder: Path, *, opener: Opener | None = None, progress: Progress | None = None) -> Path:
    """Fetch, check and unpack a text, and give its path. TextError says what went wrong and what to do."""
    goal = text_path(entry.name, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{entry.name}-", dir=folder) as name:
            fetched, text = Path(name) / "fetched", Path(name) / "text"
            _fetch(entry, fetched, opener or open_url, progress or _silent)
            _unpack(entry, fetched, text)
            os.replace(text, goal)  # noqa: PTH105  (the atomic one)
    except OSError as error:
        raise TextError(
            f"cannot write in {folder}: {error.strerror or error}; free it, or set CHARRNN_DATA"
        ) from error
    return goal


def open_url(address: str) -> IO[bytes]:
    """Open an http or https address; redirects to any other kind of address are refused."""
    _require_web(address)
    request = urllib.request.Request(address, headers={"User-Agent": "charrnn"})
    stream: IO[bytes] = urllib.request.build_opener(_WebRedirects).open(request, timeout=_PATIENCE)
    return stream


class _WebRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _require_web(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_web(address: str) -> None:
    if urlsplit(address).scheme not in _SCHEMES:
        raise TextError(f"{address} is no http or https address; it was not opened")


def _fetch(entry: Entry, path: Path, opener: Opener, progress: Progress) -> None:
    """Stream the address into a file; TextError unless size and SHA-256 are those of the entry."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for block in _blocks(entry, opener):
            size += len(block)
            if size > entry.size:
                break
            digest.update(block)
            file.write(block)
            progress(size, entry.size)
    again = "nothing was kept; try again later"
    if size < entry.size:
        raise TextError(f"{entry.url} broke off after {size:,} of {entry.size:,} bytes; {again}")
    if size > entry.size or digest.hexdigest() != entry.sha256:
        raise TextError(f"what lies at {entry.url} is not the {entry.name} that the catalogue knows; {again}")


def _blocks(entry: Entry, opener: Opener) -> Iterator[bytes]:
    """The bytes at the address, with every fault of the way told in one sentence."""
    try:
        with opener(entry.url) as stream:
            while block := stream.read(_BLOCK):
                yield block
    except urllib.error.HTTPError as error:
        error.close()
        raise TextError(f"{entry.url} answered {error.code} {error.reason}; try again later") from error
    except (OSError, http.client.HTTPException) as error:
        cause = getattr(error, "reason", error)
        reason = getattr(cause, "strerror", None) or cause
        raise TextError(f"cannot reach {entry.url} ({reason}); check the network and try again") from error


def _unpack(entry: Entry, fetched: Path, text: Path) -> None:
    """The text of a file that may be a .zip or a .gz."""
    try:
        if entry.member is not None:
            with zipfile.ZipFile(fetched) as archive, archive.open(entry.member) as packed, text.open("wb") as file:
                shutil.copyfileobj(packed, file, _BLOCK)
        elif entry.url.endswith(".gz"):
            with gzip.open(fetched) as packed, text.open("wb") as file:
                shutil.copyfileobj(packed, file, _BLOCK)
        else:
            fetched.rename(text)
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, KeyError) as error:
        raise TextError(f"{entry.url} cannot be unpacked ({error}); nothing was kept") from error


def _silent(done: int, total: int) -> None:
    """Tell nobody."""
