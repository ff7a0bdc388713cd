"""Growth: a tokenizer and another text → one that knows the characters or words of both, and who is who."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

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
    places = {identity: token for token, identity in enumerate(_identities(old))}
    return np.array([places.get(identity, -1) for identity in _identities(new)], np.int64)


def _identities(tokenizer: Tokenizer) -> Iterator[tuple[bytes | str, int]]:
    """What each token stands for, and how many before it stand for the same: subwords have some bytes twice."""
    names = {tokenizer.unk_id: "unknown", tokenizer.bos_id: "start", tokenizer.eos_id: "end"}
    seen: Counter[bytes | str] = Counter()
    for token in range(tokenizer.vocabulary_size):
        identity = names.get(token) or tokenizer.piece(token)
        yield identity, seen[identity]
        seen[identity] += 1
