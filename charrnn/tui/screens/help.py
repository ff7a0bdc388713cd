"""Help: the keys of a screen, as they are set now, and its section of the manual."""

from collections.abc import Iterable
from itertools import groupby

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static

from charrnn.manual import TOPICS, page

FOOTER = """
*Ctrl+P opens the command palette, with all keys and the themes by name. `settings.json` can change the keys;
`charrnn doctor` says where it is. `charrnn manual terminal-ui` prints the whole page on this UI.*
"""


class HelpScreen(ModalScreen[None]):
    """A list of keys and a text in Markdown. A link to another page of the manual opens it here."""

    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll { width: 88; max-width: 96%; height: auto; max-height: 92%; border: round $accent;
                                background: $surface; padding: 0 1; }
    HelpScreen #keys { padding: 1 2 0 2; height: auto; }
    """
    BINDINGS = [Binding("escape,q,f1,enter", "dismiss", "Close", id="help.close")]

    def __init__(self, text: str, bindings: Iterable[ActiveBinding]) -> None:
        """`text` is in Markdown; of the bindings, those with a tooltip are listed."""
        super().__init__()
        self._text = text
        self._listed = [item.binding for item in bindings if item.tooltip and not item.binding.system]

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._key_table(), id="keys")
            yield Markdown(self._text + FOOTER, open_links=False)

    def _key_table(self) -> Table:
        """Return the keys, those of the same effect in one row."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="bold", max_width=14)
        table.add_column()
        for tooltip, bindings in groupby(self._listed, key=lambda binding: binding.tooltip):
            table.add_row(Text(" ".join(self._keys(bindings))), Text(tooltip))
        return table

    def _keys(self, bindings: Iterable[Binding]) -> list[str]:
        """Return the display names of keys, without repetition."""
        return list(dict.fromkeys(self.app.get_key_display(binding) for binding in bindings))

    async def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        topic = event.href.partition("#")[0].removesuffix(".md")
        if topic in TOPICS:
            self.query_one("#keys").display = False
            await self.query_one(Markdown).update(page(topic))
            self.query_one(VerticalScroll).scroll_home(animate=False)
