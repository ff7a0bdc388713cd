"""The text view: a growing text in styled pieces; wrapped, scrolled, and with a cursor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from charrnn.text.escape import visible_line

PieceStyle = Literal[
    "plain",
    "surprising",
    "very-surprising",
    "typed",
    "positive",
    "strongly-positive",
    "negative",
    "strongly-negative",
]
"""The styles of a piece; no two of them differ by color alone."""


@dataclass(frozen=True)
class StyledPiece:
    """A piece of the text, such as the text of one token. It is escaped when it is drawn."""

    text: str
    style: PieceStyle = "plain"
    underlined: bool = False


@dataclass(frozen=True)
class Line:
    """The pieces from index `begin` to `end`."""

    begin: int
    end: int


class TextView(ScrollView, can_focus=True, inherit_bindings=False):
    """A view of pieces of text; those after the cursor are faint. A click posts `PieceClicked`."""

    DEFAULT_CSS = """
    TextView { height: 1fr; padding: 0; border: round $surface-lighten-2; border-title-color: $text-muted;
               border-subtitle-color: $text-muted; scrollbar-size-vertical: 1; }
    TextView:focus { border: round $accent; }
    TextView > .text-view--plain { color: $text; }
    TextView > .text-view--surprising { color: $text-warning; text-style: bold; }
    TextView > .text-view--very-surprising { color: $text-error; text-style: bold reverse; }
    TextView > .text-view--typed { color: $text-success; text-style: italic; }
    TextView > .text-view--positive { background: $success 35%; }
    TextView > .text-view--strongly-positive { background: $success 80%; color: $text; text-style: bold underline; }
    TextView > .text-view--negative { background: $error 35%; }
    TextView > .text-view--strongly-negative { background: $error 80%; color: $text; text-style: italic; }
    TextView > .text-view--after-cursor { color: $text-disabled; text-style: dim; }
    TextView > .text-view--cursor { color: $accent; text-style: reverse; }
    """
    COMPONENT_CLASSES = {f"text-view--{style}" for style in ("after-cursor", "cursor", *get_args(PieceStyle))}

    class PieceClicked(Message):
        """The piece of this index was clicked; behind the end of a line, the first piece of the next line."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pieces: Sequence[StyledPiece] = ()
        self._cursor = 0
        self._lines: list[Line] = []
        self._width = 0

    def show(self, pieces: Sequence[StyledPiece], cursor: int, unchanged: int = 0) -> None:
        """Show these pieces, with the cursor before piece `cursor`; the first `unchanged` are the same as before."""
        self._pieces, self._cursor = pieces, cursor
        self._lay_out(unchanged)
        self._scroll_to_cursor()
        self.refresh()

    def on_resize(self) -> None:
        self._lay_out(0)
        self._scroll_to_cursor()

    def _lay_out(self, unchanged: int) -> None:
        """Wrap the pieces again, from the last line that has unchanged pieces only."""
        width = max(1, self.scrollable_content_region.width - 1)  # one cell for the cursor at the end of a line
        if width != self._width:
            unchanged, self._width = 0, width
        while self._lines and self._lines[-1].end > unchanged:
            self._lines.pop()
        if self._lines:
            self._lines.pop()  # the next piece may fit into it
        self._lines += wrap(self._pieces, self._lines[-1].end if self._lines else 0, width)
        self.virtual_size = Size(width, len(self._lines))

    def _scroll_to_cursor(self) -> None:
        line = next((y for y in reversed(range(len(self._lines))) if self._lines[y].begin <= self._cursor), 0)
        top, height = round(self.scroll_offset.y), max(1, self.scrollable_content_region.height)
        if not top <= line < top + height:
            first = line - height + 1 if line >= top + height else line
            self.scroll_to(y=max(0, first), animate=False, force=True)  # also before the scroll bar is shown

    def render_line(self, y: int) -> Strip:
        index = y + round(self.scroll_offset.y)
        width = self.scrollable_content_region.width
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[index]
        segments = [self._segment(piece) for piece in range(line.begin, line.end)]
        if self._cursor == line.end == len(self._pieces):
            segments.append(Segment(" ", self.get_component_rich_style("text-view--cursor")))
        return Strip(segments).simplify().adjust_cell_length(width, self.rich_style)

    def _segment(self, index: int) -> Segment:
        piece = self._pieces[index]
        text = drawn(piece.text)
        if index == self._cursor:
            return Segment(text or " ", self.get_component_rich_style("text-view--cursor"))
        style = self.get_component_rich_style(f"text-view--{piece.style if index < self._cursor else 'after-cursor'}")
        return Segment(text, style + Style(underline=True) if piece.underlined else style)

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        y = offset.y + round(self.scroll_offset.y) if offset is not None else -1
        if offset is None or not 0 <= y < len(self._lines):
            return
        line, right = self._lines[y], 0
        for index in range(line.begin, line.end):
            right += cell_len(drawn(self._pieces[index].text))
            if right > offset.x:
                self.post_message(self.PieceClicked(index))
                return
        self.post_message(self.PieceClicked(line.end))


def wrap(pieces: Sequence[StyledPiece], begin: int, width: int) -> Iterator[Line]:
    """Yield lines of at most `width` cells of the pieces from index `begin`, broken between words if possible."""
    used, word, used_before_word = 0, begin, 0  # `word` is the index at which the current word begins
    for index in range(begin, len(pieces)):
        text = pieces[index].text
        cells = cell_len(drawn(text))
        while used + cells > width and index > begin:
            if word == begin:  # the word is longer than a line
                word, used_before_word = index, used
            yield Line(begin, word)
            begin, used, used_before_word = word, used - used_before_word, 0
        used += cells
        if text == "\n":
            yield Line(begin, index + 1)
            begin, used = index + 1, 0
        if text.isspace():
            word, used_before_word = index + 1, used
    yield Line(begin, len(pieces))


def drawn(text: str) -> str:
    """Return a piece as it is drawn: no newline, control characters escaped, a combining mark on a circle."""
    if text == "\n":
        return ""
    if text == "\t":
        return "    "
    escaped = visible_line(text)
    return escaped if cell_len(escaped) or not escaped else f"◌{escaped}"
