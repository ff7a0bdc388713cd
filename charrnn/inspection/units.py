"""Neurons: a text → the h of every unit after each of its tokens (N, L, H) → the units that follow something in it.

What a unit may follow is worked out from the characters alone, and from those read so far: nothing here knows what
comes next, since the network did not know it either. The units that follow it best are those of the highest
correlation (the cells that Karpathy, Johnson and Fei-Fei 2015 found by eye).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.errors import CharrnnError
from charrnn.language.model import LanguageModel
from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Ids, Parameters, Workspace, within
from charrnn.network.bptt import unroll
from charrnn.network.network import Network
from charrnn.text.split import validation_text
from charrnn.text.tokenizers import Tokenizer, initial_id

Flags: TypeAlias = NDArray[np.bool_]
Feature: TypeAlias = Flags | NDArray[np.float64]

QUOTES = {'"': '"', "“": "”", "„": "“”", "«": "»", "「": "」", "『": "』"}
PARENTHESES = {"(": ")", "（": "）"}
SENTENCE_ENDS = ".!?…。！？"
LONGEST_NAME = 40


@dataclass(frozen=True)
class Ranked:
    """A unit, counted from 0 in its layer, and how well it follows a feature: Pearson's r, from -1 to 1."""

    feature: str
    layer: int
    unit: int
    correlation: float


@dataclass(frozen=True, eq=False)
class Reading:
    """A text as a network read it: N tokens, the piece of text that each completes, and h (N, L, H) after each.

    A piece is empty where a character is not complete; joined, they are the text.
    """

    ids: Ids
    pieces: tuple[str, ...]
    activations: Array

    def features(self) -> dict[str, Feature]:
        """The features (N,) after each token: those of its last character, or of the one that it is a part of."""
        lengths = np.array([len(piece) for piece in self.pieces], np.intp)
        text = "".join(self.pieces)
        places = np.minimum(lengths.cumsum() - (lengths > 0), len(text) - 1)
        return {name: values[places] for name, values in features(text).items()}


def read(model: LanguageModel, text: str) -> Reading:
    """Read a text as everything is read, from its beginning as after a line break."""
    ids = model.tokenizer.encode(text)
    after = activations(model.network, model.parameters, np.concatenate([[initial_id(model.tokenizer)], ids]))
    return Reading(ids, _pieces(model.tokenizer, ids), after[1:])


def own_text(model: LanguageModel, length: int) -> tuple[str, str]:
    """Up to `length` characters that fit the model, and what they are: of what its run held out, or a sample."""
    try:
        text = validation_text(model.config.text, length)
        why = "the run held nothing out of its text"
    except CharrnnError as error:
        text, why = "", str(error)
    if text:
        return text, f"{len(text):,} characters from the beginning of what the run held out of its text"
    return model.sample(length=length, seed=0), f"{length:,} characters that the model made itself, since {why}"


def _pieces(tokenizer: Tokenizer, ids: Ids) -> tuple[str, ...]:
    decoder = tokenizer.decoder()
    pieces = [decoder.feed(int(token)) for token in ids]
    if pieces:
        pieces[-1] += decoder.flush()
    return tuple(pieces)


def activations(network: Network, parameters: Parameters, ids: Ids) -> Array:
    """h (N, L, H) of every layer after each of ids (N,), read from a fresh state in one pass, without dropout."""
    Wx, b = parameters["layers.0.Wx"], parameters["layers.0.b"]
    workspace, L = Workspace(b.dtype), network.config.layers
    state = network.start(1, b.dtype)
    h: Array = np.empty((len(ids), L, network.config.hidden), b.dtype)
    with np.errstate(all="ignore"):
        z, _ = network.vectorizer.project(within("vectorizer", parameters), Wx, b, ids[:, None], workspace)
        for l in range(L):
            name = f"layers.{l}"
            y, _, _ = unroll(network.cell, parameters[f"{name}.Wh"], z, state[l], name, workspace)  # (N, 1, H)
            h[:, l] = y[:, 0]
            if l + 1 < L:
                above = f"layers.{l + 1}"
                z, _ = affine(y, parameters[f"{above}.Wx"], parameters[f"{above}.b"], above, workspace)
    return h


# What a unit may follow.


