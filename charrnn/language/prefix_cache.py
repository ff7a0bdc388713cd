"""The prefix cache: values computed after each token of the last sequence, reused for the next sequence.

The common beginning of two texts is read only once. The value after a token is the result of `advance(value, token)`
for the value before it, such as logits and state of a predictor.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

V = TypeVar("V")


class PrefixCache(Generic[V]):
    """Values after the tokens of one sequence. `initial` is the value before the first token.

    At least the last `kept` values are kept, at most twice as many; a sequence that differs earlier is read again.
    `skip(value, tokens)`, if given, computes the value after the last of several tokens directly; it reads the tokens
    whose values would not be kept.
    """

    def __init__(
        self,
        initial: V,
        advance: Callable[[V, int], V],
        kept: int,
        skip: Callable[[V, Sequence[int]], V] | None = None,
    ) -> None:
        self._initial, self._advance, self._kept, self._skip = initial, advance, kept, skip
        self._tokens: list[int] = []
        self._values: list[V] = [initial]  # after each of the last len(values) - 1 tokens, and before them

    def after(self, tokens: Sequence[int]) -> V:
        """Return the value after a sequence of tokens; only those that differ from the last sequence are read."""
        shared = shared_prefix(tokens, self._tokens)
        dropped = len(self._tokens) - shared
        if dropped >= len(self._values):
            shared, self._tokens, self._values = 0, [], [self._initial]
        elif dropped:
            del self._tokens[shared:], self._values[-dropped:]
        if self._skip is not None and (end := len(tokens) - self._kept) > shared:
            self._values = [self._skip(self._values[-1], tokens[shared:end])]
            self._tokens += tokens[shared:end]
            shared = end
        for token in tokens[shared:]:
            self._values.append(self._advance(self._values[-1], token))
            self._tokens.append(token)
            if len(self._values) > 2 * self._kept:
                del self._values[: self._kept]
        return self._values[-1]


def shared_prefix(tokens: Sequence[int], others: Sequence[int]) -> int:
    """Return the length of the common prefix of two sequences of tokens."""
    n = min(len(tokens), len(others))
    return next((i for i in range(n) if tokens[i] != others[i]), n)
