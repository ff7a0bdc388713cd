"""Shades: a value → the style of the text that has it, in color and without."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Shade:
    """The look of values of at least `lowest`: rich styles with and without colors, a sign, and its legend."""

    lowest: float
    color: str
    plain: str = ""
    sign: str = " "
    legend: str = ""

    def style(self, *, color: bool) -> str:
        """Return the rich style."""
        return self.color if color else self.plain


def shade_of(value: float, shades: Sequence[Shade], default: Shade) -> Shade:
    """Return the first of the shades, highest first, that the value reaches; the default for NaN and low values."""
    return next((shade for shade in shades if value >= shade.lowest), default)
