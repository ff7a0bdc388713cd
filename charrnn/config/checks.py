"""Checks of single values: their valid range, their parsing from a command line, and their limits in words.

A check raises UsageError with a message that begins with the name of the value in backticks, which the command line
replaces by the option: "`lr` must be above 0, got -1".
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

from charrnn.errors import UsageError

LARGEST_SHOWN = 1000
"""Largest upper limit that is shown to users; larger ones only exclude absurd values."""


class Check(Protocol):
    """Requirement on one value."""

    @property
    def metavar(self) -> str:
        """Placeholder of the value in --help."""

    @property
    def limits(self) -> str:
        """Range of the value in words; empty if `metavar` lists the valid values."""

    def parse(self, name: str, text: str) -> Any:
        """Parse an argument of the command line; UsageError if it has the wrong type."""

    def check(self, name: str, value: object) -> None:
        """Raise UsageError unless the value meets the requirement."""


@dataclass(frozen=True)
class Integer:
    """Whole number from `minimum` to `maximum`."""

    minimum: int
    maximum: int = 1 << 31
    metavar = "<int>"

    @property
    def limits(self) -> str:
        """Range of the value in words."""
        shown = self.maximum <= LARGEST_SHOWN
        return f"{self.minimum} to {self.maximum}" if shown else f"{self.minimum} or more"

    def parse(self, name: str, text: str) -> int:
        """Return the number; UsageError if the text is not a number."""
        try:
            return int(text)
        except ValueError:
            raise UsageError(f"`{name}` must be a whole number, got {text:.40}") from None

    def check(self, name: str, value: object) -> None:
        """Raise UsageError unless the value is a whole number in the range."""
        _require(isinstance(value, int) and not isinstance(value, bool), f"`{name}` must be a whole number", value)
        assert isinstance(value, int)
        _require(value >= self.minimum, f"`{name}` must be at least {self.minimum}", value)
        _require(value <= self.maximum, f"`{name}` must be at most {self.maximum}", value)


@dataclass(frozen=True)
class Number:
    """Finite number from `minimum`, which is excluded if `open`, to below `limit`."""

    minimum: float
    limit: float
    open: bool = False
    metavar = "<float>"

    @property
    def limits(self) -> str:
        """Range of the value in words."""
        low = f"above {self.minimum:g}" if self.open else f"{self.minimum:g}"
        if self.limit < LARGEST_SHOWN:
            return f"{low} to below {self.limit:g}"
        return low if self.open else f"{low} or more"

    def parse(self, name: str, text: str) -> float:
        """Return the number; UsageError if the text is not a number."""
        try:
            return float(text)
        except ValueError:
            raise UsageError(f"`{name}` must be a number, got {text:.40}") from None

    def check(self, name: str, value: object) -> None:
        """Raise UsageError unless the value is a finite number in the range."""
        number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
        _require(number, f"`{name}` must be a finite number", value)
        assert isinstance(value, int | float)
        low = "above" if self.open else "at least"
        _require(
            value > self.minimum or (value == self.minimum and not self.open),
            f"`{name}` must be {low} {self.minimum:g}",
            value,
        )
        _require(value < self.limit, f"`{name}` must be below {self.limit:g}", value)


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    choices: tuple[str, ...]
    limits = ""

    @property
    def metavar(self) -> str:
        """The words, as --help shows them."""
        return " | ".join(self.choices)  # with spaces, which a narrow terminal can break at

    def parse(self, name: str, text: str) -> str:
        """Return the text."""
        del name
        return text

    def check(self, name: str, value: object) -> None:
        """Raise UsageError unless the value is one of the words."""
        if value not in self.choices:
            choices = ", ".join(self.choices)
            raise UsageError(f"`{name}` must be one of {choices}, got {value!s:.40}")


@dataclass(frozen=True)
class Text:
    """Any text."""

    metavar = "<str>"
    limits = ""

    def parse(self, name: str, text: str) -> str:
        """Return the text."""
        del name
        return text

    def check(self, name: str, value: object) -> None:
        """Raise UsageError unless the value is a text."""
        _require(isinstance(value, str), f"`{name}` must be a text", value)


def _require(condition: bool, requirement: str, value: object) -> None:
    if not condition:
        shown = f"{value:g}" if isinstance(value, float) and value.is_integer() else f"{value!s:.40}"
        raise UsageError(f"{requirement}, got {shown}")
