"""Completion: an editor, the likeliest next words beside it, and the number of keys that they save."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static, TextArea

from charrnn.text.escape import visible_line
from charrnn.tui.help_text import section
from charrnn.tui.key_count import KeyCount
from charrnn.tui.model_bindings import MODEL_BINDINGS
from charrnn.tui.open_model import OpenModel
from charrnn.tui.widgets.bars import Bar, Bars
from charrnn.tui.widgets.completing_editor import CompletingEditor
from charrnn.tui.widgets.stat_grid import Stat, StatGrid

WORDS = 9
"""Number of words to suggest."""


class CompletionScreen(Screen[None]):
    """A text to write with a model's suggestions; `keys` counts them."""

    HELP = section("Completion")
    CSS = """
    CompletionScreen CompletingEditor { border: round $surface-lighten-2; height: 1fr; }
    CompletionScreen CompletingEditor:focus { border: round $accent; }
    CompletionScreen #side { width: 40; padding: 0 1; }
    CompletionScreen #heading { color: $text-muted; height: 1; }
    CompletionScreen StatGrid { padding: 0 1; }
    CompletionScreen.-narrow #body { layout: vertical; }
    CompletionScreen.-narrow #side { width: 1fr; height: 7; padding: 0; }
    """
    BINDINGS = [binding for binding in MODEL_BINDINGS if binding.key != "q"]  # a letter is text here

    def __init__(self, opened: OpenModel) -> None:
        super().__init__()
        self._opened = opened
        completer, tokenizer = opened.text_model.completer(), opened.text_model.tokenizer
        self._complete = lambda text: completer.complete(tokenizer.prepare(text)[0], WORDS)
        self.keys = KeyCount()

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield CompletingEditor(self._complete)
            with Vertical(id="side"):
                yield Static("next word", id="heading", markup=False)
                yield Bars(name_width=16)
        yield StatGrid()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        editor = self.query_one(CompletingEditor)
        editor.border_title = visible_line(f"completion: {self._opened.name}")
        editor.focus()
        editor.update_suggestion()
        self._show()

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _show(self) -> None:
        editor = self.query_one(CompletingEditor)
        bars = [Bar(item.word or "·", item.probability, item.probability) for item in editor.completions]
        self.query_one(Bars).show(bars)
        self.keys.characters = len(editor.text)
        self.query_one(StatGrid).show(
            Stat("keys pressed", f"{self.keys.pressed:,}", short="keys"),
            Stat("characters", f"{self.keys.characters:,}"),
            Stat("keys saved", f"{self.keys.saved:.0%}"),
        )

    @on(CompletingEditor.KeyPressed)
    def _count_key(self) -> None:
        self.keys.pressed += 1
        self._show()

    @on(Bars.Chosen)
    def _accept_bar(self, event: Bars.Chosen) -> None:
        editor = self.query_one(CompletingEditor)
        editor.accept(event.index)
        editor.focus()
