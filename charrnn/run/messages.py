"""Messages: frozen dataclasses of plain values that go from one process to another as lines of JSON."""

import math
from dataclasses import asdict
from types import UnionType
from typing import Any, ClassVar, Self, get_args, get_origin, get_type_hints


class Message:
    """JSON both ways for the members of a family, told apart by `kind`."""

    kind: ClassVar[str]
    family: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Plain values; None for a number that JSON cannot write, as the perplexity of a lost model."""
        values = asdict(self)  # type: ignore[call-overload]
        finite = {name: None if _not_finite(value) else value for name, value in values.items()}
        return {self.family: self.kind, **finite}

    @classmethod
    def from_json(cls, values: object) -> Self | None:
        """What `to_json` of a member wrote, if only an older one; None for anything else, as of a torn line."""
        if not isinstance(values, dict):
            return None
        members: list[Any] = cls.__subclasses__()
        for member in members:
            if member.kind == values.get(cls.family):
                try:
                    found: Self = member(**_given(member, values))
                except TypeError:
                    return None
                return found
        return None


def _not_finite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _given(member: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """The fields that are there; those of an older version may lack some that have a default."""
    return {name: _typed(values[name], hint) for name, hint in _fields(member) if name in values}


def _fields(member: type[Any]) -> tuple[tuple[str, Any], ...]:
    """The fields of a message and their types, which are worked out once."""
    if member not in _FIELDS:
        hints = get_type_hints(member).items()
        _FIELDS[member] = tuple((name, hint) for name, hint in hints if get_origin(hint) is not ClassVar)
    return _FIELDS[member]


_FIELDS: dict[type[Any], tuple[tuple[str, Any], ...]] = {}


_LARGEST = 1 << 1000
"""Beyond this a whole number of JSON is no float."""


def _typed(value: Any, hint: Any) -> Any:
    """A value of JSON as one of the annotated type; TypeError if it cannot be."""
    if get_origin(hint) is tuple:
        return tuple(_typed(each, get_args(hint)[0]) for each in value)
    if isinstance(hint, UnionType):
        return None if value is None else _typed(value, get_args(hint)[0])
    if hint is float:
        if value is None:
            return math.nan
        if type(value) is float or (type(value) is int and abs(value) < _LARGEST):
            return float(value)
    elif type(value) is hint:
        return value
    raise TypeError(f"{value!r} is no {hint}")
