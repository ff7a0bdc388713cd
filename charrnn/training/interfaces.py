"""The interfaces of a session to the functions that measure its weights and to the storage that saves them."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from charrnn.network.arrays import Parameters
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import GradientFlowMeasured
from charrnn.training.state import TrainingState

EvaluationProbe: TypeAlias = Callable[[Parameters, int | None], Generator[float, None, Evaluation]]
"""Generator function that evaluates weights on a text, or on a sample of about that many tokens.

It yields the share of the text that has been read, and returns the evaluation.
"""


@dataclass(frozen=True)
class Probes:
    """Functions that measure the weights during training; None for a measurement that is not made.

    `evaluate` evaluates weights on the validation text, `evaluate_base` on the validation text of the base run.
    `sample` returns a sample from the weights at a step. `gradient_flow` takes a state and the time of the run, and
    returns None for a network in which the flow is not defined.
    """

    evaluate: EvaluationProbe | None = None
    evaluate_base: EvaluationProbe | None = None
    sample: Callable[[Parameters, int], str] | None = None
    gradient_flow: Callable[[TrainingState, float], GradientFlowMeasured | None] | None = None


class Storage(Protocol):
    """The place where a session saves its weights and its state."""

    def write_best(self, parameters: Parameters) -> None: ...

    def read_best(self) -> Parameters: ...

    def write_checkpoint(self, state: TrainingState) -> None: ...
