"""The sample tree: the positions of a sample with their states, so that none is far from one that was computed.

A node is a position: its token, and the logits and the state after that token. The current line runs from the root
through the current node to the leaf below it that was visited last.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from charrnn.language.distribution import Distribution
from charrnn.language.memorization import NO_MATCH, CopyDetector, Match
from charrnn.language.predictor import Predictor, State
from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Array
from charrnn.network.losses import log_softmax
from charrnn.text.folding import Replacements
from charrnn.text.tokenizers import Tokenizer, initial_id

POSITION_BYTES, KEPT_EVERY = 128 << 20, 64
"""Memory for logits and states; of the positions that do not fit, one of so many tokens keeps them."""


@dataclass(eq=False, slots=True)
class Node:
    """A position. `text` is the text that its token adds: empty while a character is incomplete.

    `bits` is the surprise of the token, `total_bits` that of all tokens up to it; `typed` marks tokens that a person
    chose. `position` has the logits (V,) of the next token and the state; it is None until they are needed, and again
    when there are many newer ones. `match` is the copied passage that ends here, None until it is needed. `last` is
    the child that was visited last.
    """

    token: int
    parent: "Node | None"
    depth: int
    text: str = ""
    bits: float = 0.0
    total_bits: float = 0.0
    typed: bool = False
    name: str = ""
    position: tuple[Array, State] | None = None
    match: Match | None = None
    children: list["Node"] = field(default_factory=list)
    last: "Node | None" = None

    def ancestors(self) -> Iterator["Node"]:
        """Yield this node, its parent and so on, up to the root."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def leaf(self) -> "Node":
        """Return the end of the line through this node."""
        node = self
        while node.last is not None:
            node = node.last
        return node


