"""Keystrokes: the number of keystrokes that word completion saves when a text is typed.

A word takes one keystroke per letter or, if that is fewer, one per letter typed before the word is offered and one to
accept it. All other characters take one keystroke each. In scripts without spaces, the longest offered word that fits
counts as the word.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from charrnn.language.completion.search import Completer
from charrnn.text.progress import OnShare
from charrnn.text.word_boundaries import JOINERS, is_han, is_letter

OFFERED = (1, 3)
"""Numbers of offered words for which the saving is computed."""
MOST_LETTERS = 4
"""Largest number of typed letters after which hits are counted."""
LONGEST_WAIT = 64
"""Number of typed letters after which a word counts as never offered."""


@dataclass(frozen=True)
class Keystrokes:
    """The keystrokes saved on a text. `saved_with_n` is the share of all keystrokes, with n words offered.

    `top_n` has, for 0, 1, … 4 typed letters, the share of the words with more letters that are among the n offered.
    """

    words: int
    characters: int
    saved_with_1: float
    saved_with_3: float
    top_1: tuple[float, ...]
    top_3: tuple[float, ...]


def count_keystrokes(completer: Completer, text: str, most_words: int, on_share: OnShare | None = None) -> Keystrokes:
    """Count the keystrokes for a text, up to `most_words` of its words.

    >>> keys = count_keystrokes(LanguageModel.load(run).completer(), "the old lamp at the end of the quay", 100)
    >>> keys.words, keys.characters
    (9, 35)
    """
    counter, end = _KeystrokeCounter(completer, text), 0
    for begin, word_end in words_of(text):
        if counter.words == most_words:
            break
        if begin < end:  # within an accepted word of several Han characters
            continue
        end = counter.add_han(begin) if is_han(text[begin]) else counter.add_word(begin, word_end)
        if on_share is not None:
            on_share(counter.words / most_words)
    length = end if counter.words else len(text)
    top = {
        n: tuple(hits / max(1, words) for hits, words in zip(counter.hits[n], counter.words_by_letters, strict=True))
        for n in OFFERED
    }
    saved = {n: counter.saved[n] / max(1, length) for n in OFFERED}
    return Keystrokes(counter.words, length, saved[1], saved[3], top_1=top[1], top_3=top[3])


class _KeystrokeCounter:
    """Counts words, saved keystrokes, and how often the word was offered after 0, 1, … letters."""

    def __init__(self, completer: Completer, text: str) -> None:
        self._completer, self._text = completer, text
        self.words, self.words_by_letters = 0, [0] * (MOST_LETTERS + 1)
        self.saved = dict.fromkeys(OFFERED, 0)
        self.hits = {n: [0] * (MOST_LETTERS + 1) for n in OFFERED}

    def add_word(self, begin: int, end: int) -> int:
        """Add a word of letters, which can be accepted after any of them; return its end."""
        letters_of_word, ranks = end - begin, self._ranks(begin, end)
        self.words += 1
        for letters, rank in enumerate(ranks[: MOST_LETTERS + 1]):
            self.words_by_letters[letters] += 1
            for n in OFFERED:
                self.hits[n][letters] += rank < n
        for n in OFFERED:
            offered_after = next((letters for letters, rank in enumerate(ranks) if rank < n), letters_of_word)
            self.saved[n] += max(0, letters_of_word - offered_after - 1)
        return end

    def _ranks(self, begin: int, end: int) -> list[int]:
        """Return the ranks of a word after 0, 1, … of its letters, up to the last that a figure depends on."""
        word, ranks = self._text[begin:end], list[int]()
        for position in range(begin, min(end, begin + LONGEST_WAIT)):
            offered = self._offered(position)
            ranks.append(offered.index(word) if word in offered else max(OFFERED))
            if len(ranks) > MOST_LETTERS and min(ranks) == 0:
                break
        return ranks

    def add_han(self, begin: int) -> int:
        """Add the longest offered word of Han characters that fits, or one character; return its end."""
        offered, longest = self._offered(begin), 1
        self.words += 1
        self.words_by_letters[0] += 1
        for n in OFFERED:
            lengths = [len(word) for word in offered[:n] if self._text.startswith(word, begin)]
            self.hits[n][0] += bool(lengths)
            longest = max([longest, *lengths])
            self.saved[n] += max([1, *lengths]) - 1
        return begin + longest

    def _offered(self, position: int) -> list[str]:
        """Return the words that are offered at a position of the text."""
        return [completion.word for completion in self._completer.complete(self._text[:position], max(OFFERED))]


def words_of(text: str) -> Iterator[tuple[int, int]]:
    """Yield begin and end of the words of a text; a Han character is a word."""
    begin = None
    for position, character in enumerate(text):
        if is_letter(character) or (character in JOINERS and begin is not None):
            begin = position if begin is None else begin
            continue
        if begin is not None:
            yield begin, begin + len(text[begin:position].rstrip(JOINERS))
            begin = None
        if is_han(character):
            yield position, position + 1
    if begin is not None:
        yield begin, begin + len(text[begin:].rstrip(JOINERS))
