"""The examples in the README and in the manual: every Python block and every console block runs without an error.

A block that a test cannot run has a comment in front of it: `<!-- not run: the reason -->`. The blocks of a page run
in order, in one folder and one namespace, beside a text and small runs under the names that the pages use.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from charrnn.manual import TOPICS
from charrnn.text.builtin import builtin_files

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(
    r"(?P<note><!-- not run: [^\n]+ -->\n)?^```(?P<kind>python|console)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
SMALL = ("--hidden", "32", "--steps", "40", "--quiet")
RUNS = {"english": ("english",), "minerals": ("minerals", "--documents", "lines"), "blanks": ("chinese", "--cloze")}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: `kind` is python or console."""

    kind: str
    code: str
    is_run: bool

    @property
    def script(self) -> str:
        """The commands of a console block: after `$ `, or after `> ` where a command has several lines."""
        return "\n".join(line[2:] for line in self.code.splitlines() if line.startswith(("$ ", "> ")))


def blocks(page: str) -> list[Block]:
    """Return the Python and console blocks of a page, or of the README."""
    source = README if page == "README" else files("charrnn.manual").joinpath(f"{page}.md")
    matches = BLOCK.finditer(source.read_text(encoding="utf-8"))
    return [Block(match["kind"], match["code"], match["note"] is None) for match in matches]


def environment() -> dict[str, str]:
    """Return the environment for commands: `charrnn` and `python` are those of the tests."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs of RUNS, corpus.txt, and a short text that stands in for the built-in `english`."""
    folder = tmp_path_factory.mktemp("examples")
    story = next(path for path in builtin_files("english") if path.stem == "stories").read_text(encoding="utf-8")
    for name in ("corpus.txt", "english"):
        (folder / name).write_text(story[:20_000], encoding="utf-8")
    for name, arguments in RUNS.items():
        command = [sys.executable, "-m", "charrnn", "train", *arguments, *SMALL, "--out", f"runs/{name}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.mark.parametrize("page", ["README", *TOPICS])
def test_examples_run(page: str, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = [block for block in blocks(page) if block.is_run]
    folder = Path(shutil.copytree(template, tmp_path / page))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace: dict[str, Any] = {"__name__": page}
    for block in examples:
        if block.kind == "python":
            exec(compile(block.code, f"{page}.md", "exec"), namespace)
        elif sys.platform != "win32":  # the examples are for a POSIX shell
            run_in_shell(block.script, folder)


def run_in_shell(script: str, folder: Path) -> None:
    """Run the commands in bash; fail with their messages if one of them fails."""
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, f"{script}\n{done.stderr}"


def test_most_examples_are_run() -> None:
    examples = [block for page in ("README", *TOPICS) for block in blocks(page)]
    assert sum(block.is_run for block in examples) > len(examples) / 2


@pytest.mark.parametrize("page", ["README", *TOPICS])
def test_console_blocks_have_commands(page: str) -> None:
    assert all(block.script for block in blocks(page) if block.kind == "console")
