"""Transfers: an http or https URL → its bytes in blocks, from a server that may be slow, broken or hostile.

The bytes are read in a separate thread, so that no operation of the server is waited for longer than PATIENCE, and
Ctrl-C takes effect at any moment.
"""

import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import IO, Any
from urllib.parse import urlsplit

from charrnn.errors import TextError
from charrnn.text.escape import visible_line

Opener = Callable[[str], IO[bytes]]
"""A function from a URL to a stream of its bytes, which is closed after use."""

BLOCK_BYTES = 1 << 17
PATIENCE, SLOWEST_RATE = 30.0, 1000.0
"""Seconds over which the rate is measured, and the lowest rate that is waited for, in bytes per second."""
_POLL = 0.2
"""Seconds between two checks of a waiting thread."""
_QUEUED_BLOCKS = 8
_LONGEST_REASON = 200
_SCHEMES = ("http", "https")
_FAULTS = (OSError, http.client.HTTPException, ValueError, ArithmeticError, EOFError)
"""Exceptions of urllib for invalid answers of a server, such as a redirect to http://[::1/ or to port 99999."""


def open_url(url: str) -> IO[bytes]:
    """Open an http or https URL. Raises TextError for another kind of URL, also after a redirect."""
    _require_http(url)
    request = urllib.request.Request(url, headers={"User-Agent": "charrnn"})
    stream: IO[bytes] = urllib.request.build_opener(_HttpRedirects).open(request, timeout=PATIENCE)
    return stream


class _HttpRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https URLs alone, and closes a response that it cannot follow."""

    def http_error_302(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except BaseException:
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _require_http(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_http(url: str) -> None:
    if urlsplit(url).scheme not in _SCHEMES:
        raise TextError(f"{_line(url)} is not an http or https URL, so it was not opened")


def receive(url: str, opener: Opener = open_url) -> Generator[bytes, None, None]:
    """Yield the bytes at a URL as they arrive.

    Raises TextError if the server cannot be reached, answers with an error, or is slower than SLOWEST_RATE.
    """
    blocks: queue.Queue[bytes | BaseException] = queue.Queue(_QUEUED_BLOCKS)
    abandoned = threading.Event()
    thread = threading.Thread(target=_read, args=(url, opener, blocks, abandoned), name="download", daemon=True)
    thread.start()
    try:
        yield from _paced(url, blocks)
    except urllib.error.HTTPError as error:
        error.close()
        raise TextError(f"{url} answered {error.code} {_line(error.reason)}; try again later") from error
    except _FAULTS as error:
        cause = getattr(error, "reason", error)
        reason = _line(getattr(cause, "strerror", None) or cause)
        raise TextError(f"cannot reach {url} ({reason}); check the network, then try again") from error
    finally:
        abandoned.set()


def _read(url: str, opener: Opener, blocks: "queue.Queue[bytes | BaseException]", abandoned: threading.Event) -> None:
    """Put the bytes at a URL into a queue, and at the end an empty block or an exception. Stop after `abandoned`."""

    def put(item: bytes | BaseException) -> None:
        while not abandoned.is_set():
            with suppress(queue.Full):
                blocks.put(item, timeout=_POLL)
                break

    try:
        with opener(url) as stream:
            read = getattr(stream, "read1", stream.read)  # `read` would wait for a whole block
            while not abandoned.is_set() and (block := read(BLOCK_BYTES)):
                put(block)
        put(b"")
    except BaseException as error:
        put(error)


def _paced(url: str, blocks: "queue.Queue[bytes | BaseException]") -> Iterator[bytes]:
    """Yield the blocks of a queue; raise an exception from it, or TextError if the blocks arrive too slowly."""
    arrived, end = 0, time.monotonic() + PATIENCE
    while True:
        try:
            block = blocks.get(timeout=_POLL)
        except queue.Empty:
            block = None
        if isinstance(block, BaseException):
            raise block
        if block == b"":
            return
        if block is not None:
            arrived += len(block)
            yield block
        if time.monotonic() >= end:
            if arrived < SLOWEST_RATE * PATIENCE:
                raise TextError(f"{url} sent only {arrived:,} bytes in {PATIENCE:g} seconds; try again later")
            arrived, end = 0, time.monotonic() + PATIENCE


def _line(reason: object) -> str:
    """Return a server's message on one line, shortened, with its control characters made visible."""
    line = visible_line(" ".join(str(reason).split()))
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"
