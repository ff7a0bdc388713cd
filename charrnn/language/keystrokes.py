"""Keystrokes: how many a writer of a text would save, who is shown the likeliest words at every letter.

A word costs its letters, or fewer and one more for taking it from what is shown, where that is fewer; whatever is no
word costs a keystroke a character.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from charrnn.language.completion import Completer
from charrnn.text.words import JOINERS, is_han, is_letter

SHOWN = (1, 3)
"""How many words are shown."""
MOST_LETTERS = 4
"""Letters after which it is asked whether the word is shown."""


@dataclass(frozen=True)
class Keystrokes:
    """What a writer saves. `saved_with_n` is the share of all keystrokes, with n words shown.

    `top_n` is the share of words that are among the n likeliest after 0, 1, … 4 letters, of those with more letters.
    """

    words: int
    characters: int
    saved_with_1: float
    saved_with_3: float
    top_1: tuple[float, ...]
    top_3: tuple[float, ...]


def count_keystrokes(completer: Completer, text: str, most_words: int) -> Keystrokes:
    """Write a text, up to so many words of it.

    >>> keys = count_keystrokes(LanguageModel.load(run).completer(), "the old lamp at the end of the quay", 100)
    >>> keys.words, keys.characters
    (9, 35)
    """
    words = [span for span, _ in zip(words_of(text), range(most_words), strict=False)]
    length = words[-1][1] if words else len(text)
    saved = dict.fromkeys(SHOWN, 0)
    hits = {n: [0] * (MOST_LETTERS + 1) for n in SHOWN}
    asked = [0] * (MOST_LETTERS + 1)
    for begin, end in words:
        ranks = [_rank(completer, text[:at], text[begin:end]) for at in range(begin, end)]
        for letters, rank in enumerate(ranks[: MOST_LETTERS + 1]):
            asked[letters] += 1
            for n in SHOWN:
                hits[n][letters] += rank < n
        for n in SHOWN:
            shown_at = next((letters for letters, rank in enumerate(ranks) if rank < n), len(ranks))
            saved[n] += max(0, len(ranks) - shown_at - 1)
    shares = {n: tuple(hit / max(1, of) for hit, of in zip(hits[n], asked, strict=True)) for n in SHOWN}
    return Keystrokes(
        len(words), length, saved[1] / max(1, length), saved[3] / max(1, length), top_1=shares[1], top_3=shares[3]
    )


def _rank(completer: Completer, before: str, word: str) -> int:
    """The place of a word among the likeliest, from 0; beyond the last one if it is not there."""
    found = [each.word for each in completer.complete(before, max(SHOWN))]
    return found.index(word) if word in found else max(SHOWN)


def words_of(text: str) -> Iterator[tuple[int, int]]:
    """Where the words of a text begin and end; a Han character is one."""
    begin = None
    for at, each in enumerate(text):
        if is_letter(each) or (each in JOINERS and begin is not None):
            begin = at if begin is None else begin
            continue
        if begin is not None:
            yield begin, begin + len(text[begin:at].rstrip(JOINERS))
            begin = None
        if is_han(each):
            yield at, at + 1
    if begin is not None:
        yield begin, begin + len(text[begin:].rstrip(JOINERS))