class SampleTree:
    """All texts that were sampled from one beginning. `here` is the current position."""

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer) -> None:
        self._predictor = predictor
        self.tokenizer = tokenizer
        self.root = self.here = Node(initial_id(tokenizer), None, 0)
        self.detector: CopyDetector | None = None
        self._recent: deque[Node] = deque()

    # The distribution at the current position.

    def distribution(self, sampling: Sampling) -> Distribution:
        """Return the distribution of the next token."""
        return Distribution(self.logits(), sampling, self.tokenizer)

    def logits(self) -> Array:
        """Return the logits (V,) of the next token."""
        return self._position(self.here)[0]

    def _position(self, node: Node) -> tuple[Array, State]:
        """Return logits and state of a node, computed from its nearest ancestor that has them."""
        unread = []
        for ancestor in node.ancestors():
            if ancestor.position is not None:
                break
            unread.append(ancestor)
        for ancestor in reversed(unread):
            parent = ancestor.parent
            state = self._predictor.start() if parent is None else self._position(parent)[1]
            ancestor.position = self._predictor.advance(self._ids_to_read(ancestor.token), state)
            self._forget_oldest(ancestor)
        assert node.position is not None
        return node.position

    def _forget_oldest(self, node: Node) -> None:
        """Add a node to those that have logits and a state, and take these from the oldest of too many."""
        self._recent.append(node)
        assert node.position is not None
        size = sum(getattr(part, "nbytes", 0) for part in node.position)
        while len(self._recent) > max(2, POSITION_BYTES // size):
            oldest = self._recent.popleft()
            if oldest.depth % KEPT_EVERY:
                oldest.position = None

    def _ids_to_read(self, token: int) -> tuple[int, ...]:
        """Return the ids to read for a token: after the end of a document, also the beginning of the next one."""
        bos_id = self.tokenizer.bos_id
        return (token,) if bos_id is None or token != self.tokenizer.eos_id else (token, bos_id)

    # Growth.

    def step(self, sampling: Sampling, rng: np.random.Generator) -> Node:
        """Sample the next token and go to it."""
        return self.take(self.distribution(sampling).sample(rng))

    def take(self, token: int, *, typed: bool = False) -> Node:
        """Go to the position after this token, which is created if it is new."""
        here = self.here
        child = next((child for child in here.children if child.token == token), None)
        if child is None:
            bits = -float(log_softmax(self.logits().astype(np.float64))[token]) / math.log(2.0)
            child = Node(token, here, here.depth + 1, self._piece(token), bits, here.total_bits + bits, typed)
            here.children.append(child)
        here.last = self.here = child
        return child

    def write(self, text: str) -> Replacements:
        """Continue with typed text, its unknown characters replaced by similar ones; return the replacements."""
        prepared, replacements = self.tokenizer.prepare(text)
        for token in self.tokenizer.encode(prepared):
            if token != self.tokenizer.bos_id:
                self.take(int(token), typed=True)
        return replacements

    def _piece(self, token: int) -> str:
        """Return the text that a token completes here, with the preceding tokens of the same character."""
        pending = []
        for node in self.here.ancestors():
            if node.text or node.parent is None:
                break
            pending.append(node.token)
        decoder = self.tokenizer.decoder()
        for pending_token in reversed(pending):
            decoder.feed(pending_token)
        return decoder.feed(token) or "\n" * (token == self.tokenizer.eos_id)

    # Navigation.

    def go(self, node: Node) -> None:
        """Go to any node; the current line leads through it from now on."""
        self.here = node
        for ancestor in node.ancestors():
            if ancestor.parent is not None:
                ancestor.parent.last = ancestor

    def back(self, n: int = 1) -> None:
        """Go back by n tokens, at most to the root."""
        for _ in range(n):
            self.here = self.here.parent or self.here

    def forward(self, n: int = 1) -> None:
        """Go forward by n tokens along the current line, at most to its leaf."""
        for _ in range(n):
            self.here = self.here.last or self.here

    def go_to_branch(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) branch, at the same depth if possible, but always below the fork."""
        leaves = self.branches()
        current = self.here.leaf()
        leaf = leaves[(leaves.index(current) + direction) % len(leaves)]
        on_line = set(map(id, current.ancestors()))
        below_fork = [node for node in leaf.ancestors() if id(node) not in on_line]
        if below_fork:
            target = min(max(self.here.depth, below_fork[-1].depth), leaf.depth)
            self.go(next(node for node in below_fork if node.depth == target))

    def branches(self) -> list[Node]:
        """Return the leaves, in an order that stays the same as the tree grows."""
        leaves, stack = [], [self.root]
        while stack:
            node = stack.pop()
            if not node.children:
                leaves.append(node)
            stack += reversed(node.children)
        return leaves

    def prune(self) -> bool:
        """Remove the current branch back to its fork; return False if it is the only one."""
        for node in self.here.leaf().ancestors():
            if node.parent is not None and len(node.parent.children) > 1:
                node.parent.children.remove(node)
                node.parent.last = node.parent.children[-1]
                self.go(node.parent)
                return True
        return False

    # The current line.

    def line(self) -> list[Node]:
        """Return the nodes of the current line from its first token to its leaf."""
        return line_to(self.here.leaf())

    def text(self) -> str:
        """Return the text up to the current position."""
        return "".join(node.text for node in line_to(self.here))

    def perplexity(self) -> float:
        """Return 2 to the mean bits per token up to the current position; 1 without tokens."""
        return math.pow(2.0, self.here.total_bits / max(1, self.here.depth))

    def match(self, node: Node) -> Match:
        """Return the copied passage that ends at a node."""
        if self.detector is None:
            return NO_MATCH
        unmatched = []
        for ancestor in node.ancestors():
            if ancestor.match is not None:
                break
            unmatched.append(ancestor)
        for ancestor in reversed(unmatched):
            match = NO_MATCH if ancestor.parent is None or ancestor.parent.match is None else ancestor.parent.match
            for end in range(1, len(ancestor.text) + 1):
                length = max(match.length + 1, self.detector.shortest)
                match = self.detector.extend(match, _tail(ancestor.parent, ancestor.text[:end], length))
            ancestor.match = match
        return node.match or NO_MATCH

    # Newer weights, and files.

    def set_predictor(self, predictor: Predictor) -> None:
        """Keep the texts, and use another predictor; each position is read again when it is needed."""
        self._predictor = predictor
        self._recent.clear()
        stack = [self.root]
        while stack:
            node = stack.pop()
            node.position = None
            stack += node.children

    def to_json(self) -> dict[str, Any]:
        """Return name, text and bits of every branch, and the index of the token where it leaves earlier branches."""
        seen: set[int] = set()
        branches = []
        for leaf in self.branches():
            nodes = line_to(leaf)
            fork = next((index for index, node in enumerate(nodes) if id(node) not in seen), len(nodes))
            seen |= set(map(id, nodes))
            text = "".join(node.text for node in nodes)
            bits = [round(node.bits, 4) for node in nodes]
            branches.append({"name": branch_name(leaf), "leaves_at_token": fork, "text": text, "bits": bits})
        return {"branches": branches}


def branch_name(leaf: Node) -> str:
    """Return the name of a branch: the last one given between its fork and its leaf."""
    for node in leaf.ancestors():
        if node.name or node.parent is None or len(node.parent.children) > 1:
            return node.name
    return ""


def line_to(node: Node) -> list[Node]:
    """Return the nodes from the first token to this one."""
    return [ancestor for ancestor in node.ancestors() if ancestor.parent is not None][::-1]


def _tail(node: Node | None, last: str, length: int) -> str:
    """Return the last `length` characters of the text up to a node, followed by `last`."""
    pieces, size = [last], len(last)
    while node is not None and size < length:
        pieces.append(node.text)
        size += len(node.text)
        node = node.parent
    return "".join(reversed(pieces))[-length:]
