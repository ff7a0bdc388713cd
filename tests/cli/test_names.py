"""Names of runs and texts on the command line: the name of a run, the latest run, and names that do not exist."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from charrnn.errors import UsageError

Invoke = Callable[..., Result]


@pytest.fixture
def folder(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the run runs/tiny."""
    shutil.copytree(tiny_run, tmp_path / "runs" / "tiny")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ("sample", "tyny"),
        ("complete", "runs/tyny", "the"),
        ("fill", "tyny", "the ____"),
        ("score", "tyny", "the lamp"),
        ("rescore", "tyny"),
        ("eval", "tyny", "--validation"),
        ("eval", "tiny", "--against", "tyny", "--validation"),
        ("inspect", "tyny"),
        ("play", "tyny"),
        ("watch", "tyny"),
        ("tell", "tyny", "stop"),
        ("train", "--resume", "tyny"),
        ("train", "--from", "tyny"),
    ],
    ids=" ".join,
)
def test_a_run_that_does_not_exist_is_wrong_usage_with_the_nearest_name(
    folder: Path, invoke: Invoke, arguments: tuple[str, ...]
) -> None:
    error = invoke(*arguments).exception
    assert isinstance(error, UsageError)
    assert str(error).endswith(f"tyny; did you mean {Path('runs/tiny')}?")
    assert not (folder / "runs" / "english").exists()


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("train", "englsh"), "english"),
        (("train", "runs.txt", "--documents", "lines"), "runs"),
        (("eval", "tiny", "minerls"), "minerals"),
        (("inspect", "tiny", "chines"), "chinese"),
        (("train", "*.nothing"), "pattern"),
        (("rescore", "tiny", "nothing.txt"), "standard input"),
        (("corpora", "get", "enwik7"), "enwik8"),
        (("corpora", "show", "englsh"), "english"),
        (("lab", "sines"), "sine"),
        (("manual", "trainin"), "training"),
    ],
)
def test_a_text_that_does_not_exist_is_wrong_usage_with_the_nearest_name(
    folder: Path, invoke: Invoke, arguments: tuple[str, ...], nearest: str
) -> None:
    error = invoke(*arguments).exception
    assert isinstance(error, UsageError)
    assert nearest in str(error)


@pytest.mark.parametrize(
    "arguments", [("sample", "--length", 5), ("inspect",), ("eval", "--validation"), ("watch", "--no-tui")], ids=str
)
def test_without_a_name_the_latest_run_is_used_and_named(
    folder: Path, invoke: Invoke, arguments: tuple[object, ...]
) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 0
    assert result.stderr.startswith(f"using {Path('runs/tiny')}\n")
    assert result.stdout


def test_a_run_is_named_by_its_name(folder: Path, invoke: Invoke) -> None:
    by_name, by_path = (invoke("sample", name, "--seed", 1).stdout for name in ("tiny", "runs/tiny"))
    assert by_name == by_path != ""
