"""The state of a training run: everything that changes during training and that a checkpoint holds."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn.errors import ModelError
from charrnn.network.arrays import Array, Parameters
from charrnn.run.folder import PARAMETERS

MOMENTS = "moments."
HIDDEN_STATE = "carried"
"""Names of the optimizer's moments (a prefix) and of the hidden state in a checkpoint."""

LARGEST = 1e15
"""Limit of the numbers in the notes of a checkpoint."""


@dataclass
class TrainingState:
    """The state between two steps.

    `moments` are those of the optimizer. `hidden_state` (L, S, B, H) is the state that the next window begins with.
    `step` counts updates. `window` counts the windows that were read; it is larger than `step` by the windows whose
    step was not finite or was lost in a recovery.
    `rate_scale` is a factor on the learning rate, changed by commands and halved at every recovery. `time` is in
    seconds since the run began. `best_loss` is the best validation loss so far, in nats per character, and
    `evaluations_since_best` counts the evaluations after it. `completed_minutes` is the limit of minutes that the
    run has reached, None if it has reached none.
    """

    parameters: Parameters
    moments: Parameters
    hidden_state: Array
    rng: np.random.Generator
    step: int = 0
    window: int = 0
    rate_scale: float = 1.0
    time: float = 0.0
    best_loss: float | None = None
    evaluations_since_best: int = 0
    completed_minutes: float | None = None

    def copy(self) -> "TrainingState":
        """Return a copy that further training does not change."""
        return copy.deepcopy(self)

    def to_arrays(self) -> Parameters:
        """Return all arrays of the state under their names in a checkpoint."""
        arrays = {PARAMETERS + name: array for name, array in self.parameters.items()}
        arrays |= {MOMENTS + name: array for name, array in self.moments.items()}
        return arrays | {HIDDEN_STATE: self.hidden_state}

    def to_notes(self) -> dict[str, Any]:
        """Return the rest of the state as plain values."""
        return {
            "step": self.step,
            "window": self.window,
            "rate_scale": self.rate_scale,
            "time": self.time,
            "best": self.best_loss,
            "evaluations_since_best": self.evaluations_since_best,
            "completed_minutes": self.completed_minutes,
            "rng": self.rng.bit_generator.state,
        }

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of `to_arrays()`."""
        return {name: array.shape for name, array in self.to_arrays().items()}

    @classmethod
    def from_arrays(cls, arrays: Parameters, notes: Any) -> "TrainingState":
        """Return the state from the results of `to_arrays` and `to_notes`; ModelError if a note is not valid."""
        try:
            rng = np.random.default_rng()
            rng.bit_generator.state = notes["rng"]
            state = cls(
                parameters=_select(PARAMETERS, arrays),
                moments=_select(MOMENTS, arrays),
                hidden_state=arrays[HIDDEN_STATE],
                rng=rng,
                step=int(notes["step"]),
                window=int(notes["window"]),
                rate_scale=float(notes["rate_scale"]),
                time=float(notes["time"]),
                best_loss=_number(notes["best"]),
                evaluations_since_best=int(notes.get("evaluations_since_best", 0)),  # none in version 0.4
                completed_minutes=_number(notes.get("completed_minutes")),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelError(f"its notes on the run cannot be read ({error!r})") from error
        if not state._is_in_range():
            raise ModelError("its notes on the run have a number out of range")
        return state

    def _is_in_range(self) -> bool:
        """Return True if all numbers are in the range of a real run."""
        counts = self.step, self.window, self.time, self.evaluations_since_best
        best_loss = 0.0 if self.best_loss is None else self.best_loss
        return all(0 <= count < LARGEST for count in counts) and 0.0 < self.rate_scale < LARGEST > abs(best_loss)


def _select(prefix: str, arrays: Parameters) -> Parameters:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
