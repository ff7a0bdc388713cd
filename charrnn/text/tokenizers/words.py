"""Word tokenizer: one id per frequent word of a text, and UTF-8 bytes for everything else.

A word consists of letters, marks and digits, with apostrophes and hyphens inside. The space before a word is part of
it, so that spaces need no tokens (as in Radford et al. 2019). A punctuation mark is a word of its own, and so is each
Han or kana character, unless the text has spaces between Han words. Joined, the words of a text are the text.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from charrnn.errors import ModelError
from charrnn.text.ids import Ids, id_dtype
from charrnn.text.normal_form import check_normal_form, is_mark, normalize
from charrnn.text.tokenizers.pieces import BYTES, PieceTokenizer, utf8
from charrnn.text.word_boundaries import HAN, JOINERS

MAX_COUNTED = 2_000_000
"""Largest number of different words that are counted; beyond it, words with one occurrence are dropped."""
MAX_HAN_WORD = 8
"""Largest length of a Han word between spaces; a longer run of Han characters is not taken as one word."""
MAX_PENDING = 1000
"""Largest number of characters at the end of a chunk that are held back as the possible beginning of a word."""


@cache
def _word_pattern() -> re.Pattern[str]:
    marks = "".join(filter(is_mark, map(chr, range(0x300, sys.maxunicode + 1))))
    han = "".join(f"{chr(low)}-{chr(high)}" for low, high in HAN)
    letter = rf"(?:(?![{han}])[\w{marks}])"
    word = rf"{letter}+(?:[{JOINERS}]{letter}+)*"
    han_word = rf"[{han}]{{1,{MAX_HAN_WORD}}}"
    return re.compile(rf"\n| {han_word}(?!\S)|(?<!\S){han_word}(?= )| ?{word}| ?\S|\s")


def split_words(text: str) -> list[str]:
    """Return the words of a text, each with the space before it. Joined, they are the text.

    >>> split_words("She'd never been late.")
    ["She'd", ' never', ' been', ' late', '.']
    """
    return _word_pattern().findall(text)


@dataclass(frozen=True)
class WordTokenizer(PieceTokenizer):
    """The 256 bytes, then `words`. Raises ModelError if the words are not sorted and unique, or one is empty."""

    words: tuple[str, ...]
    normal_form: str | None = None
    kind = "word"

    def __post_init__(self) -> None:
        are_words = all(isinstance(word, str) and word for word in self.words)
        if not are_words or list(self.words) != sorted(set(self.words)):
            raise ModelError("the words in tokenizer.json must be sorted, unique and not empty; this file is damaged")
        check_normal_form(self.normal_form)

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        return (*BYTES, *map(utf8, self.words))

    @cached_property
    def _word_ids(self) -> dict[str, int]:
        return {word: len(BYTES) + index for index, word in enumerate(self.words)}

    def encode(self, text: str) -> Ids:
        ids: list[int] = []
        for word in split_words(normalize(text, self.normal_form)):
            token = self._word_ids.get(word)
            if token is None:
                ids.extend(utf8(word))
            else:
                ids.append(token)
        return np.array(ids, id_dtype(self.vocabulary_size))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "normal_form": self.normal_form, "words": list(self.words)}


def frequent_words(chunks: Iterable[str], size: int, min_count: int) -> tuple[str, ...]:
    """Return the `size` most frequent words with at least `min_count` occurrences, in sorted order.

    ASCII characters are left out, since each is a byte and has an id already.
    """
    counts: Counter[str] = Counter()
    for word in _whole_words(chunks):
        counts[word] += 1
        if len(counts) > MAX_COUNTED:
            counts = Counter({word: count for word, count in counts.items() if count > 1})
    for character in map(chr, range(0x80)):
        counts.pop(character, None)
    frequent = [(-count, word) for word, count in counts.items() if count >= min_count and not _has_surrogate(word)]
    return tuple(sorted(word for _, word in sorted(frequent)[:size]))


def _whole_words(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the words of a text in chunks. The text after the last space of a chunk is joined to the next chunk."""
    pending = ""
    for chunk in chunks:
        text = pending + chunk
        end = max(text.rfind(" "), text.rfind("\n"), len(text) - MAX_PENDING, 0)
        pending = text[end:]
        yield from split_words(text[:end])
    yield from split_words(pending)


def _has_surrogate(word: str) -> bool:
    """Return True if the word has a lone surrogate, which JSON files should not have."""
    return any(0xD800 <= ord(character) < 0xE000 for character in word)
