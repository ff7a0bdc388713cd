"""The tree of a sample: every position with its state, so that going back, forward and elsewhere costs nothing.

A position is a node: the token that led to it, and what the model knows and expects there. The line that is looked
at leads from the root through the present node to the leaf that was visited last below it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn.language.memorization import NO_MATCH, CopyDetector, Match
from charrnn.language.predictor import Predictor
from charrnn.language.sampling import Sampling
from charrnn.language.top_tokens import Choice, likeliest, without
from charrnn.network.arrays import Array
from charrnn.network.losses import log_softmax
from charrnn.text.folding import Replacements
from charrnn.text.tokenizers import Tokenizer, initial_id, never_sampled


@dataclass(eq=False, slots=True)
class Node:
    """A position. `text` is the piece that its token adds: none while a character is not complete.

    `bits` is the surprise of the token, `bits_so_far` that of all up to it; `typed` says that a person chose it.
    `known` has the state after it and the logits (V,) of what comes next; None until they are needed. `match` is that
    of the text up to here.
    """

    token: int
    parent: "Node | None"
    depth: int
    text: str = ""
    bits: float = 0.0
    bits_so_far: float = 0.0
    typed: bool = False
    name: str = ""
    known: tuple[Array, Array] | None = None
    match: Match | None = None
    children: list["Node"] = field(default_factory=list)
    last: "Node | None" = None

    def ancestors(self) -> Iterator["Node"]:
        """This node, its parent and so on, to the root."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def leaf(self) -> "Node":
        """Where the line through this node ends."""
        node = self
        while node.last is not None:
            node = node.last
        return node


