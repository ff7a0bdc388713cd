"""The end of a resumed run: unchanged, replaced, or extended by more steps or minutes."""

from dataclasses import replace
from typing import Any

from charrnn.config import ENDS, Overrides, TrainingConfig
from charrnn.training.state import TrainingState


def with_end(
    training: TrainingConfig,
    state: TrainingState,
    overrides: Overrides,
    more: int | None = None,
    more_minutes: float | None = None,
) -> TrainingConfig:
    """Return the training config of a run, with the end and the patience that the user gave, if any.

    With more steps or minutes, a new learning-rate schedule spans the added part, from `state` on.
    """
    training = replace(training, patience=overrides.get("patience", training.patience))
    ends: dict[str, Any] = {name: overrides.get(name) for name in ENDS}
    begin = 0.0
    if more is not None:
        ends["steps"], begin = state.step + more, float(state.step)
    elif more_minutes is not None:
        begin = state.time / 60.0
        ends["minutes"] = begin + more_minutes
    elif all(end is None for end in ends.values()):
        return training
    elif ends["epochs"] is None and (ends["steps"] is None) == (training.steps is None):
        begin = training.schedule_begin  # in the same unit
    end = ends["steps"] or ends["minutes"] or 0.0
    return replace(training, **ends, schedule_begin=begin if begin < end else 0.0)
