"""Units: activations h (N, L, H) of all units over a text, and their correlations with features of the text.

A feature after a token, such as "inside quotes", depends only on the characters up to that token, as the network does
(Karpathy, Johnson and Fei-Fei 2015 found such units by eye).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import CharrnnError
from charrnn.language.model import LanguageModel
from charrnn.language.predictor import not_finite
from charrnn.network.arrays import Array, Ids, Mask, Parameters
from charrnn.network.network import Network
from charrnn.network.observed_cell import ObservedCell
from charrnn.text.encoded import EncodedText, encode_text
from charrnn.text.progress import OnProgress, OnShare
from charrnn.text.split import validation_text
from charrnn.text.tokenizers import Tokenizer

Feature: TypeAlias = Mask | NDArray[np.float64]

QUOTES = {'"': '"', "“": "”", "„": "“”", "«": "»", "「": "」", "『": "』"}
PARENTHESES = {"(": ")", "（": "）"}
SENTENCE_ENDS = ".!?…。！？"
LONGEST_NAME = 40
READ_BLOCK = 8192
"""Tokens that are read at a time."""


@dataclass(frozen=True)
class RankedUnit:
    """A unit, numbered from 0 in its layer, and its correlation with a feature: Pearson's r, from -1 to 1."""

    feature: str
    layer: int
    unit: int
    correlation: float


@dataclass(frozen=True, eq=False)
class Reading:
    """A text of N tokens, the piece of text that each token completes, and the activations h (N, L, H) after it.

    The piece of a token is empty if it leaves a character incomplete; joined, the pieces are the text.
    """

    text: EncodedText
    pieces: tuple[str, ...]
    activations: Array

    def features(self) -> dict[str, Feature]:
        """Return the features (N,) after each token: those of its last, perhaps incomplete, character."""
        lengths = np.array([len(piece) for piece in self.pieces], np.intp)
        text = "".join(self.pieces)
        positions = np.minimum(lengths.cumsum() - (lengths > 0), len(text) - 1)
        return {name: values[positions] for name, values in features(text).items()}


def read(model: LanguageModel, text: str, on_share: OnShare | None = None) -> Reading:
    """Return the reading of a text from the initial state; `on_share` is called with the share that was read.

    ModelError if the activations are not finite numbers.
    """
    encoded = encode_text(text, model.tokenizer)
    h = activations(model.network, model.parameters, np.concatenate([[encoded.previous_id], encoded.ids]), on_share)
    if not np.isfinite(h).all():
        raise not_finite(model.name)
    return Reading(encoded, _pieces(model.tokenizer, encoded.ids), h[1:])


def default_text(model: LanguageModel, length: int, on_progress: OnProgress | None = None) -> tuple[str, str]:
    """Return up to `length` characters of the run's validation text, or else a sample, and a description of it."""
    try:
        text = validation_text(model.config.text, length, on_progress)
        reason = "the run has no validation text"
    except CharrnnError as error:
        text, reason = "", str(error)
    if text:
        return text, f"the first {_characters(len(text))} of the run's validation text"
    return model.sample(length=length, seed=0), f"a sample of {_characters(length)}, because {reason}"


def _characters(count: int) -> str:
    return "1 character" if count == 1 else f"{count:,} characters"


def _pieces(tokenizer: Tokenizer, ids: Ids) -> tuple[str, ...]:
    decoder = tokenizer.decoder()
    pieces = [decoder.feed(int(token)) for token in ids]
    if pieces:
        pieces[-1] += decoder.flush()
    return tuple(pieces)


def activations(network: Network, parameters: Parameters, ids: Ids, on_share: OnShare | None = None) -> Array:
    """Return h (N, L, H) of every layer after each of ids (N,), read from the initial state without dropout."""
    blocks, state = list[Array](), None
    for begin in range(0, len(ids), READ_BLOCK):
        cell = ObservedCell(network.body.cell)
        with np.errstate(all="ignore"):
            _, state, _ = network.with_cell(cell).read(parameters, ids[begin : begin + READ_BLOCK, None], state)
        blocks.append(np.stack([h[:, 0] for h in cell.h], axis=1))
        if on_share is not None:
            on_share(min(1.0, (begin + READ_BLOCK) / len(ids)))
    return np.concatenate(blocks)


# Features of a text.


