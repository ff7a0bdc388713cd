"""Reverse: an encoder reads a string of letters, and a decoder writes it backwards from the state that is left.

A seed → the share of new strings that come out without a mistake, by length.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.protocol import Finding, Result, claim
from charrnn.lab.training import trained
from charrnn.network.arrays import Array, Parameters, Workspace, within
from charrnn.network.encoder_decoder import EncoderDecoder, RecurrentLayers, SequenceNetwork
from charrnn.training.schedules import cosine

TITLE = "Backwards"
EXPLANATION = """\
Translation in its smallest form: many to many, of unequal lengths. One network reads a string of one to eight
letters; all that a second one is given is the state in which the first ended. It writes the string backwards, letter
by letter, each time reading the letter that it wrote last, until it writes the end.
Strings of all lengths share a batch: sources are padded in front, targets behind, and padding is neither read nor
judged. In training the decoder reads the right letters (teacher forcing); when it is asked, its own.
26 to the power of 8 strings are too many to be known by heart. Longer ones than it was trained on do not come out:
the state was never asked to hold more."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"
EDGE, V = len(LETTERS), len(LETTERS) + 1
H, BATCH, RATE = 128, 64, 0.005
TRAINED, ASKED, STRINGS = 8, (1, 2, 4, 6, 8, 10), 300
EXAMPLES = ("recurrent", "hello", "network")
ENOUGH = 0.97


def run(seed: int, steps: int) -> Iterator[Result]:
    for cell in ("gru", "lstm"):
        rng = np.random.default_rng(seed)
        layers = RecurrentLayers(V, H, cell_name=cell)
        network = EncoderDecoder(layers, SequenceNetwork(layers, V))

        def draw(number: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
            del number
            return pairs([random_string(int(n), rng) for n in rng.integers(1, TRAINED + 1, size=BATCH)])

        parameters, _ = trained(network, draw, steps=steps, rate=lambda done: RATE * cosine(done), rng=rng, clip=1.0)
        shares = []
        for n in ASKED:
            strings = [random_string(n, rng) for _ in range(STRINGS)]
            written = backwards(network, parameters, strings)
            shares.append(float(np.mean([w == s[::-1] for w, s in zip(written, strings, strict=True)])))
            figures = {"cell": cell, "letters": n, "trained": n <= TRAINED, "right": shares[-1]}
            yield Finding("strings without a mistake", figures, n > TRAINED or shares[-1] > ENOUGH)
        for text, written_text in zip(EXAMPLES, backwards(network, parameters, EXAMPLES), strict=True):
            yield Finding("examples", {"cell": cell, "reads": text, "writes": written_text})
        worst = min(share for n, share in zip(ASKED, shares, strict=True) if n <= TRAINED)
        reached = f"{100 * worst:.1f} %"
        yield claim(
            f"{cell}: strings of up to 8 letters, the worst length", "97 % at least", reached, passed=worst > ENOUGH
        )


def random_string(n: int, rng: np.random.Generator) -> str:
    return "".join(LETTERS[letter] for letter in rng.integers(len(LETTERS), size=n))


def pairs(strings: Sequence[str]) -> tuple[Array, NDArray[np.int64]]:
    """Inputs (T, B, 2, V) of an encoder and decoder, and what the decoder has to write (T, B)."""
    T, onehot = max(map(len, strings)) + 1, np.eye(V, dtype=np.float32)
    x = np.full((T, len(strings), 2, V), np.nan, np.float32)
    targets = np.full((T, len(strings)), -1)
    for stream, string in enumerate(strings):
        letters, n = [LETTERS.index(letter) for letter in string], len(string)
        x[T - n :, stream, 0] = onehot[letters]
        x[: n + 1, stream, 1] = onehot[[EDGE, *letters[::-1]]]
        targets[: n + 1, stream] = [*letters[::-1], EDGE]
    return x, targets


def backwards(network: EncoderDecoder, parameters: Parameters, strings: Sequence[str]) -> list[str]:
    """What the network writes for each string, taking the likeliest letter each time."""
    workspace, decoder = Workspace(), within("decoder", parameters)
    x, _ = pairs(strings)
    state, _ = network.encode(parameters, x[:, :, 0], workspace)
    letters, written = np.full(len(strings), EDGE), []
    for _ in range(len(x)):
        read = np.eye(V, dtype=np.float32)[letters][None]
        scores, state, _ = network.decoder.forward(decoder, read, state, workspace)
        letters = scores[0].argmax(axis=-1)
        written.append(letters)
    ended = LETTERS + "|"
    return ["".join(ended[letter] for letter in column).split("|")[0] for column in np.array(written).T.tolist()]
