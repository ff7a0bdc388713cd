"""Notices: short messages in a corner of the screen, escaped, from any screen and any thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.app import App
from textual.notifications import SeverityLevel
from textual.widget import Widget

from charrnn.errors import CharrnnError
from charrnn.text.escape import visible_line


def show_notice(node: App[Any] | Widget, message: str, severity: SeverityLevel = "information") -> None:
    """Show a message for a few seconds."""
    node.notify(visible_line(message), severity=severity, markup=False)


@contextmanager
def errors_as_notices(node: App[Any] | Widget, failure: str = "") -> Iterator[None]:
    """Show a CharrnnError or OSError as a notice in place of raising it, after the words in `failure`."""
    try:
        yield
    except (CharrnnError, OSError) as error:
        show_notice(node, f"{failure}: {error}" if failure else str(error), "error")
