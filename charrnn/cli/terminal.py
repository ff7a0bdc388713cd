"""The terminal: whether the UI can start in it, and if not, why and what to do."""

import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Something that is amiss, and what to do about it."""

    problem: str
    remedy: str


def ui_obstacle(stdin: bool, stderr: bool, kind: str) -> Problem | None:
    """Why the terminal UI cannot start: it reads keys from stdin and draws on stderr. `kind` is TERM."""
    if not stdin or not stderr:
        name = "stderr" if stdin else "stdin"
        return Problem(f"{name} is not a terminal", "run it in a terminal, without redirecting stdin or stderr")
    if kind in ("", "dumb") and os.name != "nt":
        fault = "TERM is dumb" if kind else "TERM is empty"
        return Problem(fault, "use a terminal that can place text, and set TERM, for example to xterm-256color")
    return None


def obstacle_here() -> Problem | None:
    """The same for the streams and the environment of this process."""
    stdin, stderr = (bool(stream and stream.isatty()) for stream in (sys.stdin, sys.stderr))
    return ui_obstacle(stdin, stderr, os.environ.get("TERM", ""))
