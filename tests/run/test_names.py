"""Names of runs: paths, names of folders in runs/, the latest run, and names that do not exist."""

import os
from pathlib import Path

import pytest

from charrnn.errors import UsageError
from charrnn.run.names import latest_run, resolve_run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two runs in runs/, of which `story` changed last, and one beside it."""
    monkeypatch.chdir(tmp_path)
    for age, path in enumerate(("runs/story", "runs/english", "own/novel")):
        (tmp_path / path).mkdir(parents=True)
        config = tmp_path / path / "config.json"
        config.touch()
        os.utime(config, (1e9 - age, 1e9 - age))
    return tmp_path


@pytest.mark.parametrize("name", ["english", "runs/english", "./runs/english/", "own/novel"])
def test_a_run_is_named_by_its_path_or_its_name(name: str) -> None:
    assert resolve_run(name) == Path("runs/english" if "english" in name else "own/novel")


def test_a_run_of_that_name_precedes_a_text_of_that_name(folder: Path) -> None:
    (folder / "english").touch()
    assert resolve_run("english") == Path("runs/english")


def test_a_path_that_is_no_run_is_left_to_its_reader(folder: Path) -> None:
    (folder / "notes").mkdir()
    assert resolve_run("notes") == Path("notes")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("englsh", "runs/english"),
        ("runs/englsh", "runs/english"),
        ("Storys", "runs/story"),
        ("own/nvel", "own/novel"),
        ("xyz", "charrnn runs"),
        ("nul\0byte", "charrnn runs"),
        ("x" * 5000, "charrnn runs"),
    ],
)
def test_a_name_that_does_not_exist_is_wrong_usage_with_the_nearest_names(name: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=r"there is no run .*; ") as error:
        resolve_run(name)
    assert str(Path(nearest)) in str(error.value)


def test_the_latest_run_is_the_one_that_changed_last(folder: Path) -> None:
    assert latest_run() == Path("runs/story")
    (folder / "runs/english/metrics.jsonl").touch()
    assert latest_run() == Path("runs/english")


def test_without_runs_there_is_no_latest_run(folder: Path) -> None:
    (folder / "runs").rename(folder / "elsewhere")
    with pytest.raises(UsageError, match="charrnn train"):
        latest_run()
