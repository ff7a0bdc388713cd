"""Messages: frozen dataclasses of plain values that go from one process to another as lines of JSON.

In the JSON, the fields of a nested dataclass are on the same level as the others, and the key of a field may differ
from its name: `field(metadata={"key": …})`.
"""

import math
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Self, get_args, get_origin, get_type_hints

_LARGEST_INTEGER = 1 << 63
"""Integers of this magnitude and above, which no message has, are refused: arrays and floats cannot hold them."""


class Message:
    """Base of a family of messages, told apart by their `kind`; `old_kinds` maps former kinds to present ones."""

    kind: ClassVar[str]
    family: ClassVar[str]
    old_kinds: ClassVar[dict[str, str]] = {}
    _members: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        """Add a message to its family, or begin a family."""
        if "family" in cls.__dict__:
            cls._members = {}
        else:
            cls._members[cls.kind] = cls

    def to_json(self) -> dict[str, Any]:
        """Return plain values, with None for each number that JSON cannot hold, such as an infinite perplexity."""
        return {self.family: self.kind, **_flat(self)}

    @classmethod
    def from_json(cls, values: object) -> Self | None:
        """Return the message that `to_json` wrote, in this version or an earlier one; None if it is not one."""
        kind = values.get(cls.family) if isinstance(values, dict) else None
        if not isinstance(values, dict) or not isinstance(kind, str):
            return None
        member = cls._members.get(cls.old_kinds.get(kind, kind))
        try:
            return None if member is None else _build(member, values)
        except TypeError:
            return None


def _flat(message: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, key, _, is_nested in _fields(message.__class__):
        value = getattr(message, name)
        values |= _flat(value) if is_nested else {key: _plain(value)}
    return values


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: None in place of a number that is not finite, at any depth."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _build(kind: Any, values: dict[str, Any]) -> Any:
    """Return a dataclass made from the values; TypeError if a value is missing or has another type."""
    arguments = {}
    for name, key, hint, is_nested in _fields(kind):
        if is_nested:
            arguments[name] = _build(hint, values)
        elif key in values:
            arguments[name] = _typed(values[key], hint)
    return kind(**arguments)


@cache
def _fields(kind: Any) -> tuple[tuple[str, str, Any, bool], ...]:
    """Return name, key in JSON and type of each field of a dataclass, and True for another dataclass."""
    hints = get_type_hints(kind)
    return tuple(
        (field.name, field.metadata.get("key", field.name), hint, is_dataclass(hint))
        for field in fields(kind)
        for hint in [hints[field.name]]
    )


def _typed(value: Any, hint: Any) -> Any:
    """Convert a value of JSON to the annotated type; TypeError if that is not possible."""
    if hint is float and type(value) is float:  # the usual case, in a journal of a million steps
        return value
    if get_origin(hint) is tuple:
        return tuple(_typed(item, get_args(hint)[0]) for item in value)
    if isinstance(hint, UnionType):
        return None if value is None else _typed(value, get_args(hint)[0])
    if hint is float:
        if value is None:
            return math.nan
        if _is_integer(value):
            return float(value)
    elif type(value) is hint and (hint is not int or _is_integer(value)):
        return value
    raise TypeError(f"{value!r} is not of type {hint}")


def _is_integer(value: Any) -> bool:
    return type(value) is int and abs(value) < _LARGEST_INTEGER
