"""Plan of a new run: the name of its folder, and refusals before anything is read."""

import os
from pathlib import Path

import pytest

from charrnn.config import Overrides
from charrnn.errors import RunError, UsageError
from charrnn.pipeline.plan import default_path, free_path, plan_run


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("story.txt", "story"),
        ("texts/story.tar.gz", "story"),
        ("english", "english"),
        ("-", "stdin"),
        (".hidden.txt", "hidden"),
        ("a*b?.txt", "a-b"),
        ("水 経注.txt", "水 経注"),
        ("***", "text"),
    ],
)
def test_a_run_is_named_after_its_first_source(source: str, name: str) -> None:
    assert default_path((source, "other.txt")) == Path("runs") / name


def test_a_folder_given_as_a_dot_has_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "poems").mkdir()
    monkeypatch.chdir(tmp_path / "poems")
    assert default_path((".",)) == Path("runs/poems")


def test_a_path_that_exists_gets_the_first_free_number(tmp_path: Path) -> None:
    assert free_path(tmp_path / "run") == tmp_path / "run"
    (tmp_path / "run").mkdir()
    (tmp_path / "run-2").symlink_to("nowhere")
    assert free_path(tmp_path / "run") == tmp_path / "run-3"


def test_a_run_without_sources_reads_the_built_in_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, path = plan_run((), Overrides(tokenizer="byte"), None)
    assert (text.sources, text.tokenizer, path) == (("english",), "byte", Path("runs/english"))


@pytest.mark.parametrize(
    "overrides",
    [Overrides(steps=1, minutes=1.0), Overrides(vocab_size=300), Overrides(lr=0.5, weight_decay=2.0)],
    ids=repr,
)
def test_options_that_contradict_each_other_are_refused_without_a_text(overrides: Overrides, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        plan_run(("absent.txt",), overrides, tmp_path / "run")


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="file is not a folder; choose another `out`"):
        plan_run((), Overrides(), tmp_path / "file" / "run")


@pytest.mark.parametrize("path", [Path("d" * 300), Path(*["d"] * 5000)], ids=["name", "path"])
def test_a_name_or_path_that_is_too_long_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="name too long; choose another `out`"):
        plan_run((), Overrides(), tmp_path / path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_path_in_a_folder_that_is_not_writable_is_refused(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(RunError, match="locked is not writable; choose another `out`"):
        plan_run((), Overrides(), tmp_path / "locked" / "run")
