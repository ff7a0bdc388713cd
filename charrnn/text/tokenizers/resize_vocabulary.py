"""Extension of a vocabulary: a tokenizer and another text → a tokenizer for both, and the old ids of its tokens."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from charrnn.text.tokenizers.base import Tokenizer
from charrnn.text.tokenizers.characters import CharacterTokenizer, alphabet_of
from charrnn.text.tokenizers.documents import DocumentTokenizer
from charrnn.text.tokenizers.words import WordTokenizer, frequent_words


def extend_tokenizer(
    tokenizer: Tokenizer, chunks: Callable[[], Iterable[str]], max_words: int, min_count: int
) -> Tokenizer:
    """Return a tokenizer that also has the characters, or the frequent words, of a text.

    Byte and subword tokenizers are returned unchanged.
    """
    if isinstance(tokenizer, DocumentTokenizer):
        inner = extend_tokenizer(tokenizer.inner, chunks, max_words, min_count)
        return DocumentTokenizer(inner, tokenizer.documents)
    if isinstance(tokenizer, CharacterTokenizer):
        return CharacterTokenizer(alphabet_of(chunks(), tokenizer.alphabet), tokenizer.normal_form)
    if isinstance(tokenizer, WordTokenizer):
        words = {*tokenizer.words, *frequent_words(chunks(), max_words, min_count)}
        return WordTokenizer(tuple(sorted(words)), tokenizer.normal_form)
    return tokenizer


def old_ids(old: Tokenizer, new: Tokenizer) -> npt.NDArray[np.int64]:
    """Map each new token id to its old id, shape (V,); -1 where the old vocabulary has no such token."""
    old_id = {key: token for token, key in enumerate(_keys(old))}
    return np.array([old_id.get(key, -1) for key in _keys(new)], np.int64)


def _keys(tokenizer: Tokenizer) -> Iterator[tuple[bytes | str, int]]:
    """Yield a key for each token: its bytes or its role, and the number of earlier tokens with the same ones.

    The number tells duplicates apart: subword vocabularies contain some single bytes twice.
    """
    roles = {tokenizer.unk_id: "unk", tokenizer.bos_id: "bos", tokenizer.eos_id: "eos"}
    occurrences: Counter[bytes | str] = Counter()
    for token in range(tokenizer.vocabulary_size):
        name = roles.get(token) or tokenizer.token_bytes(token)
        yield name, occurrences[name]
        occurrences[name] += 1
