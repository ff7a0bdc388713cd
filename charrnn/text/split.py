"""The parts of a text, as characters in their normal form: what is trained on, and what is held out at its end."""

import itertools
import unicodedata
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import BinaryIO

from charrnn.config import TextConfig
from charrnn.errors import TextError
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.folding import joins_previous


def training_text(config: TextConfig, largest: int) -> str:
    """What a run was trained on, up to `largest` characters; TextError if its text has moved or changed."""
    parts = itertools.takewhile(lambda part: part[1], _parts(config, reopen_corpus(config)))
    return beginning((piece for piece, _ in parts), largest)


def validation_text(config: TextConfig, largest: int) -> str:
    """What a run held out, up to `largest` characters; TextError if its text has moved or changed."""
    return beginning(validation_part(config, reopen_corpus(config)), largest)


def validation_part(config: TextConfig, corpus: Corpus) -> Iterator[str]:
    """What a run held out of its text, in chunks."""
    return (piece for piece, is_training in _parts(config, corpus) if not is_training)


def beginning(chunks: Iterable[str], largest: int) -> str:
    """The first `largest` characters of a text."""
    pieces, room = [], largest
    for chunk in chunks:
        pieces.append(chunk[:room])
        room -= len(pieces[-1])
        if not room:
            break
    return "".join(pieces)


def reopen_corpus(config: TextConfig, sources: tuple[str, ...] = (), stdin: BinaryIO | None = None) -> Corpus:
    """The text of a run, from where it was or, if it has moved, from `sources`; TextError if it is another one."""
    if not sources and config.sources == ("-",):
        raise TextError("the text of this run came from standard input, and is not there any more")
    corpus = read_corpus(sources or config.sources, encoding=config.encoding, stdin=stdin)
    if corpus.report.sha256 != config.sha256:
        names = ", ".join(sources or config.sources)
        raise TextError(f"{names} is not the text that this run was trained on; name where that one is now")
    return corpus


def _parts(config: TextConfig, corpus: Corpus) -> Iterator[tuple[str, bool]]:
    cut = training_length(count_characters(corpus, config.normal_form), config.val_fraction)
    return split_at(normalised(corpus, config.normal_form), cut)


def training_length(characters: int, val_fraction: float) -> int:
    """How many characters are trained on: all but the last `val_fraction`, which is rounded up."""
    return int(characters * (1 - Fraction(str(val_fraction))))


def count_characters(corpus: Corpus, normal_form: str | None) -> int:
    """How many characters the text has in its normal form."""
    if normal_form is None:
        return corpus.report.characters
    return sum(map(len, normalised(corpus, normal_form)))


def split_at(chunks: Iterator[str], cut: int) -> Iterator[tuple[str, bool]]:
    """The chunks, none of them on both sides of the cut, and whether each lies before it; empty ones stay."""
    place = 0
    for chunk in chunks:
        before = chunk[: max(0, cut - place)]
        after = chunk[len(before) :]
        if before:
            yield before, True
        if after or not chunk:
            yield after, not after and place <= cut
        place += len(chunk)


def normalised(corpus: Corpus, normal_form: str | None) -> Iterator[str]:
    """The text in its normal form, with the empty chunk behind each document.

    A chunk is held back from where the next one could still change it.
    """
    if normal_form is None:
        yield from corpus.chunks()
        return
    held = ""
    for chunk in corpus.chunks():
        if not chunk:
            yield from filter(None, [unicodedata.normalize("NFC", held)])
            held = ""
            yield chunk
            continue
        text = held + chunk
        end = len(text) - 1
        while end > 0 and joins_previous(text[end]):
            end -= 1
        held = text[end:]
        if end:
            yield unicodedata.normalize("NFC", text[:end])
