"""Help: what a screen shows and which keys it has, from the screen's own words."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown

EVERYWHERE = """
Everywhere: **ctrl+p** opens the palette, where themes and all keys can be found by name; **F1** this help; **escape**
leads back. Keys can be changed in `settings.json` (`charrnn doctor` says where it is).
"""


class Help(ModalScreen[None]):
    """Shows Markdown until a key is pressed that closes it."""

    CSS = """
    Help { align: center middle; }
    Help VerticalScroll { width: 88; max-width: 96%; height: auto; max-height: 92%; border: round $accent;
                          background: $surface; padding: 0 1; }
    """
    BINDINGS = [Binding("escape,q,f1,enter", "dismiss", "Close", id="help.close")]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Markdown(self._text + EVERYWHERE)
