"""The sampler driven by its keys: what it shows, what it survives, and what it writes."""

import json
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


@pytest.fixture(scope="module", params=["character", "byte"])
def hostile_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A barely trained model of a text that a terminal would obey; one of bytes samples NUL and broken UTF-8 too."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "text.txt").write_text(HOSTILE * 60, "utf-8", newline="")
    overrides = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=2, threads=1)
    config = TextConfig((str(folder / "text.txt"),), tokenizer=request.param)
    list(start_run(folder / "run", config, overrides).train())
    return folder / "run"


def sampler(path: Path) -> CharrnnApp:
    return CharrnnApp(lambda app: app.push_screen(Sampler(OpenModel.open(path), seed=1)))


def sample_text(screen: Any) -> str:
    return str(screen.app.screen.session.tree.text())


@pytest.mark.parametrize("size", SIZES)
def test_the_text_grows_beside_the_distribution_of_the_next_token(
    run: Path, size: tuple[int, int], drive: Any
) -> None:
    async def script(screen: Any) -> None:
        await screen.shows("next token, entropy", "bits", "1 ", "%", "temperature", "perplexity", "0 of 0", "1 of 1")
        await screen.press(*["right"] * 12)
        assert len(sample_text(screen)) == 12
        await screen.shows("12 of 12")
        assert sample_text(screen).split("\n")[-1].strip() in screen.text
        await screen.press("space")
        await screen.shows("running")
        await screen.until(lambda: len(sample_text(screen)) >= 20)
        await screen.press("space")
        assert "running" not in screen.text

    drive(sampler(run), script, size)


def test_temperature_top_k_and_top_p_change_the_distribution_and_the_bars(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*["t"] * 12)
        await screen.shows("100%", "temperature", "entropy 0.00 bits")
        assert screen.text.count(" 0.0% ") >= 10
        await screen.press(*["T"] * 10, *["k"] * 12)
        await screen.shows("100%", "entropy 0.00 bits")
        await screen.press(*["K"] * 12, *["p"] * 12)
        await screen.shows("top-p", "0.1")

    drive(sampler(run), script)


def test_another_token_starts_a_branch_and_the_first_text_stays(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*["right"] * 10)
        first = sample_text(screen)
        await screen.press("left", "left", "left", "2")
        if sample_text(screen) == first[:8]:  # the sample had the second likeliest token here
            await screen.press("left", "1")
        await screen.shows("2 of 2")
        await screen.press("i", *"the ", "q", "escape")
        assert sample_text(screen).endswith("the q")
        await screen.press("up", "end")
        assert sample_text(screen) == first
        await screen.press("home")
        assert sample_text(screen) == ""
        await screen.press("pagedown")
        assert sample_text(screen) == first

    drive(sampler(run), script)


def test_a_branch_is_named_chosen_and_deleted(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old", "escape", "left", "left", "left", "i", *"end", "escape")
        await screen.press("n")
        await screen.shows("Name of this branch")
        await screen.press(*"last", "enter")
        await screen.shows("last")
        await screen.press("b")
        await screen.shows("2 last", "the old", "the end")
        await screen.press("enter")
        assert sample_text(screen) == "the old"
        await screen.press("d")
        await screen.shows("1 of 1")
        await screen.press("d")
        await screen.shows("this is the only branch")

    drive(sampler(run), script, (120, 40))


def test_the_share_of_copied_characters_is_shown(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old lamp at the end of the quay")
        await screen.shows("copied        100%")
        await screen.press(*"zzzzz")
        await screen.shows("copied         88%")

    drive(sampler(run), script)


def test_a_missing_training_text_is_reported_and_the_sampler_works(run: Path, drive: Any) -> None:
    config = json.loads((run / "config.json").read_text("utf-8"))
    config["text"]["sources"] = ["/nowhere/at-all.txt"]
    (run / "config.json").write_text(json.dumps(config), "utf-8")

    async def script(screen: Any) -> None:
        await screen.shows("copied passages are not underlined")
        await screen.press("right")
        assert len(sample_text(screen)) == 1

    drive(sampler(run), script, (120, 40))


@pytest.mark.parametrize("size", SIZES)
def test_any_text_that_a_model_samples_is_shown_in_printable_characters(
    hostile_run: Path, size: tuple[int, int], drive: Any
) -> None:
    async def script(screen: Any) -> None:
        await screen.press(">", ">", ">", "space")
        await screen.until(lambda: screen.app.screen.session.tree.here.depth >= 150)
        await screen.press("space")
        text = screen.text
        assert {character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Cs")} <= {"\n"}
        assert "\\x" in text
        await screen.press("b", "escape", "left", "up", "down", "end")
        for resized in ((1, 1), (12, 4), (200, 60), size):
            await screen.pilot.resize_terminal(*resized)
            await screen.pilot.pause()
        await screen.shows("temperature")

    drive(sampler(hostile_run), script, size)


def test_a_key_loads_the_newest_weights(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press(*["right"] * 5)
        tree = screen.app.screen.session.tree
        logits = tree.logits().copy()
        arrays = run / "checkpoints" / "last" / "training.safetensors"
        save_file({name: 0.5 * array for name, array in load_file(arrays).items()}, arrays)
        await screen.press("r")
        await screen.shows("newest weights")
        assert not (tree.logits() == logits).all()
        arrays.write_bytes(b"torn")
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
    assert [branch["text"] for branch in branches] == ["the old", "the oln"]


def test_a_click_chooses_a_token_or_a_position(run: Path, drive: Any) -> None:
    async def script(screen: Any) -> None:
        await screen.press("i", *"the old lamp", "escape")
        session = screen.app.screen.session
        expected = session.distribution().top_tokens()[2].token
        await screen.pilot.click("Bars", offset=(5, 2))
        assert session.tree.here.token == expected
        await screen.pilot.click("TextView", offset=(4, 1))
        assert sample_text(screen) == "the"

    drive(sampler(run), script)
