"""Files: opened without following links, read within limits, and written completely or not at all."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.errors import ModelError
from charrnn.run.files import (
    make_folders,
    open_regular,
    read_bounded,
    read_json,
    remove_leftovers,
    run_file,
    temporary_path,
    write_atomically,
    write_json,
)

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file."""
    (tmp_path / "file").write_bytes(b"content")
    return tmp_path / "file"


@pytest.mark.parametrize("mode", ["rb", "wb", "ab", "a+b"])
def test_a_link_is_not_followed_and_its_target_not_changed(mode: str, path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    with pytest.raises(ModelError, match="link is a symbolic link"):
        open_regular(link, mode)
    assert path.read_bytes() == b"content"


def test_a_broken_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "new")
    with pytest.raises(ModelError, match="link is a symbolic link"):
        open_regular(tmp_path / "link", "ab")
    assert not (tmp_path / "new").exists()


def test_a_folder_of_a_run_that_is_a_link_is_refused_but_the_run_may_be_one(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run" / "control").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    with pytest.raises(ModelError, match="control is a symbolic link"):
        run_file(tmp_path / "link", "control/lock")
    assert run_file(tmp_path / "link", "checkpoints/last") == tmp_path / "link" / "checkpoints" / "last"


@posix
@pytest.mark.parametrize("mode", ["rb", "wb", "ab"])
def test_a_pipe_a_device_or_a_folder_is_refused_at_once(mode: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "pipe", tmp_path / "folder", Path("/dev/zero")):
        with pytest.raises(ModelError, match=f"{path.name} is not a regular file"):
            open_regular(path, mode)


def test_a_file_larger_than_the_limit_is_refused(path: Path) -> None:
    assert read_bounded(path, 7) == b"content"
    with pytest.raises(ModelError, match="larger than any file"):
        read_bounded(path, 6)


@posix
def test_files_have_the_mode_of_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"")
        open_regular(tmp_path / "opened", "ab").close()
    finally:
        os.umask(umask)
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o640, 0o640]


def test_writing_replaces_a_link_and_not_its_target(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    write_atomically(link, b"new")
    assert (link.read_bytes(), path.read_bytes(), link.is_symlink()) == (b"new", b"content", False)


def test_a_link_under_the_temporary_name_is_not_followed(path: Path) -> None:
    new = path.with_name("new")
    temporary_path(new).symlink_to(path)
    write_atomically(new, b"new")
    assert (new.read_bytes(), path.read_bytes()) == (b"new", b"content")


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_part_of_the_new_one(
    call: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    open_file = Path.open

    def open_and_fill_disk(self: Path, mode: str = "r", *args: object, **kwargs: object) -> object:
        file = open_file(self, mode, *args, **kwargs)  # type: ignore[call-overload]
        file.write(b"half")
        monkeypatch.setattr(os, "fsync", fail)
        return file

    match call:
        case "write":
            monkeypatch.setattr(Path, "open", open_and_fill_disk)
        case "fsync":
            monkeypatch.setattr(os, "fsync", fail)
        case "replace":
            monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]


@posix
def test_leftovers_of_processes_that_ended_are_removed(path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    leftover = path.with_name(f".file.{int(ended.stdout)}.part")
    kept = [path, temporary_path(path), path.with_name(".file.1.part"), path.with_name(f".x{leftover.name}")]
    for file in (leftover, *kept[1:]):
        file.touch()
    remove_leftovers(path)
    assert set(path.parent.iterdir()) == set(kept)


def test_folders_are_made_however_deep(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 1100)
    make_folders(deep)
    assert deep.is_dir()
    make_folders(deep)
    for folder in (deep, *deep.parents[:1099]):  # shutil.rmtree cannot
        folder.rmdir()


def test_json_comes_back(tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", {"a": [1, None, "é"]})
    assert read_json(tmp_path / "config.json") == {"a": [1, None, "é"]}


@pytest.mark.parametrize("content", [b"", b"{", b"nul\0", b"\xff", b"[" * 100_000])
def test_json_that_is_damaged_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"config\.json is damaged"):
        read_json(tmp_path / "config.json")


def test_json_of_an_unlikely_size_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "config.json").open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(ModelError, match="larger than any file"):
        read_json(tmp_path / "config.json")