def features(text: str) -> dict[str, Feature]:
    """What holds after each of the N characters of a text: flags, or numbers of characters, all (N,).

    A line ends with its line break, where its next begins at position 0. A paragraph ends with a blank line, and
    with it end quotes, parentheses and speeches that were left open.
    """
    breaks, letters, spaces = (_each(test, text) for test in ("\n".__eq__, str.isalnum, str.isspace))
    position, white = _since(breaks), _since(breaks, spaces & ~breaks)
    leading = (position > 0) & (position == white)
    blank = breaks & (_before(position) == _before(white))
    apostrophes = _each("'’".__contains__, text) & (_before(letters) > 0)
    in_word = _since(~(letters | apostrophes))
    ended = _latest(_each(SENTENCE_ENDS.__contains__, text)) > _latest(letters)
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
        "capital letter": _each(str.isupper, text),
        "digit": _each(str.isdigit, text),
    }


def _each(test: Callable[[str], bool], text: str) -> Flags:
    return np.fromiter(map(test, text), np.bool_, len(text))


def _since(resets: Flags, counted: Flags | None = None) -> NDArray[np.float64]:
    """How many characters (or counted ones) there were since the latest reset, which itself has 0."""
    total = np.arange(resets.size + 1) if counted is None else np.concatenate([[0], counted.cumsum()])
    begin = _latest(resets) + 1
    return (total[1:] - total[begin]).astype(np.float64)


def _latest(flags: Flags) -> NDArray[np.intp]:
    """The place of the latest flag up to each place; -1 before the first."""
    return np.maximum.accumulate(np.where(flags, np.arange(flags.size), -1))


def _before(values: Feature) -> Feature:
    """The value one character earlier; 0 before the text, as after a line break."""
    return np.concatenate([np.zeros(1, values.dtype), values[:-1]])[: values.size]


def _enclosed(text: str, closing: Mapping[str, str], blank: Flags) -> Flags:
    """From an opening sign until before the one that closes it; they nest."""
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


def _spoken(text: str, blank: Flags) -> Flags:
    """From the sign behind a name that begins a line, until before the next blank line."""
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
    """Two capitals or more before a colon, a full stop or the line's end; before a colon also Up To Four Words."""
    words = line.split()
    if not 1 <= len(words) <= 4 or not all(each.isalpha() or each in " .'’-" for each in line):
        return False
    in_capitals = line.isupper() and sum(map(str.isalpha, line)) >= 2
    return in_capitals or (sign == ":" and all(word[0].isupper() for word in words))


# Which units follow what.


def correlations(activations: Array, features: Mapping[str, Feature]) -> dict[str, Array]:
    """Pearson's r (L, H) of every unit of h (N, L, H) with each feature (N,) that is not the same throughout.

    A unit that is the same throughout, or not finite, follows nothing: 0.
    """
    changing = {name: values for name, values in features.items() if values.size and values.min() < values.max()}
    _, L, H = activations.shape
    r = np.zeros((len(changing), L, H))
    if changing:
        followed = _standardised(np.array(list(changing.values()), np.float64))  # (F, N)
        for l in range(L):
            r[:, l] = followed @ _standardised(activations[:, l].T.astype(np.float64)).T
    return dict(zip(changing, np.clip(r, -1.0, 1.0), strict=True))


def _standardised(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows (n, N) with mean 0 and length 1; those that are constant or not finite are all 0."""
    rows[~np.isfinite(rows).all(axis=1)] = 0.0
    changing = rows.min(axis=1) < rows.max(axis=1)
    rows -= rows.mean(axis=1, keepdims=True)
    rows[~changing] = 0.0
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0.0)
    return rows


def rank(activations: Array, features: Mapping[str, Feature], top: int = 3) -> list[Ranked]:
    """For each feature the `top` units of h (N, L, H) with the highest |r|, the highest first.

    Features and units that are the same throughout are passed over.
    """
    ranked = []
    for name, r in correlations(activations, features).items():
        strongest = np.argsort(-np.abs(r), axis=None, kind="stable")[:top]
        places = ((int(place) // r.shape[1], int(place) % r.shape[1]) for place in strongest)
        ranked += [Ranked(name, l, unit, float(r[l, unit])) for l, unit in places if r[l, unit] != 0.0]
    return ranked
