"""The branches of a sample: a list to choose from, and two of them side by side."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from charrnn.language.sample_tree import Node, SampleTree, branch_name, line_to
from charrnn.text.escape import visible, visible_line

MAX_CHARACTERS = 4000
"""Characters of a branch that are shown on each side of the fork."""


class Branches(ModalScreen[Node | None]):
    """The current branch beside the highlighted one; dismissed with the leaf of the branch that was chosen."""

    CSS = """
    Branches { background: $background; }
    Branches OptionList { height: 30%; min-height: 5; margin: 1 2 0 2; border: round $accent; }
    Branches Horizontal { height: 1fr; margin: 0 2; }
    Branches VerticalScroll { width: 1fr; border: round $surface-lighten-2; padding: 0 1; background: $surface; }
    """
    BINDINGS = [Binding("escape,b,q", "leave", "Back", id="branches.leave", tooltip="Back to the sample")]

    def __init__(self, tree: SampleTree) -> None:
        super().__init__()
        self._leaves = tree.branches()
        self._current = self._leaves.index(tree.here.leaf())

    def compose(self) -> ComposeResult:
        yield OptionList(*(Option(Content(_option(leaf, n))) for n, leaf in enumerate(self._leaves, start=1)))
        with Horizontal():
            for side in ("current", "highlighted"):
                with VerticalScroll(id=side):
                    yield Static(markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = (self._current + 1) % len(self._leaves)
        self.call_after_refresh(self._show, "current", self._current)

    @on(OptionList.OptionHighlighted)
    def _compare(self, event: OptionList.OptionHighlighted) -> None:
        self.call_after_refresh(self._show, "highlighted", event.option_index)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._leaves[event.option_index])

    def action_leave(self) -> None:
        self.dismiss(None)

    def _show(self, side: str, index: int) -> None:
        """Show a branch; on the highlighted side, what it shares with the current branch is faint."""
        nodes, current = line_to(self._leaves[index]), line_to(self._leaves[self._current])
        is_shared = [node is other for node, other in zip(nodes, current, strict=False)]
        shared = sum(is_shared) if side == "highlighted" else 0
        prefix = "".join(node.text for node in nodes[:shared])[-MAX_CHARACTERS:]
        rest = "".join(node.text for node in nodes[shared:])[:MAX_CHARACTERS]
        panel = self.query_one(f"#{side}", VerticalScroll)
        panel.border_title = visible_line(_title(self._leaves[index], index + 1))
        faint = Content.styled(visible(prefix), "dim") if prefix else Content("")
        panel.query_one(Static).update(faint + Content(visible(rest)))


def _title(leaf: Node, number: int) -> str:
    return f"{number} {branch_name(leaf)}".strip()


def _option(leaf: Node, number: int) -> str:
    """Return a branch in one line: its title, its length in tokens, and its end."""
    text = "".join(node.text for node in line_to(leaf)[-40:])
    return visible_line(f"{_title(leaf, number):<12} {leaf.depth:>6,}  …{text}")
