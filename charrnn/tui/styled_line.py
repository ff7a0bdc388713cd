"""The styled line: the current line of a sample tree → the pieces that a text view shows."""

from charrnn.language.memorization import covered_pieces
from charrnn.language.sample_tree import Node, SampleTree
from charrnn.tui.widgets.text_view import PieceStyle, StyledPiece

SURPRISING, VERY_SURPRISING = 4.0, 7.0
"""Bits of surprise from which a token is shown as surprising, and as very surprising."""


class StyledLine:
    """The pieces of the line that was shown last. Only the part of a line that is new is styled again."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self.pieces: list[StyledPiece] = []

    def invalidate(self) -> None:
        """Style all pieces again at the next update."""
        self._nodes, self.pieces = [], []

    def update(self, tree: SampleTree) -> int:
        """Style the tree's line; return the number of pieces at its beginning that did not change."""
        nodes = tree.line()
        kept = _shared_length(nodes, self._nodes)
        if tree.detector:
            kept = max(0, kept - tree.detector.shortest)  # a copied span is recognized only at its last character
        new = nodes[kept:]
        copied = covered_pieces([(len(node.text), tree.match(node)) for node in new])
        self.pieces[kept:] = (
            StyledPiece(node.text, _style(node), underlined) for node, underlined in zip(new, copied, strict=True)
        )
        self._nodes = nodes
        return kept

    def copied_share(self, end: int) -> float:
        """Return the share of copied characters in the first `end` pieces, 0 to 1."""
        pieces = self.pieces[:end]
        characters = sum(len(piece.text) for piece in pieces)
        return sum(len(piece.text) for piece in pieces if piece.underlined) / characters if characters else 0.0


def _style(node: Node) -> PieceStyle:
    if node.typed:
        return "typed"
    if node.bits < SURPRISING:
        return "plain"
    return "surprising" if node.bits < VERY_SURPRISING else "very-surprising"


def _shared_length(nodes: list[Node], others: list[Node]) -> int:
    """Return the length of the common prefix of two lines; nodes of a tree that are equal have equal prefixes."""
    low, high = 0, min(len(nodes), len(others))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if nodes[middle - 1] is others[middle - 1] else (low, middle - 1)
    return low
