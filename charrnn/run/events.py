"""What a run can say, and what one can tell it: frozen dataclasses of plain values.

Each event has the step it belongs to and the time in seconds since the run began, over resumes. `to_json` is the
line that `metrics.jsonl` and `--json` have, and `from_json` reads it again.
"""

from dataclasses import dataclass
from typing import ClassVar

from charrnn.run.messages import Message


@dataclass(frozen=True)
class Event(Message):
    """Something that happened in a run."""

    family: ClassVar[str] = "event"
    step: int
    time: float


@dataclass(frozen=True)
class Started(Event):
    """Training begins, or goes on.

    `steps` is the length of the run, a guess if it ends after `minutes`; `best` the best validation loss so far.
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
    """What the model has to beat: the n-gram model of the best order, on the validation text, or its beginning."""

    kind: ClassVar[str] = "baseline"
    order: int
    nats_per_character: float
    bits_per_character: float


@dataclass(frozen=True)
class StepDone(Event):
    """One update of the weights. `progress` is the share of the run that is behind; `epoch` counts passes.

    `gradient_norm` is the one before clipping, and `clipped` whether it was beyond the bound.
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
class Evaluated(Event):
    """The validation text was read: the fields of `charrnn eval`, and whether this is the best so far.

    `before` is the loss, in nats a character, of what the run held out that this one goes on from.
    """

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
    before: float | None = None


@dataclass(frozen=True)
class Sampled(Event):
    """The model spoke."""

    kind: ClassVar[str] = "sample"
    text: str


@dataclass(frozen=True)
class Probed(Event):
    """A look inside: a window was read, and the loss of its last step was sent back through it.

    `gradient_flow` (L, T) has the norms of dL/dh, layer by layer from the window's first step to its last;
    `saturated` (L,) the share of units that hardly pass a gradient; `memory` the process's bytes in RAM.
    """

    kind: ClassVar[str] = "probe"
    gradient_flow: tuple[tuple[float, ...], ...]
    saturated: tuple[float, ...]
    memory: int


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
class CommandApplied(Event):
    """The run did what it was told, or could not: `outcome` says which, in words."""

    kind: ClassVar[str] = "steering"
    command: str
    outcome: str


@dataclass(frozen=True)
class Command(Message):
    """What one can tell a run; it obeys between two steps."""

    family: ClassVar[str] = "command"


@dataclass(frozen=True)
class Pause(Command):
    """Wait after this step. The time of a pause is not the run's."""

    kind: ClassVar[str] = "pause"


@dataclass(frozen=True)
class Resume(Command):
    """End a pause."""

    kind: ClassVar[str] = "go-on"


@dataclass(frozen=True)
class EvaluateNow(Command):
    """Read the validation text."""

    kind: ClassVar[str] = "evaluate"


@dataclass(frozen=True)
class SampleNow(Command):
    """Let the model speak."""

    kind: ClassVar[str] = "sample"


@dataclass(frozen=True)
class SaveNow(Command):
    """Write a checkpoint."""

    kind: ClassVar[str] = "save"


@dataclass(frozen=True)
class ScaleRate(Command):
    """Multiply the learning rate, from here to the end of its schedule."""

    kind: ClassVar[str] = "rate"
    factor: float


@dataclass(frozen=True)
class RestoreBest(Command):
    """Take the best weights back; the place in the text, and the schedule, stay."""

    kind: ClassVar[str] = "back"


@dataclass(frozen=True)
class Stop(Command):
    """Finish the step, save, and end."""

    kind: ClassVar[str] = "stop"


COMMANDS: dict[str, type[Command]] = {member.kind: member for member in Command.__subclasses__()}
"""What one can tell a run, by name."""
