"""Splits: a corpus in its normal form → a training part and a validation part, its end or documents of it."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from charrnn.config import END, RANDOM, TextConfig
from charrnn.errors import TextError, UsageError
from charrnn.text.chunks import Chunk, head, strings
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.holdout import FEWEST_DOCUMENTS, LINES, document_lengths, draw_documents, split_documents
from charrnn.text.normal_form import normalized_chunks
from charrnn.text.progress import READING, OnProgress, report_chunks
from charrnn.text.sources import STANDARD_INPUT, is_shadowed

MOST_NAMED = 1000
"""Number of files up to which those that are held out are named; of more, the seed and the number say which."""


@dataclass(frozen=True, eq=False)
class Split:
    """A corpus and its division into a training part and a validation part.

    Of its `characters`, in the normal form, the first `training_characters` are the training part. If `held_out` is
    given, a mask (n,) of its documents, those that are held out are the validation part, and all others the training
    part, each in the order of the text.
    """

    corpus: Corpus
    config: TextConfig
    characters: int
    training_characters: int
    held_out: NDArray[np.bool_] | None = None

    @property
    def validation_characters(self) -> int:
        """Length of the validation part."""
        return self.characters - self.training_characters

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks of the whole text."""
        return normalized_chunks(self.corpus.chunks(), self.config.normal_form)

    def parts(self, chunks: Iterable[Chunk] | None = None) -> Iterator[tuple[Chunk, bool]]:
        """Yield the chunks of the whole text, divided, each with True if it belongs to the training part."""
        chunks = self.chunks() if chunks is None else chunks
        if self.held_out is None:
            return split_at(chunks, self.training_characters)
        return split_documents(chunks, self.held_out, str(self.config.documents))

    def training(self) -> Iterator[str]:
        """Yield the text of the training part in chunks."""
        parts = self.parts()
        if self.held_out is None:
            parts = itertools.takewhile(lambda part: part[1], parts)
        return strings(chunk for chunk, in_training in parts if in_training)

    def validation(self) -> Iterator[str]:
        """Yield the text of the validation part in chunks."""
        return strings(chunk for chunk, in_training in self.parts() if not in_training)


def choose_split(corpus: Corpus, config: TextConfig, on_progress: OnProgress | None = None) -> Split:
    """Return the split of a new run, with what was chosen in its config.

    By default, documents are held out at random if they are many lines or files, else the end of the text. Raises
    UsageError if `holdout` is random and there are no two documents.
    """
    if config.documents in (None, "none"):
        if config.holdout == RANDOM:
            raise UsageError("`holdout` random needs `documents` files or lines")
        return split_corpus(corpus, replace(config, holdout=END), on_progress)
    if config.holdout == END or config.val_fraction == 0.0:
        return split_corpus(corpus, replace(config, holdout=END), on_progress)
    lengths = _document_lengths(corpus, config, on_progress)
    is_many = len(lengths) >= FEWEST_DOCUMENTS and len(lengths) * config.val_fraction >= 1.0
    if config.holdout is None and not is_many:
        return split_corpus(corpus, replace(config, holdout=END), on_progress)
    if len(lengths) < 2:
        raise UsageError("`holdout` random needs 2 documents or more, and this text is one; leave it out")
    return _split_at_random(corpus, replace(config, holdout=RANDOM), lengths)


def split_corpus(corpus: Corpus, config: TextConfig, on_progress: OnProgress | None = None) -> Split:
    """Return the split that a config describes: its documents, or the last `val_fraction` of the characters.

    Lengths are rounded in favor of the validation part.
    """
    if config.holdout == RANDOM:
        return _split_at_random(corpus, config, _document_lengths(corpus, config, on_progress))
    characters = count_characters(corpus, config.normal_form, on_progress)
    return Split(corpus, config, characters, training_length(characters, config.val_fraction))


def _split_at_random(corpus: Corpus, config: TextConfig, lengths: NDArray[np.int64]) -> Split:
    held_out = draw_documents(len(lengths), config.val_fraction, config.holdout_seed)
    names: tuple[str, ...] = ()
    if config.documents != LINES and len(lengths) <= MOST_NAMED:
        names = tuple(corpus.documents[number].name for number in np.flatnonzero(held_out))
    config = replace(config, held_out=names, held_out_documents=int(held_out.sum()))
    return Split(corpus, config, int(lengths.sum()), int(lengths[~held_out].sum()), held_out)


