"""The lab: classic experiments, each of which says what came out and whether that is as it should be.

An experiment is one file here with three parts, and one line in `EXPERIMENTS`:

    TITLE          a few words
    EXPLANATION    a few lines: what is done, and what to look for
    run(seed)      → Findings, one after the other, as they are found
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, TypeAlias, cast

Figure: TypeAlias = str | int | float | bool


@dataclass(frozen=True)
class Finding:
    """One line of what came out.

    `table` names the lines that belong together and follow each other: their `figures` have the same names, in the
    same order. `passed` is whether this line is as it should be; one that only reports has passed.
    """

    table: str
    figures: Mapping[str, Figure]
    passed: bool = True


class ExperimentModule(Protocol):
    """The parts of an experiment's file."""

    TITLE: str
    EXPLANATION: str

    def run(self, seed: int) -> Iterator[Finding]: ...


@dataclass(frozen=True)
class Experiment:
    """An experiment before it is imported: one sentence, how long it takes, and its file in this folder."""

    summary: str
    duration: str
    file: str

    def load(self) -> ExperimentModule:
        return cast(ExperimentModule, import_module(f"charrnn.lab.{self.file}"))


EXPERIMENTS: dict[str, Experiment] = {
    "gradcheck": Experiment("Is every gradient right, and would a wrong one be noticed?", "10 seconds", "gradcheck"),
    "forward": Experiment("What does a recurrent layer compute, number by number?", "no time", "forward"),
    "softmax": Experiment("What do softmax, cross-entropy and temperature do to four scores?", "no time", "softmax"),
    "clipping": Experiment("What do the two ways of clipping do to a gradient?", "no time", "clipping"),
    "hello": Experiment("What is inside a network that has learned one word?", "no time", "hello"),
    "recall": Experiment("Who can remember a subject over a gap?", "a minute", "recall"),
    "cloze": Experiment("Who can tell a word that only the future tells?", "a second", "cloze"),
    "gradients": Experiment("How much of an error is left after 100 steps back?", "a second", "gradients"),
}
