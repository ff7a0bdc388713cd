"""Overrides: the option values that a user gave, and configs made from them and the defaults."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from charrnn.config.checks import Check, Integer, Number
from charrnn.config.configs import ENDS, Config, NetworkConfig, TextConfig, TrainingConfig
from charrnn.config.defaults import Circumstances
from charrnn.config.options import Row
from charrnn.errors import UsageError

OPTIONS: dict[str, Row] = {
    row.name: row for config in (TextConfig, NetworkConfig, TrainingConfig) for row in config.rows()
}
"""The table of options, by name."""
EXTENSIONS: dict[str, Check] = {"more": Integer(1), "more_minutes": Number(0.0, 1e6, open=True)}
"""Checks of the numbers of steps and of minutes to add."""


class Overrides(Mapping[str, Any]):
    """Values of options that a user gave, by name; a value of None counts as not given.

    >>> overrides = Overrides(hidden=64, cloze=True, lr=None)
    >>> overrides
    Overrides(hidden=64, cloze=True)
    >>> overrides.fields(NetworkConfig)
    {'hidden': 64, 'body': 'two_sided'}
    """

    def __init__(self, **values: Any) -> None:
        """Check the values; UsageError for an unknown option or a value out of range."""
        self._values = {name: value for name, value in values.items() if value is not None}
        for name, value in self._values.items():
            _row(name).check(value)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __or__(self, values: Mapping[str, Any]) -> "Overrides":
        return Overrides(**{**self, **values})

    def __repr__(self) -> str:
        return f"Overrides({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def fields(self, config: type[Config]) -> dict[str, Any]:
        """Return the values of the fields of one config."""
        rows = [row for row in config.rows() if row.name in self]
        return {row.field.name: row.field_value(self[row.name]) for row in rows}

    def refuse_inherited(self) -> None:
        """Raise UsageError if the user gave an option that a fine-tuning run inherits from its base run."""
        for name in self:
            if OPTIONS[name].option.inherited:
                raise UsageError(f"`{name}` is inherited from `base_run`; leave it out")

    def refuse_fixed(self) -> None:
        """Raise UsageError if the user gave an option other than those that end a run: no other can change."""
        for name in self:
            if name not in (*ENDS, "patience"):
                raise UsageError(f"`{name}` cannot change in a resumed run; leave it out, or start a new run")


def _row(name: str) -> Row:
    if name not in OPTIONS:
        matches = get_close_matches(name, OPTIONS)
        remedy = f"did you mean {matches[0]}?" if matches else f"choose among {', '.join(OPTIONS)}"
        raise UsageError(f"there is no option {name}; {remedy}")
    return OPTIONS[name]


def check_extension(more: int | None, more_minutes: float | None, overrides: Overrides) -> None:
    """Raise UsageError if a number of steps or minutes is out of range, or if there is more than one end."""
    given = {"more": more, "more_minutes": more_minutes} | {name: overrides.get(name) for name in ENDS}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1 and not set(names) <= set(ENDS):
        raise UsageError(f"give one of {' and '.join(f'`{name}`' for name in names)}")
    for name, check in EXTENSIONS.items():
        if given[name] is not None:
            check.check(name, given[name])


def choose_network(overrides: Overrides, *, tokens: int, vocabulary: int, bos_id: int | None = None) -> NetworkConfig:
    """Return the network config: the overrides, and defaults for a text with this many training tokens."""
    chosen = _choose(NetworkConfig, overrides, Circumstances(tokens, 1))
    return NetworkConfig(**chosen, vocabulary=vocabulary, bos_id=bos_id)


def choose_training(overrides: Overrides, *, tokens: int, threads: int) -> TrainingConfig:
    """Return the training config: the overrides, and defaults for a text with this many training tokens.

    The default of `evaluate_every` is set later, by `plan_evaluations`.
    """
    return TrainingConfig(**_choose(TrainingConfig, overrides, Circumstances(tokens, threads)))


def finetuning_defaults(overrides: Overrides, *, tokens: int, threads: int) -> TrainingConfig:
    """Same as `choose_training`, but for weights that are trained already: a lower rate after a longer warm-up."""
    return TrainingConfig(**_choose(TrainingConfig, overrides, Circumstances(tokens, threads, finetuning=True)))


def _choose(config: type[Config], overrides: Overrides, circumstances: Circumstances) -> dict[str, Any]:
    """Return the overrides, and the defaults of all other fields, computed in order."""
    chosen = overrides.fields(config)
    for row in config.rows():
        default = row.option.default
        if row.field.name not in chosen and default is not None and default.rule is not None:
            chosen[row.field.name] = default.rule(circumstances, chosen)
        elif row.field.name not in chosen and row.field.default is not None:
            chosen[row.field.name] = row.field.default
    return chosen
