"""Refusals of `charrnn train`: one line that names the option, an exit code, and no file changed."""

import sys
from pathlib import Path

import pytest

from charrnn.cli import main
from charrnn.config import Overrides, TextConfig
from charrnn.pipeline.start import start_run

STORY = "".join(f"The {n % 7}th boat of {n} came in at dusk; nobody saw it go.\n" for n in range(80))
TINY = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=2, threads=1)


class Program:
    """`charrnn train` in this process, in a folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        monkeypatch.chdir(folder)

    def refusal(self, *arguments: str) -> tuple[int, str]:
        """Return the exit code and the line on stderr; AssertionError if there is not exactly one line."""
        self._monkeypatch.setattr(sys, "argv", ["charrnn", "train", *arguments, "--quiet"])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = self._capsys.readouterr()
        assert out == ""
        assert err.startswith("charrnn: ")
        assert err.count("\n") == 1
        assert isinstance(stop.value.code, int)
        return stop.value.code, err.removeprefix("charrnn: ").rstrip("\n")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    return Program(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--cell foo", "--cell must be one of tanh, relu, sigmoid, identity, lstm, gru, got foo"),
        ("--hidden 0", "--hidden must be at least 1, got 0"),
        ("--hidden many", "--hidden must be a whole number, got many"),
        ("--layers -1", "--layers must be at least 1, got -1"),
        ("--lr -1", "--lr must be above 0, got -1"),
        ("--lr nan", "--lr must be a finite number, got nan"),
        ("--lr 0,1", "--lr must be a number, got 0,1"),
        ("--warmup 1", "--warmup must be below 1, got 1"),
        ("--weight-decay -0.5", "--weight-decay must be at least 0, got -0.5"),
        ("--weight-decay 2 --lr 0.5", "--weight-decay must be below 1 / --lr, got 2 with 0.5"),
        ("--seed -1", "--seed must be at least 0, got -1"),
        ("--val-fraction 1", "--val-fraction must be below 1, got 1"),
        ("--evaluate-every 0", "--evaluate-every must be at least 1, got 0"),
        ("--vocab-size 300", "--vocab-size needs --tokenizer word or subword, got character"),
        ("--steps 5 --minutes 1", "give one of --epochs, --steps and --minutes, not --steps and --minutes"),
        ("--hidde 4", "no such option: --hidde; did you mean --help or --hidden?"),
        ("--background -", "--background cannot read standard input; name a file, or leave it out"),
    ],
)
def test_wrong_usage_is_refused_before_the_text_is_read(program: Program, arguments: str, message: str) -> None:
    assert program.refusal("absent.txt", *arguments.split()) == (2, message)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("absent.txt",), 2, "absent.txt"),
        (("",), 2, "name a text"),
        (("binary",), 1, "binary file"),
        (("empty.txt",), 1, "is empty"),
        (("one.txt",), 1, "longer text"),
        (("hollow",), 1, "hollow"),
        (("latin.txt",), 1, "--encoding"),
        (("story.txt", "--encoding", "klingon"), 2, "klingon"),
        (("story.txt", "--batch", "100000"), 1, "--batch"),
        (("story.txt", "--val-fraction", "0.9999"), 1, "--val-fraction"),
        (("story.txt", "--out", "story.txt/run"), 1, "story.txt is not a folder; choose another --out"),
    ],
)
def test_a_text_that_cannot_be_trained_on_is_refused_with_a_remedy(
    program: Program, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "empty.txt").touch()
    (tmp_path / "one.txt").write_text("a", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes("déjà vu, à côté".encode("latin-1"))
    (tmp_path / "hollow").mkdir()
    exit_code, message = program.refusal(*arguments)
    assert exit_code == code
    assert words in message
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("story.txt --resume run --hidden 9", 2, "--hidden cannot change in a resumed run"),
        ("story.txt --resume run --tokenizer byte", 2, "--tokenizer cannot change in a resumed run"),
        ("story.txt --resume run --weight-decay 0", 2, "--weight-decay cannot change in a resumed run"),
        ("story.txt --resume run --out new", 2, "--out cannot be given with --resume"),
        ("story.txt --resume run --from run", 2, "--from cannot be given with --resume"),
        ("story.txt --from run --out new --layers 2", 2, "--layers is inherited from --from"),
        ("story.txt --from run --out new --cloze", 2, "--cloze is inherited from --from"),
        ("other.txt --resume run --steps 9", 1, "not the text that this run was trained on"),
        ("story.txt --resume .", 1, "not a run"),
        ("story.txt --resume absent", 2, "no run absent"),
        ("story.txt --out run", 1, "run exists already"),
    ],
)
def test_a_refused_command_leaves_the_run_unchanged(
    program: Program, tmp_path: Path, arguments: str, code: int, words: str
) -> None:
    list(start_run(tmp_path / "run", TextConfig((str(tmp_path / "story.txt"),)), TINY).train())
    (tmp_path / "other.txt").write_text(STORY[1:], encoding="utf-8")
    files = {path: path.read_bytes() for path in sorted((tmp_path / "run").rglob("*")) if path.is_file()}
    exit_code, message = program.refusal(*arguments.split())
    assert exit_code == code
    assert words in message
    assert files == {path: path.read_bytes() for path in sorted((tmp_path / "run").rglob("*")) if path.is_file()}
    assert not (tmp_path / "new").exists()
