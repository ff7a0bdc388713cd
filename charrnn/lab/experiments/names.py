"""Names, one to many: a language is the input, and a given name of that language is generated letter by letter.

Compares two ways to give the language to the generator; a classifier of names evaluates the results.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.networks import sequence_network
from charrnn.lab.protocol import Figure, Finding, Result, claim
from charrnn.lab.text_classifier import classify, one_hot, token_ids, train_classifier
from charrnn.lab.training import cosine_decay, endless, train_from_scratch
from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Array, Parameters
from charrnn.network.network import Network
from charrnn.text.builtin import labeled_lines

TITLE = "Names of a language"
EXPLANATION = """\
1,216 given names of four languages. A generator gets a language and generates a name: one to many. It reads the
letter that it generated last, and the language in one of two ways: at the first step only, so that the state has to
hold it, or at every step beside the letter.
A classifier, many to one, judges the names: it is trained to predict the language of a name, and is right for most of
the names that were held out. If it assigns the generated names to the requested language, the generator has learned
it. Most of the generated names are not in the list."""

LANGUAGES = ("italian", "japanese", "finnish", "arabic")
CELL, H, BATCH, RATE = "gru", 64, 32, 0.005
HELD_OUT, GENERATED, MAX_LETTERS, LISTED = 5, 200, 14, 5
SAMPLING = Sampling(0.7)
MARGIN = 0.1
"""Largest difference by which the share for generated names may be below the share for real ones."""
END = "|"
TABLE = "names classified as their language"
Lines: TypeAlias = Sequence[tuple[str, str]]
"""Languages and names."""


def run(seed: int, steps: int) -> Iterator[Result]:
    rng = np.random.default_rng(seed)
    lines = labeled_lines("given_names")
    held_out = rng.permutation(len(lines)) % HELD_OUT == 0
    train_lines, test_lines = (
        [line for line, out in zip(lines, held_out, strict=True) if out == part] for part in (False, True)
    )
    letters = token_ids([name for _, name in train_lines])
    x, labels = one_hot([name for _, name in train_lines], letters), language_ids(train_lines)
    classifier = train_classifier(x, labels, cell=CELL, H=H, steps=steps // 2, rate=RATE, rng=rng)
    x, labels = one_hot([name for _, name in test_lines], letters), language_ids(test_lines)
    reference = float((classify(*classifier, x) == labels).mean())
    yield Finding(TABLE, {"names": "held out", "share": reference, "new": 1.0})
    shares, real_names = {}, {name for _, name in lines}
    for mode, every_step in (("language at the first step", False), ("language at every step", True)):
        generator = train_generator(train_lines, letters, steps, every_step=every_step, rng=rng)
        names = generate(*generator, letters, every_step=every_step, rng=rng)
        shares[mode] = float(
            np.mean([classify(*classifier, one_hot(names[name], letters)) == k for k, name in enumerate(LANGUAGES)])
        )
        new = float(np.mean([name not in real_names for group in names.values() for name in group]))
        figures: dict[str, Figure] = {"names": f"generated, {mode}", "share": shares[mode], "new": new}
        yield Finding(TABLE, figures, shares[mode] > reference - MARGIN)
        for language in LANGUAGES:
            new_names = [name for name in dict.fromkeys(names[language]) if name not in real_names][:LISTED]
            yield Finding(f"generated, {mode}", {"language": language, "new_names": " ".join(new_names)})
    for mode, share in shares.items():
        text = f"{mode}: share of names classified as it"
        yield claim(text, f"{reference:.2f} for real names", f"{share:.2f}", passed=share > reference - MARGIN)


def language_ids(lines: Lines) -> NDArray[np.int64]:
    """Return the index of the language of each line, shape (B,)."""
    return np.array([LANGUAGES.index(language) for language, _ in lines])


def train_generator(
    lines: Lines, letters: dict[str, int], steps: int, *, every_step: bool, rng: np.random.Generator
) -> tuple[Network, Parameters]:
    """Train a generator on these names; it reads the language at every step, or at the first step only."""
    V = len(letters) + 1  # the last class is the end of the name
    T = max(len(name) for _, name in lines) + 1
    x, targets = np.full((T, len(lines), len(LANGUAGES) + V), np.nan, np.float32), np.full((T, len(lines)), -1)
    for stream, (language, name) in enumerate(lines):
        ids, label = [letters[letter] for letter in name], LANGUAGES.index(language)
        x[: len(name) + 1, stream] = [
            input_vector(label, letter, V, every_step=every_step) for letter in (None, *ids)
        ]
        targets[: len(name) + 1, stream] = [*ids, V - 1]

    def draw() -> tuple[Array, NDArray[np.int64]]:
        columns = rng.integers(len(lines), size=BATCH)
        return x[:, columns], targets[:, columns]

    network = sequence_network(len(LANGUAGES) + V, V, H, cell=CELL)
    updates = steps // 4  # with more, the network memorizes the names
    rate = cosine_decay(RATE)
    return network, train_from_scratch(network, endless(draw), steps=updates, rate=rate, rng=rng, clip=1.0)


def input_vector(language: int, letter: int | None, V: int, *, every_step: bool) -> Array:
    """Return the input (D,) of one step: the language, at the first step or at every step, and the last letter."""
    x = np.zeros(len(LANGUAGES) + V, np.float32)
    if every_step or letter is None:
        x[language] = 1.0
    if letter is not None:
        x[len(LANGUAGES) + letter] = 1.0
    return x


def generate(
    network: Network,
    parameters: Parameters,
    letters: dict[str, int],
    *,
    every_step: bool,
    rng: np.random.Generator,
) -> dict[str, list[str]]:
    """Return 200 sampled names of each language."""
    symbols, V, names = [*letters, END], len(letters) + 1, {}
    for label, language in enumerate(LANGUAGES):
        state = network.initial_state(GENERATED)
        last: list[int | None] = [None] * GENERATED
        rows = [""] * GENERATED
        for _ in range(MAX_LETTERS):
            x = np.stack([input_vector(label, letter, V, every_step=every_step) for letter in last])[None]
            scores, state, _ = network.forward(parameters, x, state)
            ids = [SAMPLING.choose(row_scores, rng) for row_scores in scores[0]]
            last = [*ids]
            rows = [row + symbols[letter] for row, letter in zip(rows, ids, strict=True)]
        names[language] = [row.split(END)[0] or "?" for row in rows]
    return names
