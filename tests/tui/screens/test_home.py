"""Home: the runs and the built-in texts, and the ways from there."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from charrnn.run.listing import RunSummary
from charrnn.run.status import Status
from charrnn.tui.app import CharrnnApp
from charrnn.tui.screens.home import Home, run_line

SIZES = [(40, 24), (80, 24), (120, 40)]


def home() -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(Home()))


@pytest.mark.parametrize("size", SIZES)
def test_runs_and_texts_are_listed_and_a_run_is_opened(runs_folder: Path, size: tuple[int, int], drive: Any) -> None:
    shutil.copytree(runs_folder / "runs" / "tiny", runs_folder / "runs" / "broken-run")
    (runs_folder / "runs" / "broken-run" / "model.safetensors").write_bytes(b"?")

    async def script(screen: Any) -> None:
        await screen.shows("tiny", "finished", "broken-run", "broken  ", "english", "chinese")
        names = [line.split()[0] for line in screen.text.splitlines() if line.split()]
        await screen.press("home", *["down"] * (names.index("tiny") > names.index("broken-run")), "enter")
        await screen.shows("sampler: runs/tiny")
        await screen.press("q")
        await screen.shows("texts to train on")

    drive(home(), script, size)


def test_a_broken_run_is_reported_and_not_opened(runs_folder: Path, drive: Any) -> None:
    (runs_folder / "runs" / "tiny" / "model.safetensors").write_bytes(b"?")

    async def script(screen: Any) -> None:
        await screen.shows("tiny", "broken")
        await screen.press("enter")
        await screen.shows("model.safetensors", "texts to train on")

    drive(home(), script)


def test_a_run_is_watched_and_its_model_opened_from_there(runs_folder: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        await screen.press("w")
        await screen.shows("finished", "step 120 of 120")
        await screen.press("p")
        await screen.shows("sampler")
        await screen.press("q", "q")
        await screen.shows("texts to train on")

    drive(home(), script)


def test_a_folder_without_runs_shows_the_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drive: Any) -> None:
    monkeypatch.chdir(tmp_path)

    async def script(screen: Any) -> None:
        await screen.shows("no runs yet", "english")

    drive(home(), script)


def test_a_text_that_does_not_exist_is_reported(runs_folder: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("o")
        await screen.shows("A file or a folder")
        await screen.press(*"nowhere.txt", "enter")
        await screen.shows("nowhere.txt")

    drive(home(), script)


def test_a_run_that_appears_is_listed_after_a_refresh(runs_folder: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("tiny")
        shutil.copytree(runs_folder / "runs" / "tiny", runs_folder / "runs" / "second")
        await screen.press("r")
        await screen.shows("second")

    drive(home(), script)


def test_a_narrow_line_keeps_the_name_the_status_and_the_loss() -> None:
    run = RunSummary(
        "runs/a\x1bb", Status.TRAINING, 90.0, text="novel.txt", layers=2, hidden=64, step=1200, nats_per_character=1.5
    )
    assert run_line(run, 50).split("  ")[0] == "a\\x1bb"
    assert run_line(run, 50).endswith("training     1.500 nats/char")
    assert run_line(run, 120).endswith("2 × 64     step 1,200    1 min 30 s ago  novel.txt")
