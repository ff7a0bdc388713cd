"""The result of an evaluation, as `charrnn eval` prints it and metrics.jsonl holds it."""

import math
from dataclasses import dataclass

_LARGEST_EXPONENT = 700.0
"""`math.exp` overflows not far above this."""


@dataclass(frozen=True)
class Evaluation:
    """Losses and perplexities of a model on a text, per token and per character of the original text.

    `unknown` is the number of <unk> tokens, each of which stands for an unknown character.
    """

    characters: int
    tokens: int
    unknown: int
    nats_per_character: float
    bits_per_character: float
    perplexity_per_character: float
    nats_per_token: float
    perplexity_per_token: float

    @classmethod
    def from_nats(cls, nats: float, *, tokens: int, characters: int, unknown: int) -> "Evaluation":
        """Return the evaluation of a text whose surprise is `nats` in total."""
        per_character, per_token = nats / characters, nats / tokens
        return cls(
            characters=characters,
            tokens=tokens,
            unknown=unknown,
            nats_per_character=per_character,
            bits_per_character=per_character / math.log(2.0),
            perplexity_per_character=_perplexity(per_character),
            nats_per_token=per_token,
            perplexity_per_token=_perplexity(per_token),
        )


def _perplexity(nats: float) -> float:
    """Return exp(nats), or infinity if that overflows."""
    return math.exp(nats) if nats < _LARGEST_EXPONENT else math.inf
