"""Names: one to many: a language goes in, a given name of it comes out, letter by letter.

A seed → how two variants write, judged by a reader of names; and some of what they write.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.labels import reader, says, vectors, vocabulary
from charrnn.lab.protocol import Figure, Finding, Result, claim
from charrnn.lab.training import trained
from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Array, Parameters, Workspace
from charrnn.network.encoder_decoder import RecurrentLayers, SequenceNetwork
from charrnn.text.builtin import labelled_lines
from charrnn.training.schedules import cosine

TITLE = "Names of a language"
EXPLANATION = """\
1,216 given names of four languages. A writer is told the language and writes a name: one to many. It reads the letter
that it wrote last, and the language in one of two ways: at the first step alone, so that the state has to keep it, or
at every step beside the letter.
Who judges? A reader, many to one, that was trained to say the language of a name; it is right for most of the names
that it never saw. If it takes what the writers wrote for the language that they were told, they have learned it.
Most of what they write is on no list."""

KINDS = ("italian", "japanese", "finnish", "arabic")
CELL, H, BATCH, RATE = "gru", 64, 32, 0.005
HELD_OUT, WRITTEN, LONGEST, SHOWN = 5, 200, 14, 5
SAMPLING = Sampling(0.7)
MARGIN = 0.1
"""How much less often than a true name what is written may be taken for its language."""


def run(seed: int, steps: int) -> Iterator[Result]:
    rng = np.random.default_rng(seed)
    lines = labelled_lines("given_names")
    held_out = rng.permutation(len(lines)) % HELD_OUT == 0
    learned, asked = (
        [line for line, out in zip(lines, held_out, strict=True) if out == which] for which in (False, True)
    )
    letters = vocabulary([name for _, name in learned])
    judge = reader(
        vectors([name for _, name in learned], letters),
        _kinds(learned),
        cell=CELL,
        H=H,
        steps=steps // 2,
        rate=RATE,
        rng=rng,
    )
    of_true = float((says(*judge, vectors([name for _, name in asked], letters)) == _kinds(asked)).mean())
    yield Finding("names that are taken for their language", {"names": "held out", "share": of_true, "new": 1.0})
    shares, known = {}, {name for _, name in lines}
    for way, always in (("told at the first step", False), ("told at every step", True)):
        writer = taught(learned, letters, steps, always=always, rng=rng)
        names = written(*writer, letters, always=always, rng=rng)
        shares[way] = float(
            np.mean([says(*judge, vectors(names[kind], letters)) == k for k, kind in enumerate(KINDS)])
        )
        new = float(np.mean([name not in known for of_kind in names.values() for name in of_kind]))
        figures: dict[str, Figure] = {"names": way, "share": shares[way], "new": new}
        yield Finding("names that are taken for their language", figures, shares[way] > of_true - MARGIN)
        for kind in KINDS:
            some = [name for name in dict.fromkeys(names[kind]) if name not in known][:SHOWN]
            yield Finding(f"written, {way}", {"language": kind, "new_names": " ".join(some)})
    for way, share in shares.items():
        yield claim(way, f"{of_true:.2f} for true names", f"{share:.2f}", passed=share > of_true - MARGIN)


def _kinds(lines: Sequence[tuple[str, str]]) -> NDArray[np.int64]:
    return np.array([KINDS.index(kind) for kind, _ in lines])


def taught(
    lines: Sequence[tuple[str, str]], letters: dict[str, int], steps: int, *, always: bool, rng: np.random.Generator
) -> tuple[SequenceNetwork, Parameters]:
    """A writer, trained on these names. `always`: it is told the language at every step."""
    end, width = len(letters), len(letters) + 1
    T = max(len(name) for _, name in lines) + 1
    x, targets = np.full((T, len(lines), len(KINDS) + width), np.nan, np.float32), np.full((T, len(lines)), -1)
    for stream, (kind, name) in enumerate(lines):
        tokens = [letters[letter] for letter in name]
        x[: len(name) + 1, stream] = [
            told(KINDS.index(kind), letter, width, always=always) for letter in (None, *tokens)
        ]
        targets[: len(name) + 1, stream] = [*tokens, end]

    def draw(number: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
        del number
        drawn = rng.integers(len(lines), size=BATCH)
        return x[:, drawn], targets[:, drawn]

    network = SequenceNetwork(RecurrentLayers(len(KINDS) + width, H, cell_name=CELL), width)
    # a quarter of the updates: more, and it knows the names by heart
    parameters, _ = trained(network, draw, steps=steps // 4, rate=lambda done: RATE * cosine(done), rng=rng, clip=1.0)
    return network, parameters


def told(kind: int, letter: int | None, width: int, *, always: bool) -> Array:
    """What the writer reads (D,): the language, at the first step or always, and the last letter, if there is one."""
    x = np.zeros(len(KINDS) + width, np.float32)
    if always or letter is None:
        x[kind] = 1.0
    if letter is not None:
        x[len(KINDS) + letter] = 1.0
    return x


def written(
    network: SequenceNetwork,
    parameters: Parameters,
    letters: dict[str, int],
    *,
    always: bool,
    rng: np.random.Generator,
) -> dict[str, list[str]]:
    """Names of each language, drawn letter by letter."""
    spelled, width, names = [*letters, "|"], len(letters) + 1, {}
    for kind, language in enumerate(KINDS):
        workspace, state = Workspace(), network.start(WRITTEN)
        last: list[int | None] = [None] * WRITTEN
        rows = [""] * WRITTEN
        for _ in range(LONGEST):
            x = np.stack([told(kind, letter, width, always=always) for letter in last])[None]
            scores, state, _ = network.forward(parameters, x, state, workspace)
            drawn = [SAMPLING.choose(each, rng) for each in scores[0]]
            last = [*drawn]
            rows = [row + spelled[letter] for row, letter in zip(rows, drawn, strict=True)]
        names[language] = [row.split("|")[0] or "?" for row in rows]
    return names
