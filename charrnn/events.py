"""What a run can say, and what one can tell it: frozen dataclasses of plain values.

Each event has the step it belongs to and the time in seconds since the run began, over resumes. `to_json` is the
line that `metrics.jsonl` and `--json` have.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True)
class Event:
    """Something that happened in a run."""

    kind: ClassVar[str] = "event"
    step: int
    time: float

    def to_json(self) -> dict[str, Any]:
        """Plain values; None for a number that JSON cannot write, as the perplexity of a lost model."""
        values = {name: None if _not_finite(value) else value for name, value in asdict(self).items()}
        return {"event": self.kind, **values}


def _not_finite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


@dataclass(frozen=True)
class Started(Event):
    """Training begins, or goes on."""

    kind: ClassVar[str] = "start"
    resumed: bool
    parameters: int
    training_tokens: int
    validation_tokens: int
    characters_per_second: float


@dataclass(frozen=True)
class StepDone(Event):
    """One update of the weights. `progress` is the share of the run that is behind; `epoch` counts passes."""

    kind: ClassVar[str] = "step"
    loss: float
    learning_rate: float
    gradient_norm: float
    characters_per_second: float
    progress: float
    epoch: float


@dataclass(frozen=True)
class Evaluated(Event):
    """The validation text was read: the fields of `charrnn eval`, and whether this is the best so far."""

    kind: ClassVar[str] = "evaluation"
    characters: int
    tokens: int
    unknown: int
    nats_per_character: float
    bits_per_character: float
    perplexity_per_character: float
    nats_per_token: float
    perplexity_per_token: float
    best: bool


@dataclass(frozen=True)
class Sampled(Event):
    """The model spoke."""

    kind: ClassVar[str] = "sample"
    text: str


@dataclass(frozen=True)
class Saved(Event):
    """A checkpoint was written, from which the run can go on."""

    kind: ClassVar[str] = "checkpoint"


@dataclass(frozen=True)
class Recovered(Event):
    """A step was not finite: the last good weights are back, and the learning rate is halved."""

    kind: ClassVar[str] = "recovery"
    reason: str
    back_to_step: int
    rate_scale: float
    in_a_row: int


@dataclass(frozen=True)
class Finished(Event):
    """Training is over: `done`, or `stopped` because it was told to."""

    kind: ClassVar[str] = "finish"
    reason: str
    best_nats_per_character: float | None


@dataclass(frozen=True)
class Stop:
    """Finish the step, save, and end."""


Command: TypeAlias = Stop
"""What one can tell a run, between steps."""
