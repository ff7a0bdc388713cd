"""Splits: a corpus in its normal form → a training part and a validation part that follows it, by characters."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from charrnn.config import TextConfig
from charrnn.errors import TextError, UsageError
from charrnn.text.chunks import Chunk, head, strings
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.normal_form import normalized_chunks
from charrnn.text.progress import READING, OnProgress, report_chunks
from charrnn.text.sources import STANDARD_INPUT, is_shadowed


@dataclass(frozen=True, eq=False)
class Split:
    """A corpus and its division: of its `characters`, in `normal_form`, the first `cut` are the training part."""

    corpus: Corpus
    normal_form: str | None
    characters: int
    cut: int

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks of the whole text."""
        return normalized_chunks(self.corpus.chunks(), self.normal_form)

    def parts(self) -> Iterator[tuple[Chunk, bool]]:
        """Yield the chunks of the whole text, each with True if it belongs to the training part."""
        return split_at(self.chunks(), self.cut)

    def training(self) -> Iterator[str]:
        """Yield the text of the training part in chunks."""
        return strings(chunk for chunk, _ in itertools.takewhile(lambda part: part[1], self.parts()))

    def validation(self) -> Iterator[str]:
        """Yield the text of the validation part in chunks."""
        return strings(chunk for chunk, in_training in self.parts() if not in_training)


def split_corpus(
    corpus: Corpus, normal_form: str | None, val_fraction: float, on_progress: OnProgress | None = None
) -> Split:
    """Return the split whose last `val_fraction` of the characters, rounded up, are for validation."""
    characters = count_characters(corpus, normal_form, on_progress)
    return Split(corpus, normal_form, characters, training_length(characters, val_fraction))


def _split_of_run(config: TextConfig, corpus: Corpus | None = None) -> Split:
    """Return the split of a run's text. Raises TextError if the text has moved or changed."""
    return split_corpus(corpus or reopen_corpus(config), config.normal_form, config.val_fraction)


def training_text(config: TextConfig, limit: int, corpus: Corpus | None = None) -> str:
    """Return up to `limit` characters of a run's training part, from its text if that is open already.

    Raises TextError if the text has moved or changed.
    """
    return head(_split_of_run(config, corpus).training(), limit)


def validation_text(config: TextConfig, limit: int) -> str:
    """Return up to `limit` characters of a run's validation part; TextError if its text has moved or changed."""
    return head(_split_of_run(config).validation(), limit)


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
