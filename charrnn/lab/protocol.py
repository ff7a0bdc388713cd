"""Protocol of the laboratory: the interface and the results of an experiment, and the list of all experiments.

An experiment is one file in `experiments/` with three parts, and one entry in `EXPERIMENTS`:

    TITLE              a few words
    EXPLANATION        the setup of the experiment, and its expected results, in a few lines
    run(seed, steps)   → results as they are computed: findings, curves and, last, claims

A claim is a finding of the table "claims". It compares a result with a reference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

if TYPE_CHECKING:  # the list of experiments must not import NumPy: shell completion shows it
    from charrnn.network.arrays import Array

Figure: TypeAlias = str | int | float | bool
Points: TypeAlias = "Sequence[float] | Array"
CLAIMS = "claims"


@dataclass(frozen=True)
class Finding:
    """One row of a table of results.

    `table` is the name of the table. The rows of a table are yielded one after the other, and their `figures` have
    the same names in the same order. `passed` is False if the row contradicts the expected result; it is True for a
    row without one.
    """

    table: str
    figures: Mapping[str, Figure]
    passed: bool = True


@dataclass(frozen=True)
class Curves:
    """Lines of a chart by name, each with its points x and y; points that are not finite are omitted."""

    title: str
    x: str
    lines: Mapping[str, tuple[Points, Points]]
    logarithmic: bool = False


Result: TypeAlias = Finding | Curves


def claim(text: str, reference: str, reached: str, *, passed: bool) -> Finding:
    """Return a finding that compares the result `reached` with a reference."""
    return Finding(CLAIMS, {"claim": text, "reference": reference, "reached": reached}, bool(passed))


class ExperimentModule(Protocol):
    """An imported experiment."""

    TITLE: str
    EXPLANATION: str

    def run(self, seed: int, steps: int) -> Iterator[Result]: ...


@dataclass(frozen=True)
class Experiment:
    """An entry of the list of experiments: a one-sentence question, its duration, and the module to import.

    `steps` is the number of updates of each of its trainings at full size; 0 if it does not train.
    """

    summary: str
    duration: str
    module: str
    steps: int = 0

    def load(self) -> ExperimentModule:
        """Import the experiment."""
        return cast(ExperimentModule, import_module(f"charrnn.lab.experiments.{self.module}"))


EXPERIMENTS: dict[str, Experiment] = {
    "gradcheck": Experiment(
        "Is every gradient right, and does the check find wrong ones?", "20 seconds", "gradcheck"
    ),
    "forward": Experiment("What does a recurrent layer compute, number by number?", "under a second", "forward"),
    "softmax": Experiment(
        "What do softmax, cross-entropy and temperature do to four scores?", "under a second", "softmax"
    ),
    "clipping": Experiment("What do the two ways of clipping do to a gradient?", "under a second", "clipping"),
    "hello": Experiment("What is inside a network that has learned one word?", "under a second", "hello", 300),
    "adder": Experiment("Can a network learn to carry when it adds two numbers?", "5 seconds", "adder", 20_000),
    "sine": Experiment("Does a network predict a curve as well as linear regression?", "20 seconds", "sine", 5000),
    "adding": Experiment("Which cells can carry a number over 200 steps?", "a minute", "adding", 3000),
    "memory": Experiment(
        "What are the states of a network that remembers three switches?", "5 seconds", "memory", 1500
    ),
    "counting": Experiment("How far beyond their training do networks count?", "a minute", "counting", 2000),
    "echo": Experiment("Which delays can a truncated window teach?", "5 seconds", "echo", 1000),
    "names": Experiment("Can a network generate names of a given language?", "5 seconds", "names", 2000),
    "reverse": Experiment("Can an encoder and a decoder reverse a string?", "50 seconds", "reverse", 2500),
    "sentiment": Experiment("Is an opinion good or bad, and does word order matter?", "10 seconds", "sentiment", 300),
    "gradients": Experiment("How much of an error is left after 100 steps back?", "a second", "gradients", 300),
    "recall": Experiment("Which cells can remember a subject over a gap?", "20 seconds", "recall", 1500),
    "cloze": Experiment("Can a word be predicted that only the following words decide?", "5 seconds", "cloze", 600),
}
