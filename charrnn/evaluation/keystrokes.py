"""Keystrokes: how many a writer of a text would save, who is shown the likeliest words at every letter.

A word costs its letters, or fewer and one more for taking it from what is shown, where that is fewer; whatever is no
word costs a keystroke a character. Where words are not told apart by spaces, a word is what is shown and fits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from charrnn.language.completion.search import Completer
from charrnn.text.word_boundaries import JOINERS, is_han, is_letter

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
    tally, end = _Tally(), 0
    for begin, end_of_word in words_of(text):
        if tally.words == most_words:
            break
        if begin < end:  # within a word of several Han characters that was taken
            continue
        end = (
            tally.han(completer, text, begin)
            if is_han(text[begin])
            else tally.word(completer, text, begin, end_of_word)
        )
    length = end if tally.words else len(text)
    shares = {n: tuple(hit / max(1, of) for hit, of in zip(tally.hits[n], tally.asked, strict=True)) for n in SHOWN}
    one, three = (tally.saved[n] / max(1, length) for n in SHOWN)
    return Keystrokes(tally.words, length, one, three, top_1=shares[1], top_3=shares[3])


class _Tally:
    """What was saved so far, and how often the word was there after 0, 1, … letters."""

    def __init__(self) -> None:
        self.words, self.asked = 0, [0] * (MOST_LETTERS + 1)
        self.saved = dict.fromkeys(SHOWN, 0)
        self.hits = {n: [0] * (MOST_LETTERS + 1) for n in SHOWN}

    def word(self, completer: Completer, text: str, begin: int, end: int) -> int:
        """A word of letters, which can be taken after any of them; where it ends."""
        shown = [_shown(completer, text[:at]) for at in range(begin, end)]
        ranks = [words.index(text[begin:end]) if text[begin:end] in words else max(SHOWN) for words in shown]
        self.words += 1
        for letters, rank in enumerate(ranks[: MOST_LETTERS + 1]):
            self.asked[letters] += 1
            for n in SHOWN:
                self.hits[n][letters] += rank < n
        for n in SHOWN:
            shown_at = next((letters for letters, rank in enumerate(ranks) if rank < n), len(ranks))
            self.saved[n] += max(0, len(ranks) - shown_at - 1)
        return end

    def han(self, completer: Completer, text: str, begin: int) -> int:
        """As many Han characters as the longest word that is shown and fits, or one; where they end."""
        shown, longest = _shown(completer, text[:begin]), 1
        self.words += 1
        self.asked[0] += 1
        for n in SHOWN:
            fitting = [len(word) for word in shown[:n] if text.startswith(word, begin)]
            self.hits[n][0] += bool(fitting)
            longest = max([longest, *fitting])
            self.saved[n] += max([1, *fitting]) - 1
        return begin + longest


def _shown(completer: Completer, before: str) -> list[str]:
    """The likeliest words, as far as they are shown."""
    return [each.word for each in completer.complete(before, max(SHOWN))]


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
