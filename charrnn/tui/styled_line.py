"""Glyphs: the line of a sample's tree → how each of its pieces looks, worked out only where the line is new."""

from charrnn.language.memorization import cover
from charrnn.language.sample_tree import Node, Tree
from charrnn.tui.widgets.text_view import Glyph

WARM, HOT = 4.0, 7.0
"""Bits of surprise from which a character looks warm, and hot."""


class Glyphs:
    """The glyphs of the line that was seen last."""

    def __init__(self) -> None:
        self._line: list[Node] = []
        self.all: list[Glyph] = []

    def forget(self) -> None:
        """Work all of them out anew next time."""
        self._line, self.all = [], []

    def follow(self, tree: Tree) -> int:
        """Make the glyphs of the tree's line; how many of the old ones stayed."""
        line = tree.line()
        shared = _shared(line, self._line)
        # a span of copied characters begins before it is known to be one
        same = max(0, shared - tree.detector.shortest) if tree.detector else shared
        new = line[same:]
        copied = cover([(len(node.text), tree.match(node)) for node in new])
        self.all[same:] = (Glyph(node.text, _look(node), marked) for node, marked in zip(new, copied, strict=True))
        self._line = line
        return same

    def copied_share(self, end: int) -> float:
        """The share of the first `end` glyphs' characters that are copied."""
        behind = self.all[:end]
        characters = sum(len(glyph.text) for glyph in behind)
        return sum(len(glyph.text) for glyph in behind if glyph.marked) / characters if characters else 0.0


def _look(node: Node) -> str:
    if node.typed:
        return "typed"
    return "calm" if node.bits < WARM else "warm" if node.bits < HOT else "hot"


def _shared(line: list[Node], other: list[Node]) -> int:
    """How many nodes two lines have in common: if they share one, they share all before it."""
    low, high = 0, min(len(line), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if line[middle - 1] is other[middle - 1] else (low, middle - 1)
    return low
