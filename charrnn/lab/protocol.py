"""The lab: classic experiments, each of which says what came out and whether that is as it should be.

An experiment is one file here with three parts, and one line in `EXPERIMENTS`:

    TITLE              a few words
    EXPLANATION        a few lines: what is done, and what to look for
    run(seed, steps)   → results, one after the other, as they are found: findings, curves and, at last, claims

A claim is a finding of the table "claims", which says what a reference has and what was reached here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, TypeAlias, cast

from charrnn.network.arrays import Array

Figure: TypeAlias = str | int | float | bool
Points: TypeAlias = Sequence[float] | Array
CLAIMS = "claims"


@dataclass(frozen=True)
class Finding:
    """One line of what came out.

    `table` names the lines that belong together and follow each other: their `figures` have the same names, in the
    same order. `passed` is whether this line is as it should be; one that only reports has passed.
    """

    table: str
    figures: Mapping[str, Figure]
    passed: bool = True


@dataclass(frozen=True)
class Curves:
    """Lines by name, each with its points x and y, over one axis; values that are not finite are left out."""

    title: str
    x: str
    lines: Mapping[str, tuple[Points, Points]]
    logarithmic: bool = False


Result: TypeAlias = Finding | Curves


def claim(text: str, reference: str, reached: str, *, passed: bool) -> Finding:
    """What should come out, what the reference has, and what did come out."""
    return Finding(CLAIMS, {"claim": text, "reference": reference, "reached": reached}, bool(passed))


class ExperimentModule(Protocol):
    """The parts of an experiment's file."""

    TITLE: str
    EXPLANATION: str

    def run(self, seed: int, steps: int) -> Iterator[Result]: ...


@dataclass(frozen=True)
class Experiment:
    """An experiment before it is imported: one sentence, how long it takes, and its file in this folder.

    `steps` is how many updates each of its trainings has at full size; 0 if it does not train.
    """

    summary: str
    duration: str
    file: str
    steps: int = 0

    def load(self) -> ExperimentModule:
        return cast(ExperimentModule, import_module(f"charrnn.lab.experiments.{self.file}"))


EXPERIMENTS: dict[str, Experiment] = {
    "gradcheck": Experiment("Is every gradient right, and would a wrong one be noticed?", "20 seconds", "gradcheck"),
    "forward": Experiment("What does a recurrent layer compute, number by number?", "no time", "forward"),
    "softmax": Experiment("What do softmax, cross-entropy and temperature do to four scores?", "no time", "softmax"),
    "clipping": Experiment("What do the two ways of clipping do to a gradient?", "no time", "clipping"),
    "hello": Experiment("What is inside a network that has learned one word?", "no time", "hello", 300),
    "adder": Experiment("Can a network learn to carry?", "5 seconds", "adder", 20_000),
    "sine": Experiment("Does a network predict a curve better than a ruler does?", "20 seconds", "sine", 5000),
    "adding": Experiment("Who can carry a number through 200 steps?", "a minute", "adding", 3000),
    "memory": Experiment("What does a state look like that remembers?", "5 seconds", "memory", 1500),
    "counting": Experiment("How far do networks count?", "a minute", "counting", 2000),
    "echo": Experiment("What can a window that is too short not teach?", "5 seconds", "echo", 1000),
    "names": Experiment("What comes of one word that stands for many names?", "5 seconds", "names", 2000),
    "reverse": Experiment(
        "Can a string go through one state, and come out backwards?", "50 seconds", "reverse", 2500
    ),
    "sentiment": Experiment("Is an opinion good or bad, and does the order matter?", "10 seconds", "sentiment", 300),
    "gradients": Experiment("How much of an error is left after 100 steps back?", "a second", "gradients", 300),
    "recall": Experiment("Who can remember a subject over a gap?", "20 seconds", "recall", 1500),
    "cloze": Experiment("Who can tell a word that only the future tells?", "5 seconds", "cloze", 600),
}
