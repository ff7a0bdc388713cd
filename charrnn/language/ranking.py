"""Ranking: candidate texts → the candidates by likelihood, as for speech and handwriting recognition.

The common beginning of candidates is read once.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.language.predictor import Predictor, State
from charrnn.language.prefix_cache import PrefixCache
from charrnn.language.scoring import log_probability
from charrnn.network.arrays import Array, Ids
from charrnn.text.encoded import count_unknown
from charrnn.text.progress import OnShare
from charrnn.text.tokenizers import Tokenizer, initial_id

KEPT_VALUES = 512
"""Number of tokens at the end of a candidate whose states are kept for the next candidate."""


@dataclass(frozen=True)
class Candidate:
    """A text with its group. `outside` is a score from another source: a natural logarithm, higher is better."""

    text: str
    group: str | None = None
    outside: float | None = None


@dataclass(frozen=True)
class RankedCandidate:
    """A candidate with its score, and the log probability in nats of its text including the end."""

    text: str
    score: float
    log_probability: float
    outside: float | None


@dataclass(frozen=True)
class RankedGroup:
    """The candidates of one group, best first; `unknown` counts their <unk> tokens."""

    group: str | None
    candidates: tuple[RankedCandidate, ...]
    unknown: int


@dataclass(frozen=True)
class Blend:
    """score = weight · log p / characters^length_power + (1 - weight) · outside; without `outside`, weight is 1.

    length_power 0 scores the whole text. It suits candidates of similar length, and otherwise prefers short ones,
    because each character multiplies the probability by a factor below 1. length_power 1 scores the mean per
    character.
    """

    weight: float = 1.0
    length_power: float = 0.0

    def score(self, log_probability: float, characters: int, outside: float | None) -> float:
        """Return the score of a candidate from its log probability, its length and its outside score."""
        scaled: float = log_probability / characters**self.length_power
        return scaled if outside is None else self.weight * scaled + (1.0 - self.weight) * outside


@dataclass(frozen=True, eq=False)
class _Position:
    """A position in a candidate: logits of the next token, state, and log p of the tokens so far."""

    logits: Array
    state: State
    log_probability: float = 0.0


class Ranker:
    """Ranks candidates with one predictor, each as a text of its own. Each thread needs its own.

    >>> ranker = LanguageModel.load(run).ranker()
    >>> ranker.rank([Candidate("the cold ramp"), Candidate("the old lamp")])[0].candidates[0].text
    'the old lamp'

    The end of a candidate counts as a character: the tokenizer's </s>, or a newline if the model knows it.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer) -> None:
        self._predictor, self._tokenizer = predictor, tokenizer
        self._end_ids = end_ids(tokenizer)
        initial = _Position(*predictor.advance((initial_id(tokenizer),), predictor.start()))
        self._cache = PrefixCache(initial, self._advance, KEPT_VALUES)

    def rank(self, candidates: Iterable[Candidate], blend: Blend | None = None) -> list[RankedGroup]:
        """Rank all candidates; the groups are in the order of their first candidates."""
        return list(self.rank_groups(candidates, blend or Blend()))

    def rank_groups(
        self, candidates: Iterable[Candidate], blend: Blend, on_share: OnShare | None = None
    ) -> Iterator[RankedGroup]:
        """Yield the groups as they are ranked; candidates with equal scores stay in order."""
        groups: dict[str | None, list[Candidate]] = {}
        for candidate in candidates:
            groups.setdefault(candidate.group, []).append(candidate)
        total, read = sum(map(len, groups.values())), itertools.count(1)
        on_text = (lambda: on_share(next(read) / total)) if on_share else None
        for group, members in groups.items():
            yield self._rank_group(group, members, blend, on_text)

    def log_probabilities(self, texts: Sequence[Ids], on_text: Callable[[], object] | None = None) -> list[float]:
        """Return log p in nats of several texts of ids, which are read in sorted order to share their beginnings.

        `on_text` is called after each text.
        """
        log_p = [0.0] * len(texts)
        for index in sorted(range(len(texts)), key=lambda index: texts[index].tolist()):
            *ids, last = texts[index].tolist() or [None]
            position = self._cache.after(ids)
            log_p[index] = position.log_probability + (0.0 if last is None else self._log_p(position, last))
            if on_text is not None:
                on_text()
        return log_p

    def _rank_group(
        self, group: str | None, members: list[Candidate], blend: Blend, on_text: Callable[[], object] | None
    ) -> RankedGroup:
        texts = [np.concatenate([self._tokenizer.encode(member.text), self._end_ids]) for member in members]
        ranked = []
        for member, log_p in zip(members, self.log_probabilities(texts, on_text), strict=True):
            score = blend.score(log_p, max(1, len(member.text) + len(self._end_ids)), member.outside)
            ranked.append(RankedCandidate(member.text, score, log_p, member.outside))
        ranked.sort(key=lambda candidate: -candidate.score)
        unknown = sum(count_unknown(ids, self._tokenizer) for ids in texts)
        return RankedGroup(group, tuple(ranked), unknown)

    def _advance(self, position: _Position, token: int) -> _Position:
        log_p = position.log_probability + self._log_p(position, token)
        return _Position(*self._predictor.advance((token,), position.state), log_p)

    def _log_p(self, position: _Position, token: int) -> float:
        """Return log p of a token; 0 for <s>, which is not predicted."""
        return 0.0 if token == self._tokenizer.bos_id else log_probability(position.logits, token)


def end_ids(tokenizer: Tokenizer) -> Ids:
    """Return the tokens (0,) or (1,) that end a text: </s>, or a newline if it is in the vocabulary."""
    if tokenizer.eos_id is not None:
        return np.array([tokenizer.eos_id])
    newline = tokenizer.encode("\n")
    return newline[:0] if count_unknown(newline, tokenizer) else newline
