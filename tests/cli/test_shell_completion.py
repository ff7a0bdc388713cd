"""Shell completion: its candidates, and that it is light."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from charrnn.cli import shell_completion, tell
from charrnn.run.commands import COMMANDS, OLD_WORDS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with two runs, and a folder that is no run."""
    for name in ("story", "other"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "config.json").touch()
    (tmp_path / "runs" / "notes").mkdir()
    return tmp_path


def complete(line: str, cwd: Path) -> list[str]:
    """Return the candidates that bash would show at the end of a command line."""
    environment = os.environ | {
        "_CHARRNN_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    code = """
import sys
from charrnn.cli import main
try:
    main()
finally:
    heavy = {"numpy", "textual", "sentencepiece", "safetensors"} & set(sys.modules)
    sys.stderr.write(" ".join(heavy))
"""
    program = [sys.executable, "-c", "import sys; sys.argv[0] = 'charrnn'\n" + code]
    result = subprocess.run(program, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)
    assert result.stderr == "", "nothing heavy is imported"
    return result.stdout.split()


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("charrnn sam", ["sample"]),
        ("charrnn sample ", [str(Path("runs/other")), str(Path("runs/story"))]),
        ("charrnn score st", ["story"]),
        ("charrnn tell runs/story re", ["resume", "restore-best"]),
        ("charrnn bench --cell ", ["tanh", "lstm", "gru"]),
        ("charrnn corpora get tiny-sh", ["tiny-shakespeare"]),
        ("charrnn eval runs/story chi", ["chinese"]),
        ("charrnn lab grad", ["gradcheck", "gradients"]),
        ("charrnn manual sam", ["sampling"]),
        ("charrnn train --cell l", ["lstm"]),
        ("charrnn train --tokenizer s", ["subword"]),
        ("charrnn train min", ["minerals"]),
        ("charrnn train --from st", ["story"]),
        ("charrnn runs st", ["story"]),
        ("charrnn train --resume runs/s", [str(Path("runs/story"))]),
    ],
)
def test_candidates(folder: Path, line: str, candidates: list[str]) -> None:
    assert complete(line, folder) == candidates


def test_without_runs_there_are_no_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shell_completion.run_names("") == []


def test_tell_explains_every_command_by_its_present_name() -> None:
    assert tell.EFFECTS.keys() == COMMANDS.keys()
    assert not tell.EFFECTS.keys() & OLD_WORDS.keys()
