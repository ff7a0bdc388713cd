"""Sources: the files that a name stands for, in a fixed order."""

import os
from pathlib import Path

import pytest

from charrnn.errors import TextError, UsageError
from charrnn.text.sources import find_sources, is_shadowed


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names_of(*sources: str | Path) -> list[str]:
    return [source.name for source in find_sources(map(str, sources))]


def test_sources_keep_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    paths = [write(tmp_path / name) for name in ("b", "a", "c")]
    assert names_of(*paths, paths[0]) == [str(path) for path in (*paths, paths[0])]


def test_a_folder_stands_for_the_files_below_it_sorted_and_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.py", "a/b.txt", ".hidden", ".git/config"):
        write(tmp_path / name)
    expected = [str(tmp_path / name) for name in ("a/b.txt", "a/z.py", "b.txt")]
    assert names_of(tmp_path) == expected
    assert all(source.in_folder for source in find_sources([str(tmp_path)]))


@pytest.mark.parametrize("sign", ["metrics.jsonl", "checkpoints/last/training.safetensors"])
def test_a_run_folder_is_skipped(tmp_path: Path, sign: str) -> None:
    for name in ("text.txt", "runs/one/config.json", f"runs/one/{sign}", "other/config.json"):
        write(tmp_path / name)
    assert names_of(tmp_path) == [str(tmp_path / name) for name in ("other/config.json", "text.txt")]


def test_a_pattern_stands_for_its_matches_sorted_without_folders(tmp_path: Path) -> None:
    one, two, three = (write(tmp_path / name) for name in ("1.txt", "2.txt", "deep.txt/3.txt"))
    assert names_of(f"{tmp_path}/*.txt") == [str(one), str(two)]
    assert names_of(f"{tmp_path}/**/*.txt") == [str(one), str(two), str(three)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")
def test_a_pipe_among_the_matches_of_a_pattern_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "1.txt")
    os.mkfifo(tmp_path / "2.txt")
    assert names_of(f"{tmp_path}/*.txt") == [str(path)]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a[1]*.txt")
    write(tmp_path / "a1b.txt")
    assert names_of(path) == [str(path)]


def test_a_path_takes_precedence_over_a_built_in_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "english")
    monkeypatch.chdir(tmp_path)
    assert names_of("english", "minerals") == ["english", "minerals/minerals.txt"]
    assert is_shadowed("english")
    assert not is_shadowed("minerals")
    assert [source.fixed_encoding for source in find_sources(["english", "minerals"])] == [None, "utf-8"]


@pytest.mark.parametrize("name", ["no-such-file", "no-such-*.txt", "x" * 5000, "nul\0byte"])
def test_an_unknown_name_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no file"):
        find_sources([f"{tmp_path}/{name}"])


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"folder .* is empty"):
        find_sources([str(tmp_path)])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may read everything")
def test_an_unreadable_folder_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "folder/text.txt").parent
    folder.chmod(0)
    with pytest.raises(TextError, match="cannot read"):
        find_sources([str(folder)])


@pytest.mark.parametrize("names", [[], [""], ["-", "-"]])
def test_no_name_or_standard_input_twice_is_wrong_usage(names: list[str]) -> None:
    with pytest.raises(UsageError):
        find_sources(names)
