"""Downloads: a text is complete and verified, or nothing is left of it."""

import contextlib
import errno
import gzip
import hashlib
import io
import socketserver
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from charrnn.errors import TextError
from charrnn.text import download as downloads
from charrnn.text import transfer
from charrnn.text.catalogue import Entry
from charrnn.text.download import download
from charrnn.text.transfer import open_url

TEXT = b"To be, or not to be\n" * 20_000


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/missing":
            self.send_error(404)
        elif self.path == "/to-a-file":
            self._redirect("file:///etc/hostname")
        elif self.path == "/to-ftp":
            self._redirect("ftp://127.0.0.1/text")
        elif self.path == "/moved":
            self._redirect("/right")
        else:
            body = {"/longer": TEXT + b"x", "/shorter": TEXT[:-1], "/other": TEXT.upper()}.get(self.path, TEXT)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:1000] if self.path == "/truncated" else body)

    def _redirect(self, url: str) -> None:
        self.send_response(302)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def entry_for(url: str, data: bytes = TEXT, member: str | None = None) -> Entry:
    return Entry("text", "A text.", url, len(data), hashlib.sha256(data).hexdigest(), "none", member)


def nothing_in(folder: Path) -> bool:
    return not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("page", ["/right", "/moved"])
def test_a_verified_text_is_kept_and_its_progress_reported(server: str, tmp_path: Path, page: str) -> None:
    progress: list[tuple[int, int]] = []
    path = download(entry_for(server + page), tmp_path / "new", progress=lambda *sizes: progress.append(sizes))
    assert path == tmp_path / "new" / "text.txt"
    assert path.read_bytes() == TEXT
    assert list(path.parent.iterdir()) == [path]
    assert progress[-1] == (len(TEXT), len(TEXT))
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/other", "has changed since the catalogue"),
        ("/longer", "has changed since the catalogue"),
        ("/shorter", "broke off after 399,999 of 400,000"),
        ("/truncated", "broke off after 1,000 of|cannot reach"),
        ("/missing", "404"),
        ("/to-a-file", "not allowed"),
        ("/to-ftp", "not an http or https URL"),
    ],
)
def test_a_wrong_or_incomplete_text_leaves_no_file(server: str, tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(TextError, match=message):
        download(entry_for(server + path), tmp_path)
    assert nothing_in(tmp_path)


def test_a_failure_leaves_the_earlier_text(server: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("old")
    with pytest.raises(TextError):
        download(entry_for(f"{server}/other"), tmp_path)
    assert (tmp_path / "text.txt").read_text() == "old"


def test_an_unreachable_server_is_an_error(server: str, tmp_path: Path) -> None:
    with pytest.raises(TextError, match="cannot reach"):
        download(entry_for("http://127.0.0.1:9/text"), tmp_path)
    assert nothing_in(tmp_path)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://localhost/a", "data:text/plain,a", "a.txt"])
def test_only_http_and_https_are_opened(url: str) -> None:
    with pytest.raises(TextError, match="not an http or https URL"):
        open_url(url)


class _RawServer(socketserver.BaseRequestHandler):
    """Sends the bytes of an answer, and waits a little after each where the answer says so."""

    answer: bytes
    pause: float = 0.0

    def handle(self) -> None:
        self.request.recv(1 << 16)
        with contextlib.suppress(OSError):
            if not self.pause:
                self.request.sendall(self.answer)
            for byte in self.answer if self.pause else b"":
                self.request.sendall(bytes([byte]))
                time.sleep(self.pause)


@contextlib.contextmanager
def raw_server(sent: bytes, pause: float = 0.0) -> Iterator[str]:
    """Run a server that answers every request with these bytes; yield its URL."""
    handler = type("_Handler", (_RawServer,), {"answer": sent, "pause": pause})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as running:
        running.daemon_threads, running.block_on_close = True, False
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n"], ids=["head", "body"])
def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(transfer, "PATIENCE", 0.5)
    begin = time.monotonic()
    slow = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000
    sent = head + b"x" * 1000 if head else slow
    with raw_server(sent, 0.02) as url, pytest.raises(TextError, match=r"sent only \d+ bytes in 0.5 seconds"):
        download(entry_for(url), tmp_path)
    assert time.monotonic() - begin < 8.0
    assert nothing_in(tmp_path)


def test_a_silent_server_times_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PATIENCE", 0.5)
    with raw_server(b" ", 30.0) as url, pytest.raises(TextError, match=r"sent only 0 bytes|timed out"):
        download(entry_for(url), tmp_path)


def test_a_download_slows_down_after_a_quick_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten megabytes in the first second would buy hours, if the rate were that of the whole download."""
    monkeypatch.setattr(transfer, "PATIENCE", 0.4)
    blocks = iter([bytes(1 << 17)] * 80)

    def read(size: int) -> bytes:
        block = next(blocks, None)
        if block is None:
            time.sleep(0.05)
        return block or b"x"

    stream = io.BytesIO()
    stream.read1 = read  # type: ignore[method-assign,assignment]
    with pytest.raises(TextError, match="sent only"):
        list(transfer.receive("http://somewhere", lambda _: stream))


HOSTILE = {
    "redirect to a broken address": b"HTTP/1.1 302 Found\r\nLocation: http://[::1/x\r\n\r\n",
    "redirect to a port that is none": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:99999/\r\n\r\n",
    "redirect to a name that is none": b"HTTP/1.1 302 Found\r\nLocation: http://" + b"a" * 70 + b".b/\r\n\r\n",
    "redirect to a control character": b"HTTP/1.1 302 Found\r\nLocation: gopher://\x1b[31m\x9b2J\r\n\r\n",
    "redirect in a circle": b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "reason with control characters": b"HTTP/1.1 404 \x1b]0;gone\x07 \xe2\x80\xae\r\n\r\n",
    "reason without end": b"HTTP/1.1 404 " + b"x" * 60_000 + b"\r\n\r\n",
    "no status": b"\x1b[2J\x00\xff" * 30 + b"\r\n\r\n",
    "status that is no number": b"HTTP/1.1 abc \x1b\r\n\r\n",
    "line too long": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
    "length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: \xff\x1b\r\n\r\nabc",
    "chunk that is no number": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\x1bzz\r\nabc",
    "nothing": b"",
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_server_sends_the_error_is_one_printable_line(tmp_path: Path, sent: bytes) -> None:
    with raw_server(sent) as url, pytest.raises(TextError) as caught:
        download(entry_for(url), tmp_path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    assert nothing_in(tmp_path)


class _BrokenStream(io.BytesIO):
    """A stream that fails after its first block."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(TEXT[:1000])
        self._error = error

    def read1(self, size: int | None = -1) -> bytes:
        block = super().read(size)
        if not block:
            raise self._error
        return block


@pytest.mark.parametrize("error", [TimeoutError("timed out"), ConnectionResetError(errno.ECONNRESET, "reset")])
def test_an_interrupted_download_leaves_no_file(tmp_path: Path, error: OSError) -> None:
    with pytest.raises(TextError, match="cannot reach"):
        download(entry_for("http://somewhere"), tmp_path, opener=lambda _: _BrokenStream(error))
    assert nothing_in(tmp_path)


def test_ctrl_c_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        download(entry_for("http://somewhere"), tmp_path, opener=lambda _: _BrokenStream(KeyboardInterrupt()))
    assert nothing_in(tmp_path)


def test_a_full_disk_leaves_no_file(tmp_path: Path) -> None:
    def fill(done: int, total: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(TextError, match="No space left"):
        download(entry_for("http://somewhere"), tmp_path, opener=lambda _: io.BytesIO(TEXT), progress=fill)
    assert nothing_in(tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(TextError, match="CHARRNN_DATA"):
        download(entry_for("http://somewhere"), tmp_path / "file", opener=lambda _: io.BytesIO(TEXT))


def test_what_a_killed_download_left_is_removed_by_the_next(tmp_path: Path) -> None:
    leftover = tmp_path / ".text.txt.4194304.part"
    leftover.mkdir()
    (leftover / "archive").write_bytes(b"half")
    download(entry_for("http://somewhere"), tmp_path, opener=lambda _: io.BytesIO(TEXT))
    assert list(tmp_path.iterdir()) == [tmp_path / "text.txt"]


def zipped(name: str, text: bytes = TEXT) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
        archive.writestr("readme", "not this")
    return buffer.getvalue()


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    data = zipped("folder/text")
    entry = entry_for("http://somewhere/a.zip", data, "folder/text")
    assert download(entry, tmp_path, opener=lambda _: io.BytesIO(data)).read_bytes() == TEXT


def test_a_gz_is_unpacked(tmp_path: Path) -> None:
    data = gzip.compress(TEXT, mtime=0)
    entry = entry_for("http://somewhere/a.gz", data)
    assert download(entry, tmp_path, opener=lambda _: io.BytesIO(data)).read_bytes() == TEXT


def encrypted() -> bytes:
    """Return a .zip whose entry is marked as encrypted, in its own header and in the directory."""
    data = bytearray(zipped("text"))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def of_an_unknown_method() -> bytes:
    data = bytearray(zipped("text"))
    data[8] = data[data.index(b"PK\x01\x02") + 10] = 99
    return bytes(data)


@pytest.mark.parametrize("packed", [gzip.compress, lambda data: zipped("text", data)], ids=["gz", "zip"])
def test_an_archive_that_expands_without_limit_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(downloads, "SMALLEST_LIMIT", 1 << 20)
    data = packed(bytes(8 << 20))
    entry = entry_for("http://somewhere/a.gz", data, "text" if data.startswith(b"PK") else None)
    written: list[int] = []
    with pytest.raises(TextError, match="expands to more than any text"):
        download(entry, tmp_path, opener=lambda _: io.BytesIO(data), progress=lambda *sizes: written.append(sizes[0]))
    assert nothing_in(tmp_path)


@pytest.mark.parametrize(
    ("name", "data", "member"),
    [
        ("a.zip", encrypted(), "text"),
        ("a.zip", of_an_unknown_method(), "text"),
        ("a.zip", zipped("other"), "text"),
        ("a.zip", TEXT, "text"),
        ("a.gz", TEXT, None),
        ("a.gz", gzip.compress(TEXT, mtime=0)[:99], None),
    ],
)
def test_an_archive_that_cannot_be_unpacked_leaves_no_file(
    tmp_path: Path, name: str, data: bytes, member: str | None
) -> None:
    with pytest.raises(TextError, match="unpacked"):
        download(entry_for(f"http://somewhere/{name}", data, member), tmp_path, opener=lambda _: io.BytesIO(data))
    assert nothing_in(tmp_path)
