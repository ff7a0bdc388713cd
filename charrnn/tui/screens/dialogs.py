"""Dialogs: a question with a few answers, and a line to type in."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static


class Question(ModalScreen[str]):
    """Asks, and is dismissed with the name of an answer; with "" if none was given."""

    DEFAULT_CSS = """
    Question { align: center middle; }
    Question > Vertical { width: 64; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
                          border: round $accent; background: $surface; }
    Question Static { margin: 0 0 1 0; }
    Question Horizontal { height: auto; }
    Question Button { margin: 0 1 0 0; min-width: 12; width: 1fr; }
    .-narrow Question Horizontal { layout: vertical; }
    """
    BINDINGS = [
        Binding("escape", "answer('')", "Stay", id="question.stay"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, answers: dict[str, str]) -> None:
        """`answers` has the words of each answer by its name; its first letter is its key."""
        super().__init__()
        self._question, self._answers = question, answers

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._question), markup=False)
            with Horizontal():
                for name, words in self._answers.items():
                    yield Button(Content(words), id=f"answer-{name}", compact=True)

    def on_key(self, event: Key) -> None:
        for name, words in self._answers.items():
            if event.character and words[:1].lower() == event.character.lower():
                event.stop()  # the screen below has keys too
                self.dismiss(name)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("answer-"))

    def action_answer(self, name: str) -> None:
        self.dismiss(name)


class Line(ModalScreen[str]):
    """Asks for a line of text; dismissed with "" if none was given."""

    DEFAULT_CSS = """
    Line { align: center middle; }
    Line > Vertical { width: 64; max-width: 96%; height: auto; padding: 1 2; border: round $accent;
                      background: $surface; }
    """
    BINDINGS = [Binding("escape", "leave", "Leave", id="line.leave")]

    def __init__(self, question: str, value: str = "") -> None:
        super().__init__()
        self._question, self._value = question, value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._question), markup=False)
            yield Input(self._value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_leave(self) -> None:
        self.dismiss("")
