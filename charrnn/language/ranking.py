"""Ranking: rival texts → which of them is likeliest, as recognisers of speech or writing ask.

What rival texts have in common at their beginning is read once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.language.predictor import Predictor
from charrnn.language.scoring import log_probability, unknown_of
from charrnn.network.arrays import Array, Ids
from charrnn.text.tokenizers import Tokenizer

MOST_KEPT = 1024
"""Tokens at the beginning of a candidate whose states are kept for the next one."""


@dataclass(frozen=True)
class Candidate:
    """A text that may be what was meant, and what is known of it from outside (natural logarithm, higher better)."""

    text: str
    group: str | None = None
    outside: float | None = None


@dataclass(frozen=True)
class RankedCandidate:
    """A candidate with its score, and log p in nats of its text and end."""

    text: str
    score: float
    log_probability: float
    outside: float | None


@dataclass(frozen=True)
class RankedGroup:
    """Candidates of one group, the best first."""

    group: str | None
    candidates: tuple[RankedCandidate, ...]
    unknown: int


@dataclass(frozen=True)
class Blend:
    """score = weight · log p / characters^length_power + (1 - weight) · outside; without an outside, weight is 1.

    The plain sum (length_power 0) is right for candidates that are alike in length; of others it prefers the short
    ones, each further character being a factor below 1, and length_power 1 takes the mean a character instead.
    """

    weight: float = 1.0
    length_power: float = 0.0

    def score(self, log_probability: float, characters: int, outside: float | None) -> float:
        own: float = log_probability / characters**self.length_power
        return own if outside is None else self.weight * own + (1.0 - self.weight) * outside


class Ranker:
    """Ranks candidates with one predictor, each read as a text of its own. Not for two threads.

    >>> model = LanguageModel.load(run)
    >>> ranker = Ranker(model.predictor(), model.tokenizer, initial_id(model.tokenizer))
    >>> candidates = [Candidate("the cold ramp"), Candidate("the old lamp")]
    >>> next(ranker.rank(candidates, Blend())).candidates[0].text
    'the old lamp'

    The end of a candidate is read too: the tokenizer's end token, or a newline if the model knows that. It counts as
    a character.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer, start: int) -> None:
        """`start` is the token that stands before every text."""
        self._predictor, self._tokenizer = predictor, tokenizer
        self._end = _end(tokenizer)
        self._before = predictor.advance((start,), predictor.start())

    def rank(self, candidates: Iterable[Candidate], blend: Blend) -> Iterator[RankedGroup]:
        """The groups in the order of their first candidates; equal candidates stay in order."""
        groups: dict[str | None, list[Candidate]] = {}
        for each in candidates:
            groups.setdefault(each.group, []).append(each)
        for group, members in groups.items():
            yield self._rank(group, members, blend)

    def log_probabilities(self, texts: Sequence[Ids]) -> list[float]:
        """log p in nats of each of several texts of ids; those that begin alike are read one after the other."""
        found = [0.0] * len(texts)
        path = [(*self._before, 0.0)]  # logits, state and log p behind the first tokens of the text read last
        last: Ids = np.zeros(0, np.uint32)
        for index in sorted(range(len(texts)), key=lambda index: texts[index].tobytes()):
            ids = texts[index]
            kept = min(_shared(last, ids), len(path) - 1)
            del path[kept + 1 :]
            found[index] = self._read(ids, path)
            last = ids
        return found

    def _rank(self, group: str | None, members: list[Candidate], blend: Blend) -> RankedGroup:
        ids = [self._ids(each.text) for each in members]
        ranked = []
        for each, nats in zip(members, self.log_probabilities(ids), strict=True):
            score = blend.score(nats, max(1, len(each.text) + len(self._end)), each.outside)
            ranked.append(RankedCandidate(each.text, score, nats, each.outside))
        ranked.sort(key=lambda each: -each.score)
        unknown = sum(int(np.count_nonzero(each == unknown_of(self._tokenizer))) for each in ids)
        return RankedGroup(group, tuple(ranked), unknown)

    def _ids(self, text: str) -> Ids:
        """A candidate's tokens (n,), its end included; all of one type, so that their bytes can be compared."""
        return np.concatenate([self._tokenizer.encode(text), self._end]).astype(np.uint32)

    def _read(self, ids: Ids, path: list[tuple[Array, Array, float]]) -> float:
        """log p of a text whose first tokens `path` has read; the path goes on with it."""
        logits, state, nats = path[-1]
        for place in range(len(path) - 1, len(ids)):
            token = int(ids[place])
            nats += log_probability(logits, token) if token != self._tokenizer.bos_id else 0.0  # nothing predicts it
            if place + 1 < len(ids):
                logits, state = self._predictor.advance((token,), state)
                if place < MOST_KEPT:
                    path.append((logits, state, nats))
        return nats


def _end(tokenizer: Tokenizer) -> Ids:
    """The tokens (0,) or (1,) that close a text."""
    if tokenizer.eos_id is not None:
        return np.array([tokenizer.eos_id])
    newline = tokenizer.encode("\n")
    return newline if unknown_of(tokenizer) not in newline else newline[:0]


def _shared(one: Ids, other: Ids) -> int:
    """How many tokens two texts have in common at their beginning."""
    n = min(len(one), len(other))
    differing = np.flatnonzero(one[:n] != other[:n])
    return int(differing[0]) if differing.size else n