def _document_lengths(corpus: Corpus, config: TextConfig, on_progress: OnProgress | None) -> NDArray[np.int64]:
    chunks = report_chunks(corpus.chunks(), READING, corpus.report.characters, on_progress)
    return document_lengths(normalized_chunks(chunks, config.normal_form), str(config.documents))


def _split_of_run(config: TextConfig, corpus: Corpus | None, on_progress: OnProgress | None) -> Split:
    """Return the split of a run's text. Raises TextError if the text has moved or changed."""
    return split_corpus(corpus or reopen_corpus(config, on_progress=on_progress), config, on_progress)


def training_text(
    config: TextConfig, limit: int, corpus: Corpus | None = None, on_progress: OnProgress | None = None
) -> str:
    """Return up to `limit` characters of a run's training part, from its text if that is open already.

    Raises TextError if the text has moved or changed.
    """
    return head(_split_of_run(config, corpus, on_progress).training(), limit)


def validation_text(config: TextConfig, limit: int, on_progress: OnProgress | None = None) -> str:
    """Return up to `limit` characters of a run's validation part; TextError if its text has moved or changed."""
    return head(_split_of_run(config, None, on_progress).validation(), limit)


def reopen_corpus(
    config: TextConfig,
    sources: tuple[str, ...] = (),
    stdin: BinaryIO | None = None,
    *,
    remedy: str = "work in the folder where it was trained, or put the text there",
    on_progress: OnProgress | None = None,
) -> Corpus:
    """Read the text of a run again, from its first location or, if it has moved, from `sources`.

    Raises TextError if the text came from standard input, is not at its location, or has changed; `remedy` is the
    advice in the error if `sources` is empty.
    """
    names = ", ".join(sources or config.sources)
    if not sources and config.sources == ("-",):
        raise TextError(f"the text of this run came from standard input and was not kept; {remedy}")
    try:
        corpus = _read_preferring_builtin(config, sources or config.sources, stdin, on_progress)
    except UsageError as error:
        if sources:
            raise
        raise TextError(f"the text of this run is not here: there is no {names}; {remedy}") from error
    if corpus.report.sha256 != config.sha256:
        remedy = "name the file that holds it" if sources else remedy
        raise TextError(f"{names} is not the text that this run was trained on; {remedy}")
    return corpus


def _read_preferring_builtin(
    config: TextConfig, names: tuple[str, ...], stdin: BinaryIO | None, on_progress: OnProgress | None
) -> Corpus:
    """Read the text of a run; of a path and a built-in text of the same name, read the one that matches."""
    if STANDARD_INPUT not in names and any(map(is_shadowed, names)):
        with suppress(TextError):
            corpus = read_corpus(names, encoding=config.encoding, builtin_first=True, on_progress=on_progress)
            if corpus.report.sha256 == config.sha256:
                return corpus
    return read_corpus(names, encoding=config.encoding, stdin=stdin, on_progress=on_progress)


def training_length(characters: int, val_fraction: float) -> int:
    """Return the length of the training part in characters, in decimal arithmetic."""
    return int(characters * (1 - Fraction(str(val_fraction))))


def count_characters(corpus: Corpus, normal_form: str | None, on_progress: OnProgress | None = None) -> int:
    """Return the number of characters of a corpus in its normal form."""
    if normal_form is None:
        return corpus.report.characters
    chunks = report_chunks(corpus.chunks(), READING, corpus.report.characters, on_progress)
    return sum(map(len, strings(normalized_chunks(chunks, normal_form))))


def split_at(chunks: Iterable[Chunk], cut: int) -> Iterator[tuple[Chunk, bool]]:
    """Yield the chunks, divided at the character `cut`, each with True if it precedes the cut.

    A document end at the cut precedes it.
    """
    position = 0
    for chunk in chunks:
        if not isinstance(chunk, str):
            yield chunk, position <= cut
            continue
        size = max(0, cut - position)
        if chunk[:size]:
            yield chunk[:size], True
        if chunk[size:]:
            yield chunk[size:], False
        position += len(chunk)
