"""Completion: a page to type on, the likeliest next words beside it, and how many keys they save."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Static, TextArea

from charrnn.language.completion.search import Completion
from charrnn.text.escape import visible_line
from charrnn.tui import help_text
from charrnn.tui.model_bindings import MODEL_BINDINGS
from charrnn.tui.open_model import OpenModel
from charrnn.tui.widgets.bars import Bar, Bars
from charrnn.tui.widgets.stat_grid import Figure, Figures

WORDS = 9


Complete = Callable[[str], Sequence[Completion]]
"""The likeliest words after a text, or ends of the word it ends in, likeliest first."""


def suggestions(complete: Complete, text: str) -> Sequence[Completion]:
    """What to suggest: ends of the last word, or, where that is most likely whole, the words after it."""
    found = complete(text)
    if found and not found[0].ending:
        return [replace(each, ending=f" {each.ending}") for each in complete(f"{text} ")]
    return found


@dataclass
class Keystrokes:
    """The keys that were pressed to write a text, and the characters that stand there."""

    pressed: int = 0
    characters: int = 0

    @property
    def saved(self) -> float:
        """The share of the keys that typing every character would have taken; never below zero."""
        return max(0.0, 1.0 - self.pressed / self.characters) if self.characters else 0.0


class Page(TextArea):
    """A page to write on. What a word would go on with stands faint behind the cursor; tab takes it."""

    BINDINGS = [
        Binding("tab", "take", "Take", id="completion.take"),
        Binding("shift+tab", "another", "Another", id="completion.another"),
    ]

    class Pressed(Message):
        """A key that writes or deletes was pressed."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(soft_wrap=True, show_line_numbers=False, tab_behavior="focus")
        self._complete = complete
        self.words: Sequence[Completion] = ()
        self.chosen = 0

    def update_suggestion(self) -> None:
        """Look for words at the cursor; the likeliest is the suggestion."""
        self.words = suggestions(self._complete, self.get_text_range((0, 0), self.cursor_location))
        self.chosen = 0
        self._suggest()

    def _suggest(self) -> None:
        at_end = self.cursor_at_end_of_line and self.selection.is_empty
        self.suggestion = visible_line(self.words[self.chosen].ending) if self.words and at_end else ""

    def action_take(self) -> None:
        """Write what is suggested; a key that counts."""
        if self.words:
            self.post_message(self.Pressed())
            self.insert(self.words[self.chosen].ending)

    def action_another(self) -> None:
        if self.words:
            self.chosen = (self.chosen + 1) % len(self.words)
            self._suggest()
            self.post_message(self.Pressed())

    def take(self, index: int) -> None:
        """Write the word of this index."""
        if index < len(self.words):
            self.chosen = index
            self.action_take()

    async def _on_key(self, event: Key) -> None:
        if event.is_printable or event.key in ("enter", "backspace", "delete"):
            self.post_message(self.Pressed())
        await super()._on_key(event)


class CompletionScreen(Screen[None]):
    """Writes with a model's help."""

    HELP = help_text.COMPLETION
    CSS = """
    CompletionScreen Page { border: round $surface-lighten-2; height: 1fr; }
    CompletionScreen Page:focus { border: round $accent; }
    CompletionScreen #side { width: 40; padding: 0 1; }
    CompletionScreen #next { color: $text-muted; height: 1; }
    CompletionScreen Figures { padding: 0 1; }
    CompletionScreen.-narrow #body { layout: vertical; }
    CompletionScreen.-narrow #side { width: 1fr; height: 7; padding: 0; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-usual"), (110, "-wide")]
    BINDINGS = [*(each for each in MODEL_BINDINGS if each.key != "q")]

    def __init__(self, opened: OpenModel) -> None:
        super().__init__()
        self._opened = opened
        completer, tokenizer = opened.voice.completer(), opened.voice.tokenizer
        self._words = lambda text: completer.complete(tokenizer.prepare(text)[0], WORDS)
        self.keystrokes = Keystrokes()

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield Page(self._words)
            with Vertical(id="side"):
                yield Static("next word", id="next", markup=False)
                yield Bars(name_width=16)
        yield Figures()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        page = self.query_one(Page)
        page.border_title = visible_line(f"completion: {self._opened.name}")
        page.focus()
        page.update_suggestion()
        self._show()

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _show(self) -> None:
        page = self.query_one(Page)
        bars = [Bar(each.word or "·", each.probability, each.probability) for each in page.words]
        self.query_one(Bars).show(bars)
        self.keystrokes.characters = len(page.text)
        self.query_one(Figures).show(
            Figure("keys", f"{self.keystrokes.pressed:,}"),
            Figure("characters", f"{self.keystrokes.characters:,}"),
            Figure("keys saved", f"{self.keystrokes.saved:.0%}"),
        )

    @on(Page.Pressed)
    def _count(self) -> None:
        self.keystrokes.pressed += 1
        self._show()

    @on(Bars.Chosen)
    def _take(self, event: Bars.Chosen) -> None:
        self.query_one(Page).take(event.index)
        self.query_one(Page).focus()