def features(text: str) -> dict[str, Feature]:
    """Return features (N,) after each of the N characters of a text: masks, or numbers of characters.

    A line break has position 0 in the line that follows it. A blank line ends a paragraph, and with it open quotes,
    parentheses and speeches.
    """
    breaks, letters, spaces = (_mask(test, text) for test in ("\n".__eq__, str.isalnum, str.isspace))
    position, white = _since(breaks), _since(breaks, spaces & ~breaks)
    leading = (position > 0) & (position == white)
    blank = breaks & (_shifted(position) == _shifted(white))
    apostrophes = _mask("'’".__contains__, text) & (_shifted(letters) > 0)
    in_word = _since(~(letters | apostrophes))
    ended = _latest(_mask(SENTENCE_ENDS.__contains__, text)) > _latest(letters)
    return {
        "inside quotes": _enclosed(text, QUOTES, blank),
        "inside parentheses": _enclosed(text, PARENTHESES, blank),
        "after a speaker's name": _spoken(text, blank),
        "position in the line": position,
        "leading white space": leading,
        "indentation of the line": _since(breaks, leading),
        "inside a word": in_word > 0,
        "position in the word": in_word,
        "after a sentence's end": ended,
        "position in the sentence": _since(ended | blank),
        "capital letter": _mask(str.isupper, text),
        "digit": _mask(str.isdigit, text),
    }


def _mask(test: Callable[[str], bool], text: str) -> Mask:
    return np.fromiter(map(test, text), np.bool_, len(text))


def _since(resets: Mask, counted: Mask | None = None) -> NDArray[np.float64]:
    """Return the number of characters, or of true entries of `counted`, since the last true entry of `resets`."""
    total = np.arange(resets.size + 1) if counted is None else np.concatenate([[0], counted.cumsum()])
    begin = _latest(resets) + 1
    return (total[1:] - total[begin]).astype(np.float64)


def _latest(mask: Mask) -> NDArray[np.intp]:
    """Return the index of the last true entry up to each entry; -1 before the first."""
    return np.maximum.accumulate(np.where(mask, np.arange(mask.size), -1))


def _shifted(values: Feature) -> Feature:
    """Return the value one character earlier; 0 before the text."""
    return np.concatenate([np.zeros(1, values.dtype), values[:-1]])[: values.size]


def _enclosed(text: str, closing: Mapping[str, str], blank: Mask) -> Mask:
    """Return the mask of the characters inside of an opening and a closing sign; signs nest."""
    inside, open_for = np.zeros(len(text), np.bool_), list[str]()
    for n, character in enumerate(text):
        if blank[n]:
            open_for.clear()
        elif open_for and character in open_for[-1]:
            open_for.pop()
        elif character in closing:
            open_for.append(closing[character])
        inside[n] = bool(open_for)
    return inside


def _spoken(text: str, blank: Mask) -> Mask:
    """Return the mask of speeches: from the sign after a speaker's name to the next blank line."""
    spoken, speaking, begin = np.zeros(len(text), np.bool_), False, 0
    for n, character in enumerate(text):
        if blank[n]:
            speaking = False
        elif not speaking and character in ":.\n" and n - begin <= LONGEST_NAME:
            speaking = _is_speaker(text[begin:n], character)
        if character == "\n":
            begin = n + 1
        spoken[n] = speaking
    return spoken


def _is_speaker(line: str, sign: str) -> bool:
    """Return True if the text of a line before a sign is a speaker's name.

    A name is in capitals, at least two of them, before a colon, a period or a line break; or one to four capitalized
    words before a colon.
    """
    words = line.split()
    if not 1 <= len(words) <= 4 or not all(character.isalpha() or character in " .'’-" for character in line):
        return False
    in_capitals = line.isupper() and sum(map(str.isalpha, line)) >= 2
    return in_capitals or (sign == ":" and all(word[0].isupper() for word in words))


# Correlation of units with features.


def correlations(activations: Array, features: Mapping[str, Feature]) -> dict[str, Array]:
    """Return Pearson's r (L, H) of every unit of h (N, L, H) with each feature (N,) that varies.

    It is 0 for a unit that is constant or not finite.
    """
    changing = {name: values for name, values in features.items() if values.size and values.min() < values.max()}
    _, L, H = activations.shape
    r = np.zeros((len(changing), L, H))
    if changing:
        standardized = _standardize(np.array(list(changing.values()), np.float64))  # (F, N)
        for l in range(L):
            r[:, l] = standardized @ _standardize(activations[:, l].T.astype(np.float64)).T
    return dict(zip(changing, np.clip(r, -1.0, 1.0), strict=True))


def _standardize(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows (n, N) with mean 0 and length 1; constant rows and those that are not finite become 0."""
    rows[~np.isfinite(rows).all(axis=1)] = 0.0
    changing = rows.min(axis=1) < rows.max(axis=1)
    rows -= rows.mean(axis=1, keepdims=True)
    rows[~changing] = 0.0
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0.0)
    return rows


def rank(activations: Array, features: Mapping[str, Feature], top: int = 3) -> list[RankedUnit]:
    """Return for each feature the `top` units of h (N, L, H) with the highest |r|, highest first.

    Constant features and units are left out.
    """
    ranked = []
    for name, r in correlations(activations, features).items():
        strongest = np.argsort(-np.abs(r), axis=None, kind="stable")[:top]
        units = (divmod(int(index), r.shape[1]) for index in strongest)
        ranked += [RankedUnit(name, l, unit, float(r[l, unit])) for l, unit in units if r[l, unit] != 0.0]
    return ranked
