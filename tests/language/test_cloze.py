"""Filling blanks: what is held out is predicted better from both sides, and a filling is what the text needs."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from charrnn import LanguageModel
from charrnn.cli import app
from charrnn.config import Overrides, TextConfig
from charrnn.errors import CharrnnError, ModelError, UsageError
from charrnn.language import cloze
from charrnn.language.cloze import ClozeModel, cloze_log_probabilities, load_model
from charrnn.network.two_sided import ClozeNetwork
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.listing import summarize


def a_text() -> str:
    """Lines in which a word is told by the one behind it alone: a or b by chance, then its fellow."""
    rng = np.random.default_rng(0)
    return "".join(f"the {'red rose' if each else 'blue sky'} is there\n" for each in rng.integers(2, size=400))


@pytest.fixture(scope="module")
def both_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run that fills blanks, and one that reads forward, of one text."""
    folder = tmp_path_factory.mktemp("cloze")
    path = folder / "text.txt"
    path.write_text(a_text(), "utf-8")
    for name, both in (("cloze", True), ("forward", False)):
        overrides = Overrides(
            hidden=32,
            layers=1,
            bptt=32,
            batch=8,
            steps=250,
            lr=0.01,
            dropout=0.0,
            evaluate_every=125,
            cloze=both,
        )
        list(start_run(folder / name, TextConfig((str(path),)), overrides).train())
    return folder / "cloze", folder / "forward"


def test_blanks_that_the_right_side_tells_are_filled(both_runs: tuple[Path, Path]) -> None:
    model = ClozeModel.load(both_runs[0])
    for behind, expected in (("ose is there", "r"), ("ky is there", "s")):
        colour = "red" if expected == "r" else "blue"
        assert model.fill(f"the {colour} ____{behind}\n", longest=1)[0].text == expected
    assert model.fill("the ____d rose is there\n", longest=3)[0].text == "re"
    assert model.fill("the ____ue sky is there\n", longest=3)[0].text == "bl"


def test_it_predicts_what_is_held_out_far_better_than_the_forward_model(both_runs: tuple[Path, Path]) -> None:
    runner = CliRunner()
    found = runner.invoke(app, ["eval", str(both_runs[0]), "--validation", "--against", str(both_runs[1]), "--json"])
    losses = {each["name"]: each["nats_per_character"] for each in json.loads(found.stdout)["losses"]}
    assert losses["model"] < 0.5 * losses[str(both_runs[1])]


def test_what_is_read_in_arcs_is_what_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the texts on either side matter, which a small network forgets soon."""
    from charrnn.config import NetworkConfig

    network = ClozeNetwork(NetworkConfig(6, 8, 2, 4, bos_id=5))
    parameters = network.initialize(np.random.default_rng(0), np.float64)
    ids = np.random.default_rng(1).integers(6, size=700)
    whole = cloze_log_probabilities(network, parameters, ids, 0)
    monkeypatch.setattr(cloze, "ARC", 100)
    parts = cloze_log_probabilities(network, parameters, ids, 0, threads=2)
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert (whole[ids == 5] == 0.0).all()


def test_the_share_of_all_fillings_is_one(both_runs: tuple[Path, Path]) -> None:
    found = ClozeModel.load(both_runs[0]).fill("the ____ rose", n=10_000, longest=2)
    assert sum(each.probability for each in found) == pytest.approx(1.0)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert len({each.text for each in found}) == len(found)


@pytest.mark.parametrize("text", ["no blank", "two ____ and ____ blanks", "__ is no blank"])
def test_a_text_has_one_blank(both_runs: tuple[Path, Path], text: str) -> None:
    with pytest.raises(UsageError, match="one blank"):
        ClozeModel.load(both_runs[0]).fill(text)


def test_each_kind_of_model_is_refused_where_the_other_is_meant(both_runs: tuple[Path, Path]) -> None:
    with pytest.raises(ModelError, match="charrnn fill"):
        LanguageModel.load(both_runs[0])
    with pytest.raises(ModelError, match="--cloze"):
        ClozeModel.load(both_runs[1])
    assert isinstance(load_model(both_runs[0]), ClozeModel)
    assert isinstance(load_model(both_runs[1]), LanguageModel)
    assert summarize(both_runs[0], lambda config: Network.from_config(config).shapes()).fault is None


def test_the_command_fills_and_tells_what_it_cannot(both_runs: tuple[Path, Path]) -> None:
    runner = CliRunner()
    found = runner.invoke(app, ["fill", str(both_runs[0]), "the red ____ose is there", "--json", "--longest", "1"])
    assert json.loads(found.stdout)["fillings"][0]["text"] == "r"
    plain = runner.invoke(app, ["fill", str(both_runs[0]), "-"], input="the ____ rose\nthe ____ sky\n")
    assert [len(group.splitlines()) for group in plain.stdout.split("\n\n")] == [5, 5, 0]
    odd = runner.invoke(app, ["fill", str(both_runs[0]), "-"], input="the ____ rose\n\n")
    assert isinstance(odd.exception, CharrnnError)
    assert str(odd.exception).startswith("line 2: ")
    for arguments in (["--count", "0"], ["--longest", "0"]):
        assert isinstance(runner.invoke(app, ["fill", str(both_runs[0]), "a ____", *arguments]).exception, UsageError)


def test_a_run_that_fills_blanks_goes_on_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(a_text(), "utf-8")
    overrides = Overrides(hidden=8, layers=2, bptt=8, batch=4, steps=10, evaluate_every=5, cloze=True)
    list(start_run(tmp_path / "whole", TextConfig((str(path),)), overrides).train())
    events = start_run(tmp_path / "broken", TextConfig((str(path),)), overrides).train()
    for event in events:
        if event.kind == "checkpoint" and event.step == 5:
            break
    events.close()  # type: ignore[attr-defined]
    list(resume_run(tmp_path / "broken").train())
    one, two = (ClozeModel.load(tmp_path / name).parameters for name in ("whole", "broken"))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])


def test_fillings_come_in_the_order_of_their_shares_and_are_whole_characters(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("我们在路上说。我们在家里说。" * 60, "utf-8")
    text = TextConfig((str(tmp_path / "text.txt"),), tokenizer="byte")
    overrides = Overrides(hidden=16, layers=1, bptt=16, batch=8, steps=30, lr=0.01, dropout=0.0, cloze=True)
    list(start_run(tmp_path / "run", text, overrides).train())
    found = ClozeModel.load(tmp_path / "run").fill("我们在____上说", n=10)
    shares = [each.probability for each in found]
    assert shares == sorted(shares, reverse=True)
    assert not any("\ufffd" in each.text for each in found)


def test_a_small_alphabet_never_fills_in_the_unknown(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("ACGTTGCA" * 100)
    overrides = Overrides(hidden=8, layers=1, bptt=16, batch=8, steps=5, lr=0.01, dropout=0.0, cloze=True)
    list(start_run(tmp_path / "run", TextConfig((str(tmp_path / "text.txt"),)), overrides).train())
    found = ClozeModel.load(tmp_path / "run").fill("AC____GT", n=10, longest=1)
    assert {each.text for each in found} <= set("ACGT")
