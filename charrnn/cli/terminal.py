"""The terminal: the problem that keeps the UI from starting in it, and the remedy."""

import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A problem and its remedy, as clauses without a capital or a full stop."""

    problem: str
    remedy: str


def find_ui_problem(stdin: bool, stderr: bool, term: str) -> Problem | None:
    """Return the problem of a UI that reads keys from stdin and draws on stderr; None if it can start.

    `stdin` and `stderr` are True for a terminal; `term` is the value of TERM.
    """
    if not stdin or not stderr:
        name = "stderr" if stdin else "stdin"
        return Problem(f"{name} is not a terminal", "run it in a terminal, without redirecting stdin or stderr")
    if term in ("", "dumb") and os.name != "nt":
        problem = "TERM is dumb" if term else "TERM is empty"
        return Problem(problem, "use a terminal that can position text, and set TERM, for example to xterm-256color")
    return None


def current_ui_problem() -> Problem | None:
    """Return the problem with the streams and the environment of this process; None if the UI can start."""
    stdin, stderr = (bool(stream and stream.isatty()) for stream in (sys.stdin, sys.stderr))
    return find_ui_problem(stdin, stderr, os.environ.get("TERM", ""))
