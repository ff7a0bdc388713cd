"""The branches of a sample: a list to choose from, and two of them side by side."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from charrnn.language.sample_tree import Node, Tree, line_to, name_of
from charrnn.text.escape import visible, visible_line

LONGEST = 4000
"""Characters of a branch that are shown, its last ones."""


class Branches(ModalScreen[Node | None]):
    """Shows the branch that one comes from beside the one that is highlighted; dismissed with the one chosen."""

    CSS = """
    Branches { background: $background; }
    Branches OptionList { height: 30%; min-height: 5; margin: 1 2 0 2; border: round $accent; }
    Branches Horizontal { height: 1fr; margin: 0 2; }
    Branches VerticalScroll { width: 1fr; border: round $surface-lighten-2; padding: 0 1; background: $surface; }
    """
    BINDINGS = [Binding("escape,b,q", "leave", "Back", id="branches.leave")]

    def __init__(self, tree: Tree) -> None:
        super().__init__()
        self._leaves = tree.branches()
        self._here = self._leaves.index(tree.here.leaf())

    def compose(self) -> ComposeResult:
        yield OptionList(*(Option(Content(_line_of(each, n))) for n, each in enumerate(self._leaves, start=1)))
        with Horizontal():
            for side in ("here", "other"):
                with VerticalScroll(id=side):
                    yield Static(markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = (self._here + 1) % len(self._leaves)
        self.call_after_refresh(self._show, "here", self._here)

    @on(OptionList.OptionHighlighted)
    def _other(self, event: OptionList.OptionHighlighted) -> None:
        self.call_after_refresh(self._show, "other", event.option_index)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._leaves[event.option_index])

    def action_leave(self) -> None:
        self.dismiss(None)

    def _show(self, side: str, index: int) -> None:
        """A branch, what it shares with the one that one came from faint."""
        nodes, own = line_to(self._leaves[index]), line_to(self._leaves[self._here])
        shared = sum(1 for a, b in zip(nodes, own, strict=False) if a is b) if side == "other" else 0
        common = "".join(node.text for node in nodes[:shared])[-LONGEST:]
        rest = "".join(node.text for node in nodes[shared:])[:LONGEST]
        panel = self.query_one(f"#{side}", VerticalScroll)
        panel.border_title = visible_line(_title(self._leaves[index], index + 1))
        faint = Content.styled(visible(common), "dim") if common else Content("")
        panel.query_one(Static).update(faint + Content(visible(rest)))


def _title(leaf: Node, number: int) -> str:
    return f"{number} {name_of(leaf)}".strip()


def _line_of(leaf: Node, number: int) -> str:
    text = "".join(node.text for node in line_to(leaf)[-40:])
    return visible_line(f"{_title(leaf, number):<12} {leaf.depth:>6,}  …{text}")
