"""The run's headline: its status and position in one line, on a progress bar."""

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget


class RunHeadline(Widget):
    """One line of parts over a bar that fills as the run proceeds; the last parts are dropped where room is short."""

    DEFAULT_CSS = """
    RunHeadline { height: 1; background: $surface; color: $text; }
    RunHeadline > .run-headline--done { background: $primary; color: $text; text-style: bold; }
    """
    COMPONENT_CLASSES = {"run-headline--done"}

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[str, ...] = ()
        self._fraction = 0.0

    def show(self, parts: tuple[str, ...], fraction: float) -> None:
        """Show these parts, the most important first, and the completed fraction of the run, 0 to 1."""
        if (parts, fraction) != (self._parts, self._fraction):
            self._parts, self._fraction = parts, fraction
            self.refresh()

    def render_line(self, y: int) -> Strip:
        del y
        width = self.size.width
        text = " " + "  ".join(self._parts[: parts_that_fit(self._parts, width - 1)])
        cells = Strip([Segment(text, self.rich_style)]).adjust_cell_length(width, self.rich_style)
        done = round(width * self._fraction)
        left, right = cells.divide([done, width])
        return Strip.join([left.apply_style(self.get_component_rich_style("run-headline--done")), right])


def parts_that_fit(parts: tuple[str, ...], width: int) -> int:
    """Return how many of the parts, two spaces apart, fit into `width` cells; at least one."""
    used = -2
    for count, part in enumerate(parts):
        used += 2 + len(part)
        if used > width:
            return max(1, count)
    return len(parts)
