"""The table of options: each field of a config that is annotated with an `Option` is one row.

    hidden: Annotated[int, Integer(1, 1 << 16), Option("Units per layer", by_length(...))]

An option has the name and type of its field; its check is the other annotation; its panel in --help is that of the
config class. Validation, `Overrides`, `charrnn train`, its --help and the manual are made from these rows.
"""

from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from charrnn.config.checks import Check, Choice, Integer, Number, Text
from charrnn.config.defaults import Default
from charrnn.errors import UsageError

_CHECKS = Integer | Number | Choice | Text


@dataclass(frozen=True)
class Option:
    """Description of an option: its help, and its default if that is not the constant default of the field.

    An `inherited` option has the value of the base run in fine-tuning and cannot be given. `flag` is the name of an
    option without a value, which sets the field to its last choice.
    """

    help: str
    default: Default | None = None
    inherited: bool = False
    flag: str | None = None


@dataclass(frozen=True)
class Field:
    """Field of a config. It may be None if it is `optional`, and is not in the table if it has no `option`."""

    name: str
    check: Check
    optional: bool
    default: Any
    option: Option | None


def fields_of(config: type[Any]) -> tuple[Field, ...]:
    """Return the fields of a config class that have a check, in order."""
    hints = get_type_hints(config, include_extras=True)
    return tuple(
        _field(field.name, hints[field.name], None if field.default is MISSING else field.default)
        for field in fields(config)
        if get_origin(hints[field.name]) is Annotated
    )


def _field(name: str, hint: Any, default: Any) -> Field:
    kind, *extras = get_args(hint)
    check = next(extra for extra in extras if isinstance(extra, _CHECKS))
    option = next((extra for extra in extras if isinstance(extra, Option)), None)
    return Field(name, check, type(None) in get_args(kind), default, option)


@dataclass(frozen=True)
class Row:
    """Row of the table of options: an option, the field that it sets, the config of that field, and its panel."""

    option: Option
    field: Field
    config: type[Any]
    panel: str

    @property
    def name(self) -> str:
        """Name of the option, as a keyword argument."""
        return self.option.flag or self.field.name

    @property
    def choices(self) -> tuple[str, ...]:
        """Words from which the value is chosen; empty if the option is not such a choice."""
        return self.field.check.choices if isinstance(self.field.check, Choice) and not self.is_flag else ()

    @property
    def is_flag(self) -> bool:
        """True if the option has no value."""
        return self.option.flag is not None

    @property
    def help(self) -> str:
        """Help with the limits of the value in parentheses."""
        limits = self.field.check.limits
        return f"{self.option.help} ({limits})" if limits else self.option.help

    @property
    def default(self) -> str:
        """Default in words."""
        if self.is_flag:
            return "off"
        if self.option.default is not None:
            return self.option.default.description
        value = self.field.default
        return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

    def parse(self, text: str) -> Any:
        """Return the value of an argument of the command line; UsageError if it is not valid."""
        value = self.field.check.parse(self.name, text)
        self.check(value)
        return value

    def check(self, value: object) -> None:
        """Raise UsageError unless a value of this option is valid."""
        if not self.is_flag:
            self.field.check.check(self.name, value)
        elif not isinstance(value, bool):
            raise UsageError(f"`{self.name}` must be True or False, got {value!s:.40}")

    def field_value(self, value: Any) -> Any:
        """Return the value of the field for a value of the option."""
        if not self.is_flag:
            return value
        assert isinstance(self.field.check, Choice)
        return self.field.check.choices[-1] if value else self.field.default
