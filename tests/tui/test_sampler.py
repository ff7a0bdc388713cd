"""The sampler driven by its keys: what it shows, what it survives, and what it writes."""

import json
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from charrnn.config import Overrides, TextConfig
from charrnn.pipeline.start import start_run
from charrnn.tui.app import CharrnnApp
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.sampler import Sampler

SIZES = [(40, 24), (80, 24), (120, 40)]
HOSTILE = "[/b][red]\x1b[2J\x9b\u202e\u2066\x07\x7f\ufeff\r\t漢\u0301\U0001f600\u200d\U0001f469"


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


@pytest.fixture(scope="module", params=["character", "byte"])
def hostile_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned hardly anything, from a text that a terminal would obey; one of bytes says NUL too."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "text.txt").write_text(HOSTILE * 60, "utf-8", newline="")
    overrides = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=2, threads=1)
    list(
        start_run(folder / "run", TextConfig((str(folder / "text.txt"),), tokenizer=request.param), overrides).train()
    )
    return folder / "run"


def sampler(path: Path) -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(Sampler(OpenModel.open(path), seed=1)))


def said(screen: Any) -> str:
    return str(screen.app.screen.sample.text())


@pytest.mark.parametrize("size", SIZES)
def test_the_text_grows_beside_what_may_come_next(run: Path, size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("entropy", "bits", "1 ", "%", "temperature", "perplexity", "0 of 0", "1 of 1")
        await screen.press(*["right"] * 12)
        assert len(said(screen)) == 12
        await screen.shows("12 of 12")
        assert said(screen).split("\n")[-1].strip() in screen.text
        await screen.press("space")
        await screen.shows("running") if size[0] > 40 else None
        while len(said(screen)) < 20:
            await screen.pilot.pause(0.02)
        await screen.press("space")

    drive(sampler(run), script, size)


def test_temperature_and_cuts_change_what_is_drawn_and_the_bars_show_it(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*["t"] * 12)
        await screen.shows("100%", "temperature", "entropy 0.00 bits")
        assert screen.text.count(" 0.0% ") >= 10
        await screen.press(*["T"] * 10, *["k"] * 12)
        await screen.shows("100%", "entropy 0.00 bits")
        await screen.press(*["K"] * 12, *["p"] * 12)
        await screen.shows("top-p", "0.1")

    drive(sampler(run), script)


def test_time_travel_branches_and_typing(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*["right"] * 10)
        first = said(screen)
        await screen.press("left", "left", "left", "2")
        if said(screen) == first[:8]:  # the second likeliest was what stood there
            await screen.press("left", "1")
        await screen.shows("2 of 2")
        await screen.press("i", *"the ", "q", "escape")
        assert said(screen).endswith("the q")
        await screen.press("up", "end")
        assert said(screen) == first
        await screen.press("home")
        assert said(screen) == ""
        await screen.press("pagedown")
        assert said(screen) == first

    drive(sampler(run), script)


def test_branches_are_compared_named_chosen_and_deleted(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old", "escape", "left", "left", "left", "i", *"end", "escape")
        await screen.press("n")
        await screen.shows("A name")
        await screen.press(*"last", "enter")
        await screen.shows("last")
        await screen.press("b")
        await screen.shows("2 last", "the old", "the end")
        await screen.press("enter")
        assert said(screen) == "the old"
        await screen.press("d")
        await screen.shows("1 of 1")

    drive(sampler(run), script, (120, 40))


def test_what_is_recited_is_underlined_and_counted(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old lamp at the end of the quay")
        await screen.shows("100%")
        await screen.press(*"zzzzz")
        await screen.shows("88%")

    drive(sampler(run), script)


def test_a_training_text_that_is_gone_is_said(run: Path, drive: Any) -> None:
    config = json.loads((run / "config.json").read_text("utf-8"))
    config["text"]["sources"] = ["/nowhere/at-all.txt"]
    (run / "config.json").write_text(json.dumps(config), "utf-8")

    async def script(screen: Any) -> None:
        await screen.shows("copies are not marked")
        await screen.press("right")
        assert len(said(screen)) == 1

    drive(sampler(run), script, (120, 40))


@pytest.mark.parametrize("size", SIZES)
def test_it_survives_any_text_a_model_can_say(hostile_run: Path, size: tuple[int, int], drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(">", ">", ">", "space")
        while screen.app.screen.sample.here.depth < 150:
            await screen.pilot.pause(0.02)
        await screen.press("space")
        shown = screen.text
        assert not {each for each in shown if unicodedata.category(each) in ("Cc", "Cf", "Cs")} - {"\n"}
        assert "\\x" in shown
        await screen.press("b", "escape", "left", "up", "down", "end")
        for other in ((1, 1), (12, 4), (200, 60), size):
            await screen.pilot.resize_terminal(*other)
            await screen.pilot.pause()

    drive(sampler(hostile_run), script, size)


def test_the_newest_weights_are_taken_on_a_key(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*["right"] * 5)
        before = screen.app.screen.sample.logits().copy()
        last = run / "checkpoints" / "last" / "training.safetensors"
        save_file({name: 0.5 * array for name, array in load_file(last).items()}, last)
        await screen.press("r")
        await screen.shows("newest weights")
        assert not (screen.app.screen.sample.logits() == before).all()
        last.write_bytes(b"torn")
        await screen.press("r")
        await screen.shows("damaged")

    drive(sampler(run), script)


def test_all_branches_are_written_to_files(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old", "escape", "left", "i", "n", "escape", "w")
        await screen.shows("written")

    drive(sampler(run), script)
    (text,) = (run / "samples").glob("*.txt")
    assert "the old" in text.read_text("utf-8")
    branches = json.loads(text.with_suffix(".json").read_text("utf-8"))["branches"]
    assert [each["text"] for each in branches] == ["the old", "the oln"]


def test_a_click_chooses_a_bar_and_a_place(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old lamp", "escape")
        expected = screen.app.screen.sample.choices(screen.app.screen.knobs.sampling)[2]
        await screen.pilot.click("Bars", offset=(5, 2))
        assert screen.app.screen.sample.here.token == expected.token
        await screen.pilot.click("Story", offset=(4, 1))
        assert said(screen) == "the"

    drive(sampler(run), script)
