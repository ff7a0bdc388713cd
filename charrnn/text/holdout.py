"""Held-out documents: chunks of a text → the lengths of its lines or files, and which of them are for validation.

The documents are drawn by a seed, with numbers that never change (Steele et al. 2014, SplitMix64), so that a run can
be resumed on any computer.
"""

from array import array
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import TextError
from charrnn.text.chunks import Chunk

LINES = "lines"
FEWEST_DOCUMENTS = 10
"""Number of documents from which on they are drawn at random by default; a few files may differ too much in size."""


def document_lengths(chunks: Iterable[Chunk], kind: str) -> NDArray[np.int64]:
    """Return the length in characters of each document of a text, which are "lines" or "files".

    A line ends after its newline, or with its file.
    """
    lengths, open_length = array("q"), 0
    for chunk in chunks:
        if not isinstance(chunk, str):
            if kind != LINES or open_length:
                lengths.append(open_length)
            open_length = 0
        elif kind != LINES:
            open_length += len(chunk)
        else:
            first, *others = map(len, chunk.split("\n"))
            if others:
                lengths.append(open_length + first + 1)
                lengths.extend(length + 1 for length in others[:-1])
            open_length = others[-1] if others else open_length + first
    return np.frombuffer(lengths, np.int64).copy() if lengths else np.zeros(0, np.int64)


def draw_documents(n: int, val_fraction: float, seed: int) -> NDArray[np.bool_]:
    """Return a mask (n,) of the documents that are held out: `val_fraction` of n ≥ 2, at least one, never all."""
    held_out = np.zeros(n, np.bool_)
    count = min(n - 1, max(1, n - int(n * (1 - Fraction(str(val_fraction))))))
    held_out[np.argsort(_random_numbers(n, seed), kind="stable")[:count]] = True
    return held_out


def _random_numbers(n: int, seed: int) -> NDArray[np.uint64]:
    """Return n numbers of SplitMix64."""
    x = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def split_documents(chunks: Iterable[Chunk], held_out: NDArray[np.bool_], kind: str) -> Iterator[tuple[Chunk, bool]]:
    """Yield the chunks of a text, divided between documents, each with True if it belongs to the training part.

    Raises TextError if there are more documents than (n,), the length of the mask.
    """
    divide = _split_lines if kind == LINES else _split_files
    try:
        yield from divide(chunks, held_out)
    except IndexError as error:
        raise TextError("the text changed while it was being read; start again when nothing writes to it") from error


def _split_files(chunks: Iterable[Chunk], held_out: NDArray[np.bool_]) -> Iterator[tuple[Chunk, bool]]:
    number = 0
    for chunk in chunks:
        yield chunk, not held_out[number]
        number += not isinstance(chunk, str)


def _split_lines(chunks: Iterable[Chunk], held_out: NDArray[np.bool_]) -> Iterator[tuple[Chunk, bool]]:
    """Divide the lines of each chunk: those of each part are joined, for they are read one after the other."""
    number, is_open = 0, False
    for chunk in chunks:
        if not isinstance(chunk, str):
            number += is_open
            is_open = False
            if number:
                yield chunk, not held_out[number - 1]
            continue
        *lines, rest = chunk.split("\n")
        parts: tuple[list[str], list[str]] = ([], [])
        for line, is_held_out in zip(lines, held_out[number : number + len(lines)].tolist(), strict=False):
            parts[is_held_out].append(line)
        number += len(lines)
        texts = ["".join(f"{line}\n" for line in part) for part in parts]
        if rest:
            texts[int(held_out[number])] += rest
        is_open = bool(rest)
        yield from ((text, part == 0) for part, text in enumerate(texts) if text)
