"""A text with the activation of one unit: colors behind the characters, and signs below them."""

import math
from collections.abc import Callable, Iterator, Sequence

from charrnn.cli.console import print_message
from charrnn.cli.shades import Shade, shade_of
from charrnn.text.escape import visible_line

WIDEST_LINE = 100
NEUTRAL = Shade(-0.2, "")
SHADES = (
    Shade(0.6, "white on rgb(178,24,43)", sign="#"),
    Shade(0.2, "black on rgb(244,165,130)", sign="+"),
    NEUTRAL,
    Shade(-0.6, "black on rgb(146,197,222)", sign="-"),
    Shade(-math.inf, "white on rgb(33,102,172)", sign="="),
)
"""The looks of a character, by the activation after it."""
LEGEND = "below the text: # from 0.6, + from 0.2, - below -0.2, = below -0.6"
WHITE_SPACE = {"\n": "⏎", "\t": "⇥"}


def print_activations(pieces: Sequence[str], h: Sequence[float]) -> None:
    """Print the pieces of a text, and below each line the signs of the activations h, which need no colors."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    print_message(LEGEND)
    console = Console()
    for line in _lines(pieces, h, min(console.width, WIDEST_LINE), cell_len):
        signs = "".join(shade.sign * cell_len(text) for text, shade in line).rstrip()
        console.print(Text.assemble(*((text, shade.color) for text, shade in line)), no_wrap=True, crop=False)
        console.print(Text(signs))


def _lines(
    pieces: Sequence[str], h: Sequence[float], width: int, cell_len: Callable[[str], int]
) -> Iterator[list[tuple[str, Shade]]]:
    """Yield the visible pieces with their shades in lines of up to `width` cells; a newline ends its line."""
    line: list[tuple[str, Shade]] = []
    cells = 0
    for piece, activation in zip(pieces, h, strict=True):
        text = WHITE_SPACE.get(piece) or visible_line(piece)
        if line and cells + cell_len(text) > width:
            yield line
            line, cells = [], 0
        line.append((text, shade_of(activation, SHADES, NEUTRAL)))
        cells += cell_len(text)
        if piece.endswith("\n"):
            yield line
            line, cells = [], 0
    if line:
        yield line
