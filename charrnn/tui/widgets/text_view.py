"""The story: a text that grows, each character with a look of its own; wrapped, scrolled, and with a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from charrnn.text.escape import visible_line

LOOKS = ("calm", "warm", "hot", "typed", "plus", "double-plus", "minus", "double-minus")
"""How a glyph can look; no two of them differ by colour alone."""


@dataclass(frozen=True)
class Glyph:
    """A piece of the text, one of LOOKS, and whether it is underlined; made visible before it is drawn."""

    text: str
    look: str = "calm"
    marked: bool = False


@dataclass(frozen=True)
class _Line:
    """Glyphs from `begin` to `end`."""

    begin: int
    end: int


class Story(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows glyphs; what lies behind the cursor is faint. A click tells which glyph was hit."""

    DEFAULT_CSS = """
    Story { height: 1fr; padding: 0; border: round $surface-lighten-2; border-title-color: $text-muted;
            border-subtitle-color: $text-muted; scrollbar-size-vertical: 1; }
    Story:focus { border: round $accent; }
    Story > .story--calm { color: $text; }
    Story > .story--warm { color: $text-warning; text-style: bold; }
    Story > .story--hot { color: $text-error; text-style: bold reverse; }
    Story > .story--typed { color: $text-success; text-style: italic; }
    Story > .story--plus { background: $success 35%; }
    Story > .story--double-plus { background: $success 80%; color: $text; text-style: bold underline; }
    Story > .story--minus { background: $error 35%; }
    Story > .story--double-minus { background: $error 80%; color: $text; text-style: italic; }
    Story > .story--later { color: $text-disabled; text-style: dim; }
    Story > .story--cursor { color: $accent; text-style: reverse; }
    """
    COMPONENT_CLASSES = {"story--later", "story--cursor", *(f"story--{look}" for look in LOOKS)}

    class Hit(Message):
        """The glyph of this index was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs: Sequence[Glyph] = ()
        self._cursor = 0
        self._lines: list[_Line] = []
        self._width = 0

    def show(self, glyphs: Sequence[Glyph], cursor: int, unchanged: int = 0) -> None:
        """Show these, with the cursor before glyph `cursor`; the first `unchanged` are those of the last time."""
        self._glyphs, self._cursor = glyphs, cursor
        self._lay_out(unchanged)
        self._follow()
        self.refresh()

    def on_resize(self) -> None:
        self._lay_out(0)
        self._follow()

    def _lay_out(self, unchanged: int) -> None:
        """Cut the glyphs into lines; those before the last line that is unchanged stay as they are."""
        width = max(1, self.scrollable_content_region.width - 1)  # a cell for the cursor behind the last one
        if width != self._width:
            unchanged, self._width = 0, width
        while self._lines and self._lines[-1].end > unchanged:
            self._lines.pop()
        if self._lines:
            self._lines.pop()  # it may have room for more
        begin = self._lines[-1].end if self._lines else 0
        used, word, used_before_word = 0, begin, 0  # `word`: where the present word begins
        for index in range(begin, len(self._glyphs)):
            text = self._glyphs[index].text
            cells = cell_len(shown(text))
            if used + cells > width and index > begin:
                if word == begin:  # a word longer than a line
                    word, used_before_word = index, used
                self._lines.append(_Line(begin, word))
                begin, used, used_before_word = word, used - used_before_word, 0
            used += cells
            if text == "\n":
                self._lines.append(_Line(begin, index + 1))
                begin, used = index + 1, 0
            if text.isspace():
                word, used_before_word = index + 1, used
        self._lines.append(_Line(begin, len(self._glyphs)))
        self.virtual_size = Size(width, len(self._lines))

    def _follow(self) -> None:
        """Scroll so that the cursor can be seen."""
        line = next((y for y in reversed(range(len(self._lines))) if self._lines[y].begin <= self._cursor), 0)
        top, height = round(self.scroll_offset.y), max(1, self.scrollable_content_region.height)
        if not top <= line < top + height:
            self.scroll_to(y=max(0, line - height + 1 if line >= top + height else line), animate=False)

    def render_line(self, y: int) -> Strip:
        index = y + round(self.scroll_offset.y)
        width = self.scrollable_content_region.width
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[index]
        segments = [self._segment(at) for at in range(line.begin, line.end)]
        if self._cursor == line.end == len(self._glyphs):
            segments.append(Segment(" ", self.get_component_rich_style("story--cursor")))
        return Strip(segments).simplify().adjust_cell_length(width, self.rich_style)

    def _segment(self, at: int) -> Segment:
        glyph = self._glyphs[at]
        text = shown(glyph.text)
        style = self.get_component_rich_style(f"story--{glyph.look if at < self._cursor else 'later'}")
        if glyph.marked:
            style += Style(underline=True)
        if at == self._cursor:
            style = self.get_component_rich_style("story--cursor")
            text = text or " "
        return Segment(text, style)

    def on_click(self, event: object) -> None:
        x, y = getattr(event, "x", 0) - 1, getattr(event, "y", 0) - 1 + round(self.scroll_offset.y)
        if not 0 <= y < len(self._lines):
            return
        line, used = self._lines[y], 0
        for at in range(line.begin, line.end):
            used += cell_len(shown(self._glyphs[at].text))
            if used > x:
                self.post_message(self.Hit(at))
                return
        self.post_message(self.Hit(line.end))


def shown(text: str) -> str:
    """What is drawn for a piece: nothing for a newline, escapes for what a terminal would obey."""
    if text == "\n":
        return ""
    if text == "\t":
        return "    "
    shown = visible_line(text)
    return shown if cell_len(shown) or not shown else f"◌{shown}"