class Tree:
    """What a model said, and what it might have said. `here` is the present position."""

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer) -> None:
        self._predictor = predictor
        self.tokenizer = tokenizer
        self.root = self.here = Node(initial_id(tokenizer), None, 0)
        self.detector: CopyDetector | None = None

    # What the model says here.

    def logits(self) -> Array:
        """The logits (V,) of the next token."""
        return self._known(self.here)[1]

    def probabilities(self, sampling: Sampling) -> NDArray[np.float64]:
        """The distribution (V,) that the next token is drawn from."""
        return sampling.probabilities(without(never_sampled(self.tokenizer), self.logits()))

    def choices(self, sampling: Sampling, n: int = 20) -> list[Choice]:
        return likeliest(self.logits(), sampling, self.tokenizer, n)

    def _known(self, node: Node) -> tuple[Array, Array]:
        """State and logits of a node, read on from the nearest ancestor that has them."""
        unread = []
        for each in node.ancestors():
            if each.known is not None:
                break
            unread.append(each)
        for each in reversed(unread):
            before = self._predictor.start() if each.parent is None else self._of(each.parent)[0]
            logits, state = self._predictor.advance(self._read(each.token), before)
            each.known = state, logits
        return self._of(node)

    def _read(self, token: int) -> tuple[int, ...]:
        """What is read for a token: behind the end of a document, the beginning of the next one too."""
        tokenizer = self.tokenizer
        return (token,) if tokenizer.bos_id is None or token != tokenizer.eos_id else (token, tokenizer.bos_id)

    @staticmethod
    def _of(node: Node) -> tuple[Array, Array]:
        assert node.known is not None
        return node.known

    # Growing.

    def step(self, sampling: Sampling, rng: np.random.Generator) -> Node:
        """Draw the next token and go to it."""
        return self.take(sampling.choose(without(never_sampled(self.tokenizer), self.logits()), rng))

    def take(self, token: int, *, typed: bool = False) -> Node:
        """Go to the position after this token; it is made if nobody has been there."""
        here = self.here
        child = next((each for each in here.children if each.token == token), None)
        if child is None:
            nats = -float(log_softmax(self.logits().astype(np.float64))[token])
            bits = nats / math.log(2.0)
            child = Node(token, here, here.depth + 1, self._piece(token), bits, here.bits_so_far + bits, typed)
            here.children.append(child)
        here.last = self.here = child
        return child

    def write(self, text: str) -> Replacements:
        """Go on with a text that somebody typed, as near as the model knows it; what had to be replaced."""
        read, replaced = self.tokenizer.prepare(text)
        for token in self.tokenizer.encode(read):
            if token != self.tokenizer.bos_id:
                self.take(int(token), typed=True)
        return replaced

    def _piece(self, token: int) -> str:
        """The text that a token adds here, with those before it that are no character yet."""
        pending = []
        for node in self.here.ancestors():
            if node.text or node.parent is None:
                break
            pending.append(node.token)
        decoder = self.tokenizer.decoder()
        for each in reversed(pending):
            decoder.feed(each)
        return decoder.feed(token) or "\n" * (token == self.tokenizer.eos_id)

    # Walking.

    def go(self, node: Node) -> None:
        """Go anywhere; the line leads through there from now on."""
        self.here = node
        for each in node.ancestors():
            if each.parent is not None:
                each.parent.last = each

    def back(self, n: int = 1) -> None:
        for _ in range(n):
            self.here = self.here.parent or self.here

    def forward(self, n: int = 1) -> None:
        for _ in range(n):
            self.here = self.here.last or self.here

    def beside(self, direction: int) -> None:
        """Go to the next (1) or the previous (-1) branch, as far along it as here, but beyond the fork."""
        leaves = self.branches()
        now = self.here.leaf()
        leaf = leaves[(leaves.index(now) + direction) % len(leaves)]
        on_line = set(map(id, now.ancestors()))
        own = [node for node in leaf.ancestors() if id(node) not in on_line]
        if own:
            fork = own[-1].depth
            target = min(max(self.here.depth, fork), leaf.depth)
            self.go(next(node for node in own if node.depth == target))

    def branches(self) -> list[Node]:
        """The leaves, in an order that stays as the tree grows."""
        found, stack = [], [self.root]
        while stack:
            node = stack.pop()
            if not node.children:
                found.append(node)
            stack += reversed(node.children)
        return found

    def prune(self) -> bool:
        """Forget the branch here, back to its fork; False if it is the only one."""
        for node in self.here.leaf().ancestors():
            if node.parent is not None and len(node.parent.children) > 1:
                node.parent.children.remove(node)
                node.parent.last = node.parent.children[-1]
                self.go(node.parent)
                return True
        return False

    # The line.

    def line(self) -> list[Node]:
        """The nodes of the line from its first token to its leaf; the first `here.depth` are behind."""
        return line_to(self.here.leaf())

    def text(self) -> str:
        """The text up to here."""
        return "".join(node.text for node in line_to(self.here))

    def perplexity(self) -> float:
        """2 to the mean surprise in bits of the tokens up to here; 1 where there are none."""
        mean = self.here.bits_so_far / max(1, self.here.depth)
        return math.pow(2.0, mean)

    def match(self, node: Node) -> Match:
        """The longest end of the text up to a node that stands in the training text."""
        if self.detector is None:
            return NO_MATCH
        unmatched = []
        for each in node.ancestors():
            if each.match is not None:
                break
            unmatched.append(each)
        for each in reversed(unmatched):
            match = NO_MATCH if each.parent is None or each.parent.match is None else each.parent.match
            for end in range(1, len(each.text) + 1):
                length = max(match.length + 1, self.detector.shortest)
                match = self.detector.extend(match, _end_of(each.parent, each.text[:end], length))
            each.match = match
        return node.match or NO_MATCH

    # Newer weights, and files.

    def reweigh(self, predictor: Predictor) -> None:
        """Keep the texts, and let another predictor say what it expects; each position when it is looked at."""
        self._predictor = predictor
        stack = [self.root]
        while stack:
            node = stack.pop()
            node.known = None
            stack += node.children

    def to_json(self) -> dict[str, Any]:
        """Every branch with its name, its text and where it leaves the one before it."""
        seen: set[int] = set()
        branches = []
        for leaf in self.branches():
            nodes = line_to(leaf)
            fork = next((index for index, node in enumerate(nodes) if id(node) not in seen), len(nodes))
            seen |= set(map(id, nodes))
            text = "".join(node.text for node in nodes)
            bits = [round(node.bits, 4) for node in nodes]
            branches.append({"name": name_of(leaf), "leaves_at_token": fork, "text": text, "bits": bits})
        return {"branches": branches}


def name_of(leaf: Node) -> str:
    """The name of a branch: the one that was given last between its fork and its leaf."""
    for node in leaf.ancestors():
        if node.name or node.parent is None or len(node.parent.children) > 1:
            return node.name
    return ""


def line_to(node: Node) -> list[Node]:
    """The nodes from the first token to this one."""
    return [each for each in node.ancestors() if each.parent is not None][::-1]


def _end_of(node: Node | None, last: str, length: int) -> str:
    """The last `length` characters of the text up to a node with `last` behind it."""
    pieces, size = [last], len(last)
    while node is not None and size < length:
        pieces.append(node.text)
        size += len(node.text)
        node = node.parent
    return "".join(reversed(pieces))[-length:]
