"""The completing editor: a text area that suggests the ending of the word at the cursor, or the next word."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from textual.binding import Binding
from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea

from charrnn.language.completion.search import Completion
from charrnn.text.escape import visible_line

Complete: TypeAlias = Callable[[str], Sequence[Completion]]
"""A function from a text to the likeliest endings of its last word, or the likeliest next words, likeliest first."""


def suggest(complete: Complete, text: str) -> Sequence[Completion]:
    """Return endings of the last word, or the words after it if the likeliest ending is none."""
    completions = complete(text)
    if completions and not completions[0].ending:
        return [replace(item, ending=f" {item.ending}") for item in complete(f"{text} ")]
    return completions


class CompletingEditor(TextArea):
    """An editor with the suggestion faint after the cursor; Tab accepts it."""

    BINDINGS = [
        Binding("tab", "take", "Take", id="completion.take", tooltip="Accept the suggestion; or click on a word"),
        Binding("shift+tab", "another", "Another", id="completion.another", tooltip="Suggest the next word"),
    ]

    class KeyPressed(Message):
        """A key was pressed that writes, deletes, accepts or changes the suggestion."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(soft_wrap=True, show_line_numbers=False, tab_behavior="focus")
        self._complete = complete
        self.completions: Sequence[Completion] = ()
        self._index = 0

    def update_suggestion(self) -> None:
        """Complete the text before the cursor; the likeliest completion is the suggestion."""
        self.completions = suggest(self._complete, self.get_text_range((0, 0), self.cursor_location))
        self._index = 0
        self._show_suggestion()

    def _show_suggestion(self) -> None:
        at_end = self.cursor_at_end_of_line and self.selection.is_empty
        self.suggestion = visible_line(self.completions[self._index].ending) if self.completions and at_end else ""

    def action_take(self) -> None:
        if self.completions:
            self.post_message(self.KeyPressed())
            self.insert(self.completions[self._index].ending)

    def action_another(self) -> None:
        if self.completions:
            self._index = (self._index + 1) % len(self.completions)
            self._show_suggestion()
            self.post_message(self.KeyPressed())

    def accept(self, index: int) -> None:
        """Write the completion of this index."""
        if index < len(self.completions):
            self._index = index
            self.action_take()

    def on_key(self, event: Key) -> None:
        if event.is_printable or event.key in ("enter", "backspace", "delete"):
            self.post_message(self.KeyPressed())
