"""Completion: a text → the likeliest next words, with their exact probabilities.

The probability of a word is that of the text going on with it and ending it there: the product over its tokens, times
the chance that what follows is no part of a word. The words are found by a best-first search over what may be typed
next: a beginning is at least as likely as all words that begin so, and so the search may stop as soon as no open
beginning is likelier than the words found. A script without spaces has words of one character.
"""

import heapq
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.language.predictor import Predictor
from charrnn.network.arrays import Array
from charrnn.network.losses import softmax
from charrnn.text.tokenizers import Tokenizer

MOST_EXPANSIONS = 600
LEAST = 1e-9
"""Beginnings that are less likely are not followed."""
JOINERS = "'’-"
"""They are part of a word when something stands before them in it."""
_SPACELESS = ((0x2E80, 0x303F), (0x3041, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
"""Han and kana: each of their characters is a word."""


@dataclass(frozen=True)
class Completion:
    """A word, what is left of it to type after the text, and the probability that it comes next."""

    word: str
    ending: str
    probability: float


def is_whole_word(character: str) -> bool:
    """Whether it belongs to a script without spaces."""
    return character.isalpha() and any(low <= ord(character) <= high for low, high in _SPACELESS)


def word_at_end(text: str) -> str:
    """The word that a text ends in, as far as it is typed; empty if it does not end in one."""
    begin = len(text)
    while begin and _in_word(text[begin - 1]):
        begin -= 1
    return text[begin:].lstrip(JOINERS)


def _in_word(character: str) -> bool:
    return character in JOINERS or (character.isalnum() and not is_whole_word(character))


@dataclass(frozen=True)
class _Beginning:
    """What may come next: `text`, then tokens that are no character yet, the last of them not read from `state`."""

    text: str
    unfinished: tuple[int, ...]
    token: int
    state: Array


class _Search:
    """One search: the words found so far, and the beginnings to go on with, likeliest first."""

    def __init__(self, tokenizer: Tokenizer, kinds: "_Kinds", typed: str, spaced: bool) -> None:
        self._tokenizer, self._kinds, self._typed, self._spaced = tokenizer, kinds, typed, spaced
        self._heap: list[tuple[float, int, _Beginning]] = []
        self._order = itertools.count()
        self.found: dict[str, float] = {}

    def likeliest(self, n: int) -> tuple[float, _Beginning] | None:
        """The likeliest beginning and its probability; None if none can change the n likeliest words any more."""
        if not self._heap:
            return None
        words = sorted(self.found.values(), reverse=True)
        if len(words) >= n and words[n - 1] >= -self._heap[0][0]:
            return None
        negative, _, beginning = heapq.heappop(self._heap)
        return -negative, beginning

    def branch(self, p: NDArray[np.float64], text: str, unfinished: tuple[int, ...], state: Array) -> None:
        """What may follow a beginning: p (V,) are the probabilities of it with each next token."""
        if unfinished:
            for token in np.flatnonzero(p > LEAST):
                self._follow(int(token), float(p[token]), text, (*unfinished, int(token)), state)
            return
        kinds, in_word = self._kinds, bool(self._typed or text.strip())
        if in_word:
            self._count(text, float(p[kinds.ends].sum()))
        else:
            for token in np.flatnonzero(kinds.whole & (p > LEAST)):
                self._count(text + kinds.texts[token], float(p[token]))
        goes_on = kinds.letters | kinds.unfinished | (kinds.joiners & in_word)
        if not in_word and not text and not self._spaced:
            goes_on = goes_on | kinds.space
        for token in np.flatnonzero(goes_on & (p > LEAST)):
            self._push(float(p[token]), _Beginning(text, (), int(token), state))

    def _follow(self, token: int, p: float, text: str, tokens: tuple[int, ...], state: Array) -> None:
        """The same for one token behind others that are no character yet."""
        character, in_word = self._tokenizer.decode(tokens), bool(self._typed or text.strip())
        if "\ufffd" in character:
            if len(tokens) < 4:
                self._push(p, _Beginning(text, tokens[:-1], token, state))
        elif is_whole_word(character) and not in_word:
            self._count(text + character, p)
        elif (character.isalnum() and not is_whole_word(character)) or (character in JOINERS and in_word):
            self._push(p, _Beginning(text, tokens[:-1], token, state))
        elif in_word:
            self._count(text, p)

    def _count(self, ending: str, p: float) -> None:
        self.found[ending] = self.found.get(ending, 0.0) + p

    def _push(self, p: float, beginning: _Beginning) -> None:
        heapq.heappush(self._heap, (-p, next(self._order), beginning))


class _Kinds:
    """What each of the V tokens is: a flag (V,) a kind."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        V = tokenizer.vocabulary_size
        self.texts = ["" if token == tokenizer.unknown else tokenizer.decode([token]) for token in range(V)]
        broken = np.array([text == "\ufffd" for text in self.texts])
        self.unfinished = broken & np.array([0xC2 <= token < 0xF5 for token in range(V)])
        self.whole = np.array([bool(text) and is_whole_word(text) for text in self.texts])
        self.joiners = np.array([bool(text) and text in JOINERS for text in self.texts])
        self.letters = np.array([text.isalnum() for text in self.texts]) & ~self.whole
        self.space = np.array([text == " " for text in self.texts])
        known = np.array([bool(text) for text in self.texts])
        self.ends = known & ~(self.letters | self.joiners | self.unfinished)


class Completer:
    """Completes texts with one predictor, each read on from what it shares with the one before. Not for two threads.

    `exact` tells whether the last search came to its end before MOST_EXPANSIONS steps.
    """

    def __init__(self, predictor: Predictor, tokenizer: Tokenizer, start: int) -> None:
        """`start` is the token that stands before every text."""
        self._predictor, self._tokenizer = predictor, tokenizer
        self._kinds = _Kinds(tokenizer)
        self._tokens = [start]
        self._known = [predictor.advance([start], predictor.start())]
        self.exact = True

    def complete(self, text: str, n: int = 5) -> list[Completion]:
        """The n likeliest words that come next, or that end the word which the text ends in, likeliest first.

        Where the text does not end in white space, the space before the next word is part of the ending.
        """
        logits, state = self._after(text)
        typed = word_at_end(text)
        search = _Search(self._tokenizer, self._kinds, typed, spaced=not text or text[-1:].isspace())
        search.branch(_probabilities(logits), "", (), state)
        self.exact = True
        for expansions in itertools.count():
            likeliest = search.likeliest(n)
            if likeliest is None:
                break
            if expansions == MOST_EXPANSIONS:
                self.exact = False
                break
            p, beginning = likeliest
            logits, state = self._predictor.advance((beginning.token,), beginning.state)
            tokens = (*beginning.unfinished, beginning.token)
            character = self._tokenizer.decode(tokens)
            broken = "\ufffd" in character
            text_after = beginning.text if broken else beginning.text + character
            search.branch(p * _probabilities(logits), text_after, tokens if broken else (), state)
        words = sorted(search.found.items(), key=lambda pair: -pair[1])[:n]
        return [Completion(typed + ending.strip(), ending, p) for ending, p in words]

    def _after(self, text: str) -> tuple[Array, Array]:
        """Logits and state after a text; what the last one shares with it is not read again."""
        tokens = [self._tokens[0], *(int(token) for token in self._tokenizer.encode(text))]
        same = next((i for i, (a, b) in enumerate(zip(tokens, self._tokens, strict=False)) if a != b), None)
        kept = min(len(tokens), len(self._tokens)) if same is None else same
        del self._tokens[kept:], self._known[kept:]
        for token in tokens[kept:]:
            self._known.append(self._predictor.advance((token,), self._known[-1][1]))
            self._tokens.append(token)
        return self._known[-1]


def _probabilities(logits: Array) -> NDArray[np.float64]:
    return np.asarray(softmax(logits.astype(np.float64)), np.float64)
