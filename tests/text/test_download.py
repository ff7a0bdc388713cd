"""Downloads: a text is complete and verified, or nothing is left of it."""

import errno
import gzip
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from charrnn.errors import TextError
from charrnn.text.catalogue import Entry
from charrnn.text.download import download, open_url

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
def test_a_wrong_or_incomplete_text_leaves_nothing(server: str, tmp_path: Path, path: str, message: str) -> None:
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


class _BrokenStream(io.BytesIO):
    """A stream that fails after its first block."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(TEXT[:1000])
        self._error = error

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(size)
        if not block:
            raise self._error
        return block


@pytest.mark.parametrize("error", [TimeoutError("timed out"), ConnectionResetError(errno.ECONNRESET, "reset")])
def test_a_connection_that_breaks_leaves_nothing(tmp_path: Path, error: OSError) -> None:
    with pytest.raises(TextError, match="cannot reach"):
        download(entry_for("http://somewhere"), tmp_path, opener=lambda _: _BrokenStream(error))
    assert nothing_in(tmp_path)


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        download(entry_for("http://somewhere"), tmp_path, opener=lambda _: _BrokenStream(KeyboardInterrupt()))
    assert nothing_in(tmp_path)


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    def fill(done: int, total: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(TextError, match="No space left"):
        download(entry_for("http://somewhere"), tmp_path, opener=lambda _: io.BytesIO(TEXT), progress=fill)
    assert nothing_in(tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(TextError, match="CHARRNN_DATA"):
        download(entry_for("http://somewhere"), tmp_path / "file", opener=lambda _: io.BytesIO(TEXT))


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, TEXT)
        archive.writestr("readme", "not this")
    return buffer.getvalue()


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    data = zipped("folder/text")
    entry = entry_for("http://somewhere/a.zip", data, "folder/text")
    assert download(entry, tmp_path, opener=lambda _: io.BytesIO(data)).read_bytes() == TEXT


def test_a_gz_is_unpacked(tmp_path: Path) -> None:
    data = gzip.compress(TEXT)
    entry = entry_for("http://somewhere/a.gz", data)
    assert download(entry, tmp_path, opener=lambda _: io.BytesIO(data)).read_bytes() == TEXT


@pytest.mark.parametrize(
    ("name", "data", "member"),
    [
        ("a.zip", zipped("other"), "text"),
        ("a.zip", TEXT, "text"),
        ("a.gz", TEXT, None),
        ("a.gz", gzip.compress(TEXT)[:99], None),
    ],
)
def test_an_archive_that_cannot_be_unpacked_leaves_nothing(
    tmp_path: Path, name: str, data: bytes, member: str | None
) -> None:
    with pytest.raises(TextError, match="unpacked"):
        download(entry_for(f"http://somewhere/{name}", data, member), tmp_path, opener=lambda _: io.BytesIO(data))
    assert nothing_in(tmp_path)
