"""Dialogs: a question with a few answers, and a line to type in."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static


class ChoiceDialog(ModalScreen[str]):
    """A question with buttons; dismissed with the name of an answer, or with "" if none was given."""

    DEFAULT_CSS = """
    ChoiceDialog { align: center middle; }
    ChoiceDialog > Vertical { width: 64; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
                              border: round $accent; background: $surface; }
    ChoiceDialog Static { margin: 0 0 1 0; }
    ChoiceDialog Horizontal { height: auto; }
    ChoiceDialog Button { margin: 0 1 0 0; min-width: 12; width: 1fr; }
    ChoiceDialog.-narrow Horizontal { layout: vertical; }
    """
    BINDINGS = [
        Binding("escape", "answer('')", "Stay", id="question.stay", tooltip="Close without an answer"),
        Binding("left,up", "app.focus_previous", show=False, tooltip="Previous answer"),
        Binding("right,down", "app.focus_next", show=False, tooltip="Next answer"),
    ]

    def __init__(self, question: str, answers: dict[str, str]) -> None:
        """`answers` maps the name of each answer to its label; the first letter of the label is its key."""
        super().__init__()
        self._question, self._answers = question, answers

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._question), markup=False)
            with Horizontal():
                for name, label in self._answers.items():
                    yield Button(Content(label), id=f"answer-{name}", compact=True)

    def on_key(self, event: Key) -> None:
        for name, label in self._answers.items():
            if event.character and label[:1].lower() == event.character.lower():
                event.stop()  # the key must not reach the screen below
                self.dismiss(name)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("answer-"))

    def action_answer(self, name: str) -> None:
        self.dismiss(name)


class InputDialog(ModalScreen[str]):
    """A line to type in; dismissed with its text, or with "" if it was closed."""

    DEFAULT_CSS = """
    InputDialog { align: center middle; }
    InputDialog > Vertical { width: 64; max-width: 96%; height: auto; padding: 1 2; border: round $accent;
                             background: $surface; }
    """
    BINDINGS = [Binding("escape", "leave", "Leave", id="line.leave", tooltip="Close without an answer")]

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
