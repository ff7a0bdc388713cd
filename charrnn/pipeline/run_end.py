"""The end of a resumed run: unchanged, replaced, or extended by more steps or minutes."""

from dataclasses import replace
from typing import Any

from charrnn.config import ENDS, Overrides, TrainingConfig
from charrnn.config.checks import Check, Integer, Number
from charrnn.errors import UsageError
from charrnn.training.state import TrainingState

EXTENSIONS: dict[str, Check] = {"more": Integer(1), "more_minutes": Number(0.0, 1e6, open=True)}
"""Checks of the numbers of steps and of minutes to add."""


def check_extension(more: int | None, more_minutes: float | None, overrides: Overrides) -> None:
    """Raise UsageError if a number of steps or minutes is out of range, or if there is more than one end."""
    given = {"more": more, "more_minutes": more_minutes} | {name: overrides.get(name) for name in ENDS}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1 and not set(names) <= set(ENDS):
        raise UsageError(f"give one of {' and '.join(f'`{name}`' for name in names)}")
    for name, check in EXTENSIONS.items():
        if given[name] is not None:
            check.check(name, given[name])


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
