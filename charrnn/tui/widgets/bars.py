"""Bars: the distribution over the next token, likeliest first, as it is and as it is drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Bar:
    """A name, the probability that is drawn from, and the one before temperature and cuts."""

    name: str
    probability: float
    before: float


def bar(share: float, width: int) -> str:
    """A bar of `share` (0 to 1) of so many cells, to an eighth of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (EIGHTHS[rest] if rest else "")).ljust(width)[:width]


def percent(share: float) -> str:
    """In five characters."""
    return f"{share:5.1%}" if share < 0.99995 else " 100%"


class Bars(Widget):
    """Draws bars; a click on one chooses it."""

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
        if tuple(bars) != self._bars:
            self._bars = tuple(bars)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        if y >= len(self._bars):
            return Strip.blank(width, style)
        each = self._bars[y]
        cut = each.probability == 0.0
        number = f"{y + 1}" if y < 9 else " "
        words = f"{number} {_fitted(each.name, self._name_width)} {percent(each.probability)} "
        room = max(0, width - len(words))
        faint = self.get_component_rich_style("bars--cut")
        drawn = bar(each.probability, room)
        tick = min(room - 1, int(each.before * room))
        segments = [Segment(words, faint if cut else style)]
        for at, cell in enumerate(drawn):
            here = cell if at != tick or cell == "█" else "│"
            segments.append(Segment(here, faint if here == "│" else self.get_component_rich_style("bars--bar")))
        return Strip(segments).simplify().adjust_cell_length(width, style)

    def on_click(self, event: object) -> None:
        y = getattr(event, "y", -1)
        if 0 <= y < len(self._bars):
            self.post_message(self.Chosen(y))


def _fitted(name: str, width: int) -> str:
    """A name in so many cells."""
    strip = Strip([Segment(name, Style())])
    return strip.adjust_cell_length(width).text
