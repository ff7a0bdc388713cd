"""Growth: a tokenizer and another text → one that knows the characters or words of both, and who is who."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from charrnn.text.tokenizers.base import Tokenizer
from charrnn.text.tokenizers.characters import CharacterTokenizer, alphabet_in
from charrnn.text.tokenizers.documents import DocumentTokenizer
from charrnn.text.tokenizers.words import WordTokenizer, frequent_words


def grown_tokenizer(
    tokenizer: Tokenizer, chunks: Callable[[], Iterable[str]], most_words: int, min_count: int
) -> Tokenizer:
    """One that also has the characters of a text, or its frequent words; bytes and subwords stay as they are."""
    if isinstance(tokenizer, DocumentTokenizer):
        within = grown_tokenizer(tokenizer.within, chunks, most_words, min_count)
        return DocumentTokenizer(within, tokenizer.documents)
    if isinstance(tokenizer, CharacterTokenizer):
        return CharacterTokenizer(alphabet_in(chunks(), tokenizer.alphabet), tokenizer.normal_form)
    if isinstance(tokenizer, WordTokenizer):
        words = {*tokenizer.words, *frequent_words(chunks(), most_words, min_count)}
        return WordTokenizer(tuple(sorted(words)), tokenizer.normal_form)
    return tokenizer


def kept_ids(old: Tokenizer, new: Tokenizer) -> npt.NDArray[np.int64]:
    """Which token of the old one (V,) each token of the new one was, by what it stands for; -1 for those it lacks."""
    places = {_identity(old, token): token for token in range(old.vocabulary_size)}
    return np.array([places.get(_identity(new, token), -1) for token in range(new.vocabulary_size)], np.int64)


def _identity(tokenizer: Tokenizer, token: int) -> bytes | str:
    names = {tokenizer.unknown: "unknown", tokenizer.start: "start", tokenizer.end: "end"}
    return names.get(token) or tokenizer.piece(token)
