"""The sample log: the samples of a run while it trains, the latest at the end."""

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from charrnn.run.events import Sampled
from charrnn.text.escape import visible

MAX_SAMPLES = 60
"""Samples to scroll back to; the journal has them all."""


class SampleLog(VerticalScroll):
    """A scrolling list of samples; it follows the latest one until the user scrolls back."""

    DEFAULT_CSS = """
    SampleLog { border: round $surface-lighten-2; border-title-color: $text-muted; padding: 0 1; }
    SampleLog:focus { border: round $accent; }
    SampleLog > Static { height: auto; }
    SampleLog > .heading { color: $text-muted; text-style: italic; margin: 1 0 0 0; }
    SampleLog > .heading.first { margin: 0; }
    """

    def on_mount(self) -> None:
        self.border_title = "samples"
        self.anchor()

    async def add(self, samples: Iterable[Sampled]) -> None:
        """Add samples at the end."""
        widgets: list[Static] = []
        for sample in samples:
            first = " first" if not self.children and not widgets else ""
            widgets.append(Static(Content(f"step {sample.step:,}"), markup=False, classes=f"heading{first}"))
            widgets.append(Static(Content(visible(sample.text).strip("\n")), markup=False))
        await self.mount_all(widgets)
        for widget in self.children[: max(0, len(self.children) - 2 * MAX_SAMPLES)]:
            await widget.remove()
