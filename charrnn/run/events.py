"""Events of a run: frozen dataclasses of plain values.

Each event has a step, and a time in seconds of training, without pauses and over all resumes. `to_json` returns the
object of its line in `metrics.jsonl` and in the output of `--json`; `from_json` reads it.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from charrnn.run.commands import OLD_WORDS
from charrnn.run.evaluation import Evaluation
from charrnn.run.messages import Message

WHOLE, SAMPLE = "whole", "sample"
"""Scopes of an evaluation."""


@dataclass(frozen=True)
class Event(Message):
    """Base of the events."""

    family: ClassVar[str] = "event"
    step: int
    time: float


@dataclass(frozen=True)
class Started(Event):
    """Training begins or resumes.

    `steps` is the length of the run, an estimate if the run ends after `minutes`; `best` is the best validation loss
    so far, in nats per character.
    """

    kind: ClassVar[str] = "start"
    resumed: bool
    parameters: int
    training_tokens: int
    validation_tokens: int
    characters_per_second: float
    steps: int = 0
    minutes: float | None = None
    best: float | None = None


@dataclass(frozen=True)
class BaselineMeasured(Event):
    """Loss of the n-gram model of the best `order` on the validation text.

    It was counted on the first `tokens` of the training tokens and measured on `measured_tokens` of the validation
    tokens, a sample spread over them. The numbers are 0 in a run of charrnn 0.4, which used the beginnings.
    """

    kind: ClassVar[str] = "baseline"
    order: int
    nats_per_character: float
    bits_per_character: float
    tokens: int = 0
    training_tokens: int = 0
    measured_tokens: int = 0
    validation_tokens: int = 0

    @property
    def name(self) -> str:
        """The name of the model, with the number of tokens if it was not counted on all of the training text."""
        part = f" of {self.tokens / 1e6:.3g}M tokens" if self.tokens < self.training_tokens else ""
        return f"{self.order}-gram{part}"


@dataclass(frozen=True)
class StepDone(Event):
    """One update of the weights.

    `loss` is in nats per token. `gradient_norm` is the norm before clipping, and `clipped` is true if it was above
    the threshold. `progress` is the completed share of the run, 0 to 1; `epoch` counts passes over the text.
    """

    kind: ClassVar[str] = "step"
    loss: float
    learning_rate: float
    gradient_norm: float
    characters_per_second: float
    progress: float
    epoch: float
    clipped: bool = False


@dataclass(frozen=True)
class Evaluating(Event):
    """A long evaluation is in progress; `share` of its text, 0 to 1, has been read."""

    kind: ClassVar[str] = "evaluating"
    share: float


@dataclass(frozen=True)
class Evaluated(Event):
    """An evaluation on the validation text; `best` is true if it is the best so far.

    `previous_loss` is the loss of a fine-tuning run on the validation text of its base run, in nats per character.
    `scope` is "whole", or "sample" for a fixed sample of a long validation text; a run that
    evaluates a sample ends with an evaluation of its best weights on the whole text, if time allows.
    """

    kind: ClassVar[str] = "evaluation"
    evaluation: Evaluation
    best: bool
    previous_loss: float | None = field(default=None, metadata={"key": "before"})
    scope: str = WHOLE


@dataclass(frozen=True)
class Sampled(Event):
    """A sample from the model."""

    kind: ClassVar[str] = "sample"
    text: str


@dataclass(frozen=True)
class GradientFlowMeasured(Event):
    """Gradient flow through one window of the text, from the loss of its last step, and the memory in use.

    `gradient_flow` (L, T) has the norms of dL/dh, layer by layer, from the first step of the window to its last;
    `saturated` (L,) has the share of saturated units; `memory` is in bytes.
    """

    kind: ClassVar[str] = "probe"
    gradient_flow: tuple[tuple[float, ...], ...]
    saturated: tuple[float, ...]
    memory: int


@dataclass(frozen=True)
class Saved(Event):
    """A checkpoint was written, from which the run can be resumed."""

    kind: ClassVar[str] = "checkpoint"


@dataclass(frozen=True)
class Recovered(Event):
    """A loss or gradient was not finite: the last saved state is restored, and the learning rate is halved."""

    kind: ClassVar[str] = "recovery"
    reason: str
    back_to_step: int
    rate_scale: float
    in_a_row: int


@dataclass(frozen=True)
class Finished(Event):
    """Training has ended; `reason` is "done", or "stopped" after a command to stop.

    `note` gives the reason if a run ends before its planned end; it is empty otherwise.
    """

    kind: ClassVar[str] = "finish"
    reason: str
    best_nats_per_character: float | None
    note: str = ""


@dataclass(frozen=True)
class CommandApplied(Event):
    """A command was applied, or could not be; `outcome` says so in words."""

    kind: ClassVar[str] = "steering"
    command: str
    outcome: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "command", OLD_WORDS.get(self.command, self.command))
