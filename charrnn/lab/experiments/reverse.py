"""Reverse: an encoder reads a string of letters, and a decoder generates it backward from the encoder's last state.

Reports the share of new strings that are reversed without a mistake, by length.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.lab.networks import encoder_decoder
from charrnn.lab.protocol import Figure, Finding, Result, claim
from charrnn.lab.training import cosine_decay, endless, train_from_scratch
from charrnn.network.arrays import Array, Parameters, select
from charrnn.network.encoder_decoder import EncoderDecoder

TITLE = "Strings backward"
EXPLANATION = """\
Translation in its smallest form: many to many, of unequal lengths. An encoder reads a string of one to eight letters.
A decoder starts from the encoder's last state, which is all that it gets, and generates the string backward, letter
by letter. At each step it reads the letter that it generated last, until it generates the end.
Strings of all lengths share a batch: sources are padded in front, targets behind, and padding has no effect on states
or loss. In training the decoder reads the right letters (teacher forcing); in the test it reads its own.
26 to the power of 8 strings are too many to memorize. Longer strings than those of the training are not reversed:
training never required the state to hold more."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"
EDGE, V = len(LETTERS), len(LETTERS) + 1
"""The id that begins and ends the output of the decoder, and the number of ids."""
CELLS = ("gru", "lstm")
H, BATCH, RATE = 128, 64, 0.005
LONGEST_TRAINED, TEST_LENGTHS, TEST_STRINGS = 8, (1, 2, 4, 6, 8, 10), 300
EXAMPLES = ("recurrent", "hello", "network")
MIN_ACCURACY = 0.97


def run(seed: int, steps: int) -> Iterator[Result]:
    for cell in CELLS:
        rng = np.random.default_rng(seed)
        network, parameters = train_reverser(cell, steps, rng)
        accuracies = {}
        for n in TEST_LENGTHS:
            strings = [random_string(n, rng) for _ in range(TEST_STRINGS)]
            outputs = generate(network, parameters, strings)
            accuracies[n] = float(np.mean([out == s[::-1] for out, s in zip(outputs, strings, strict=True)]))
            trained = n <= LONGEST_TRAINED
            figures: dict[str, Figure] = {"cell": cell, "letters": n, "trained": trained, "right": accuracies[n]}
            yield Finding("strings without a mistake", figures, not trained or accuracies[n] > MIN_ACCURACY)
        for string, output in zip(EXAMPLES, generate(network, parameters, EXAMPLES), strict=True):
            yield Finding("examples", {"cell": cell, "reads": string, "writes": output})
        worst = min(accuracy for n, accuracy in accuracies.items() if n <= LONGEST_TRAINED)
        text, reached = f"{cell}: strings of up to 8 letters, worst length", f"{100 * worst:.1f} %"
        yield claim(text, "97 % at least", reached, passed=worst > MIN_ACCURACY)


def train_reverser(cell: str, steps: int, rng: np.random.Generator) -> tuple[EncoderDecoder, Parameters]:
    """Train an encoder and decoder on random strings."""
    network = encoder_decoder(V, V, H, cell=cell)

    def draw() -> tuple[Array, NDArray[np.int64]]:
        lengths = rng.integers(1, LONGEST_TRAINED + 1, size=BATCH)
        return encode([random_string(n, rng) for n in lengths.tolist()])

    rate = cosine_decay(RATE)
    return network, train_from_scratch(network, endless(draw), steps=steps, rate=rate, rng=rng, clip=1.0)


def random_string(n: int, rng: np.random.Generator) -> str:
    """Return n random letters."""
    return "".join(LETTERS[letter] for letter in rng.integers(len(LETTERS), size=n))


def encode(strings: Sequence[str]) -> tuple[Array, NDArray[np.int64]]:
    """Return inputs (T, B, 2, V) of an encoder-decoder, and the targets (T, B) of the decoder."""
    T, onehot = max(map(len, strings)) + 1, np.eye(V, dtype=np.float32)
    x = np.full((T, len(strings), 2, V), np.nan, np.float32)
    targets = np.full((T, len(strings)), -1)
    for stream, string in enumerate(strings):
        ids, n = [LETTERS.index(letter) for letter in string], len(string)
        x[T - n :, stream, 0] = onehot[ids]
        x[: n + 1, stream, 1] = onehot[[EDGE, *ids[::-1]]]
        targets[: n + 1, stream] = [*ids[::-1], EDGE]
    return x, targets


def generate(network: EncoderDecoder, parameters: Parameters, strings: Sequence[str]) -> list[str]:
    """Return the string that the network generates for each string, with the most probable letter at each step."""
    decoder = select("decoder", parameters)
    x, _ = encode(strings)
    _, state, _ = network.encode(parameters, x[:, :, 0])
    ids, steps = np.full(len(strings), EDGE), []
    for _ in range(len(x)):
        decoder_input = np.eye(V, dtype=np.float32)[ids][None]
        scores, state, _ = network.decoder.forward(decoder, decoder_input, state)
        ids = scores[0].argmax(axis=-1)
        steps.append(ids)
    end = "|"
    symbols = LETTERS + end
    return ["".join(symbols[i] for i in column).split(end)[0] for column in np.array(steps).T.tolist()]
