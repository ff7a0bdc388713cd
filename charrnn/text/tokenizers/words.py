"""Words: the frequent words of a text have an id each; whatever else there is, is spelled in UTF-8 bytes.

A word is letters, marks and digits, with apostrophes and hyphens inside; the space before it is part of it, so that
a text of words has hardly more tokens than words (Radford et al. 2019 cut a text like that). A sign is a word of its
own, and so is each Han or kana character, unless spaces tell words apart there too. Nothing is lost: the pieces of a
text, joined, are the text.
"""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from charrnn.errors import ModelError
from charrnn.text.ids import Ids, id_dtype
from charrnn.text.normal_form import check_normal_form, normalize
from charrnn.text.tokenizers.pieces import BYTES, Pieces, utf8
from charrnn.text.word_boundaries import HAN, JOINERS

MOST_COUNTED = 2_000_000
"""Different words that are counted at a time; beyond it, those that came once are forgotten."""
LONGEST_HAN_WORD = 8
LONGEST_HELD = 1000


@cache
def _pattern() -> re.Pattern[str]:
    marks = "".join(
        each for each in map(chr, range(0x300, sys.maxunicode + 1)) if unicodedata.category(each).startswith("M")
    )
    spaceless = "".join(f"{chr(low)}-{chr(high)}" for low, high in HAN)
    letter = rf"(?:(?![{spaceless}])[\w{marks}])"
    word = rf"{letter}+(?:[{JOINERS}]{letter}+)*"
    han = rf"[{spaceless}]{{1,{LONGEST_HAN_WORD}}}"
    return re.compile(rf"\n| {han}(?!\S)|(?<!\S){han}(?= )| ?{word}| ?\S|\s")


def split_words(text: str) -> list[str]:
    """The words of a text, each with the space before it; joined, they are the text.

    >>> split_words("She'd never been late.")
    ["She'd", ' never', ' been', ' late', '.']
    """
    return _pattern().findall(text)


@dataclass(frozen=True)
class WordTokenizer(Pieces):
    """256 bytes, then `words` in sorted order. ModelError if `words` is not such a list."""

    words: tuple[str, ...]
    normal_form: str | None = None
    kind = "word"

    def __post_init__(self) -> None:
        sound = all(isinstance(word, str) and word for word in self.words)
        if not sound or list(self.words) != sorted(set(self.words)):
            raise ModelError(
                "the words in tokenizer.json must be in sorted order, each once and none empty; this file is damaged"
            )
        check_normal_form(self.normal_form)

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        return (*BYTES, *map(utf8, self.words))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: len(BYTES) + index for index, word in enumerate(self.words)}

    def encode(self, text: str) -> Ids:
        ids: list[int] = []
        for word in split_words(normalize(text, self.normal_form)):
            token = self._ids.get(word)
            if token is None:
                ids.extend(utf8(word))
            else:
                ids.append(token)
        return np.array(ids, id_dtype(self.vocabulary_size))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "normal_form": self.normal_form, "words": list(self.words)}


def frequent_words(chunks: Iterable[str], size: int, min_count: int) -> tuple[str, ...]:
    """The words that come `min_count` times or more, at most `size` of them, the most frequent; in sorted order.

    A word of one byte is left out: it has an id already.
    """
    counts: Counter[str] = Counter()
    for word in _whole_words(chunks):
        counts[word] += 1
        if len(counts) > MOST_COUNTED:
            counts = Counter({each: count for each, count in counts.items() if count > 1})
    for byte in map(chr, range(0x80)):
        counts.pop(byte, None)
    frequent = [(-count, word) for word, count in counts.items() if count >= min_count and not _odd(word)]
    return tuple(sorted(word for _, word in sorted(frequent)[:size]))


def _whole_words(chunks: Iterable[str]) -> Iterator[str]:
    """The words of a text in chunks: what stands behind the last space of a chunk may go on in the next."""
    held = ""
    for chunk in chunks:
        text = held + chunk
        end = max(text.rfind(" "), text.rfind("\n"), len(text) - LONGEST_HELD)
        held = text[max(end, 0) :]
        yield from split_words(text[: max(end, 0)])
    yield from split_words(held)


def _odd(word: str) -> bool:
    """Whether there is a lone surrogate in it, which no JSON file should have."""
    return any(0xD800 <= ord(each) < 0xE000 for each in word)
