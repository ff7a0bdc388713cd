"""The voice: what the model said while it learned, the latest at the end, the older ones to scroll back to."""

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from charrnn.run.events import Sampled
from charrnn.text.escape import visible

SHOWN = 60
"""How many samples can be scrolled back to; the journal has them all."""


class Voice(VerticalScroll):
    """A scroll of samples; it follows the latest one until one scrolls back."""

    DEFAULT_CSS = """
    Voice { border: round $surface-lighten-2; border-title-color: $text-muted; padding: 0 1; }
    Voice:focus { border: round $accent; }
    Voice > Static { height: auto; }
    Voice > .heading { color: $text-muted; text-style: italic; margin: 1 0 0 0; }
    Voice > .heading.first { margin: 0; }
    """

    def on_mount(self) -> None:
        self.border_title = "it says"
        self.anchor()

    async def say(self, samples: Iterable[Sampled]) -> None:
        """Add samples at the end."""
        widgets: list[Static] = []
        for sample in samples:
            first = " first" if not self.children and not widgets else ""
            widgets.append(Static(Content(f"step {sample.step:,}"), markup=False, classes=f"heading{first}"))
            widgets.append(Static(Content(visible(sample.text).strip("\n")), markup=False))
        await self.mount_all(widgets)
        for old in self.children[: max(0, len(self.children) - 2 * SHOWN)]:
            await old.remove()
