"""Probability bars: the distribution of the next token, the likeliest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Bar:
    """A name, its probability after temperature and cuts, and the model's own probability."""

    name: str
    probability: float
    model_probability: float


def bar(share: float, width: int) -> str:
    """Return a bar of `share` (0 to 1) of `width` cells, to an eighth of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width)[:width]


def percent(share: float) -> str:
    """Return a share as a percentage in five characters."""
    return f"{share:5.1%}" if share < 0.99995 else " 100%"


class Bars(Widget):
    """Bars, each with a mark │ at the model's own probability; a click on one chooses it."""

    DEFAULT_CSS = """
    Bars { height: 1fr; color: $text; }
    Bars > .bars--bar { color: $primary; }
    Bars > .bars--cut { color: $text-muted; text-style: dim; }
    """
    COMPONENT_CLASSES = {"bars--bar", "bars--cut"}

    class Chosen(Message):
        """A bar was clicked; `index` counts from 0."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, name_width: int = 4) -> None:
        super().__init__()
        self._name_width = name_width
        self._bars: tuple[Bar, ...] = ()

    def show(self, bars: Sequence[Bar]) -> None:
        """Show these bars from now on."""
        if tuple(bars) != self._bars:
            self._bars = tuple(bars)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        if y >= len(self._bars):
            return Strip.blank(width, style)
        item = self._bars[y]
        number = f"{y + 1}" if y < 9 else " "
        label = f"{number} {_fit(item.name, self._name_width)} {percent(item.probability)} "
        faint, solid = (self.get_component_rich_style(f"bars--{part}") for part in ("cut", "bar"))
        room = max(0, width - len(label))
        mark_at = min(room - 1, int(item.model_probability * room))
        segments = [Segment(label, style if item.probability > 0.0 else faint)]
        for index, cell in enumerate(bar(item.probability, room)):
            is_mark = index == mark_at and cell != "█"
            segments.append(Segment("│", faint) if is_mark else Segment(cell, solid))
        return Strip(segments).simplify().adjust_cell_length(width, style)

    def on_click(self, event: Click) -> None:
        if 0 <= event.y < len(self._bars):
            self.post_message(self.Chosen(event.y))


def _fit(name: str, width: int) -> str:
    """Return a name cut or filled to `width` cells."""
    return Strip([Segment(name, Style())]).adjust_cell_length(width).text
