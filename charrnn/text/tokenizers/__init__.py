"""Tokenizers: a string ↔ a 1-D array of token ids below V, of the smallest unsigned type.

`characters` have one id per character, `pieces` one per byte, `words` and `subwords` one per sequence of bytes;
`documents` adds <s> and </s> to any of them. To add a tokenizer, write a class with the interface `Tokenizer` in a
file of its own, and add it to `make_tokenizer` and `tokenizer_from_json`.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from charrnn.config import SUBWORD_VOCABULARY, TOKENIZERS, WORD_VOCABULARY, TextConfig, minimum_count
from charrnn.errors import ModelError
from charrnn.text.tokenizers.base import UNKNOWN_TEXT, Decoder, Tokenizer, initial_id, never_sampled
from charrnn.text.tokenizers.characters import CharacterTokenizer, alphabet_of
from charrnn.text.tokenizers.documents import DocumentTokenizer
from charrnn.text.tokenizers.pieces import BYTES, ByteTokenizer
from charrnn.text.tokenizers.subwords import SubwordTokenizer, learn_pieces
from charrnn.text.tokenizers.words import WordTokenizer, frequent_words

__all__ = [
    "UNKNOWN_TEXT",
    "ByteTokenizer",
    "CharacterTokenizer",
    "Decoder",
    "DocumentTokenizer",
    "SubwordTokenizer",
    "Tokenizer",
    "WordTokenizer",
    "initial_id",
    "make_tokenizer",
    "never_sampled",
    "tokenizer_from_json",
]

_KEYS = {"character": {"characters"}, "byte": set[str](), "word": {"words"}, "subword": {"model_sha256"}}


def make_tokenizer(config: TextConfig, chunks: Callable[[], Iterable[str]], characters: int) -> Tokenizer:
    """Learn a tokenizer from a training text: `chunks` returns its chunks at each call, `characters` is its length.

    Raises TextError if a tokenizer cannot be learned from this text.
    """
    tokenizer = _make_inner(config, chunks, characters)
    return tokenizer if config.documents in (None, "none") else DocumentTokenizer(tokenizer, str(config.documents))


def _make_inner(config: TextConfig, chunks: Callable[[], Iterable[str]], characters: int) -> Tokenizer:
    if config.tokenizer == "byte":
        return ByteTokenizer(config.normal_form)
    if config.tokenizer == "word":
        size = (config.vocab_size or WORD_VOCABULARY) - len(BYTES)
        min_count = config.min_count or minimum_count(characters)
        return WordTokenizer(frequent_words(chunks(), size, min_count), config.normal_form)
    if config.tokenizer == "subword":
        model = learn_pieces(chunks, config.vocab_size or SUBWORD_VOCABULARY, config.pieces, characters)
        return SubwordTokenizer(model, config.normal_form)
    return CharacterTokenizer(alphabet_of(chunks(), "\n" if config.documents == "lines" else ""), config.normal_form)


def tokenizer_from_json(values: object, read_model: Callable[[], bytes] = bytes) -> Tokenizer:
    """Return the tokenizer that wrote `values` by `to_json`; `read_model` returns its `model`.

    Raises ModelError for other values.
    """
    kind = values.get("kind") if isinstance(values, dict) else None
    if not isinstance(values, dict) or kind not in TOKENIZERS:
        raise ModelError(f"tokenizer.json does not describe one of the tokenizers {', '.join(TOKENIZERS)}")
    values = dict(values)
    documents = values.pop("documents", None)
    expected = {"kind", "normal_form"} | _KEYS[kind]
    if set(values) != expected:
        keys = ", ".join(sorted(map(str, set(values) ^ expected)))
        raise ModelError(f"tokenizer.json has missing or unknown keys: {keys}; was it made by a newer charrnn?")
    tokenizer = _inner_from_json(kind, values, read_model)
    return tokenizer if documents is None else DocumentTokenizer(tokenizer, documents)


def _inner_from_json(kind: str, values: dict[str, Any], read_model: Callable[[], bytes]) -> Tokenizer:
    normal_form = values["normal_form"]
    if kind == "byte":
        return ByteTokenizer(normal_form)
    if kind == "word":
        if not isinstance(values["words"], list):
            raise ModelError("the words in tokenizer.json must be a list; this file is damaged")
        return WordTokenizer(tuple(values["words"]), normal_form)
    if kind == "subword":
        model = read_model()
        if hashlib.sha256(model).hexdigest() != values["model_sha256"]:
            raise ModelError("tokenizer.model does not belong to tokenizer.json; restore both")
        return SubwordTokenizer(model, normal_form)
    if not isinstance(values["characters"], str):
        raise ModelError("the characters in tokenizer.json must be one string; this file is damaged")
    return CharacterTokenizer(values["characters"], normal_form)
