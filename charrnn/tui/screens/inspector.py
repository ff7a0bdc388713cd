"""The inspector: what single units follow in a text, and what the weights look like as a whole."""

from dataclasses import dataclass

import numpy as np
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from charrnn.inspection.units import Ranked, Reading, own_text, rank, read
from charrnn.inspection.weights import LayerFigures, layer_figures, parameter_figures
from charrnn.text.escape import visible, visible_line
from charrnn.tui import help_text
from charrnn.tui.model_bindings import MODEL_BINDINGS
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.dialogs import Line
from charrnn.tui.widgets.text_view import Glyph, Story

CHARACTERS = 6000
"""How much of the text that was held out is read."""
PLUS, DOUBLE_PLUS = 0.33, 0.8
"""The activations from which a unit counts as on, and as fully on; the same below zero."""
UNITS_A_FEATURE = 2


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found in a text: the reading, the units that follow something, and the layers."""

    reading: Reading
    ranked: list[Ranked]
    layers: list[LayerFigures]


def find(opened: OpenModel, text: str) -> Findings:
    """Read a text, and look which units follow what in it."""
    model = opened.model
    reading = read(model, text)
    ranked = rank(reading.activations, reading.features(), top=UNITS_A_FEATURE)
    ranked.sort(key=lambda each: -abs(each.correlation))
    return Findings(reading, ranked, layer_figures(model.network, model.parameters, reading.activations))


class Inspector(Screen[None]):
    """Colours a text by the activation of one unit."""

    HELP = help_text.INSPECTOR
    CSS = """
    Inspector #side { width: 44; }
    Inspector OptionList { height: 1fr; border: round $surface-lighten-2; background: $background; }
    Inspector #layers { height: auto; padding: 0 1; color: $text-muted; }
    Inspector.-narrow #body { layout: vertical; }
    Inspector.-narrow #side { width: 1fr; height: 12; }
    Inspector.-narrow #layers { max-height: 4; }
    Inspector.-usual #side { width: 38; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-usual"), (110, "-wide")]
    BINDINGS = [
        Binding("right", "beside(1)", "Next unit", key_display="→", id="inspector.next"),
        Binding("left", "beside(-1)", "Unit before", key_display="←", show=False, id="inspector.before"),
        Binding("g", "go", "Go to unit", id="inspector.go"),
        Binding("t", "own", "Own text", id="inspector.text"),
        *MODEL_BINDINGS,
    ]

    def __init__(self, opened: OpenModel) -> None:
        super().__init__()
        self._opened = opened
        self._findings: Findings | None = None
        self._unit = (0, 0)

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield Story()
            with Vertical(id="side"):
                yield OptionList()
                yield Static(id="layers", markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(Story).border_title = "reading…"
        self.query_one(OptionList).border_title = "units that follow"
        self.query_one(OptionList).focus()
        self._read("")

    @work(thread=True, exclusive=True, group="read")
    def _read(self, text: str) -> None:
        """Read a text, by default what was held out, or a sample of the model's where that is gone."""
        text, what_it_is = (text, "a text of yours") if text else own_text(self._opened.model, CHARACTERS)
        if text:
            self.app.call_from_thread(self._take, find(self._opened, text), what_it_is)

    def _take(self, findings: Findings, what_it_is: str) -> None:
        self._findings = findings
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(Option(Content(_line_of(each))) for each in findings.ranked)
        norms = {each.name: each.norm for each in parameter_figures(self._opened.model.parameters)}
        layers = [
            f"layer {each.layer}: spectral radius {each.spectral_radius:.2f}, σ {each.largest_singular_value:.2f}, "
            f"saturated {each.saturated:.0%}, norms of Wx {norms[f'layers.{each.layer}.Wx']:.1f} and "
            f"Wh {norms[f'layers.{each.layer}.Wh']:.1f}"
            for each in findings.layers
        ]
        self.query_one("#layers", Static).update(Content(visible("\n".join([*layers, what_it_is]))))
        if findings.ranked:
            listed.highlighted = 0
        else:
            self._show(0, 0)

    def _show(self, layer: int, unit: int, follows: str = "") -> None:
        """Colour the text by a unit."""
        if self._findings is None:
            return
        self._unit = layer, unit
        reading, story = self._findings.reading, self.query_one(Story)
        h = reading.activations[:, layer, unit]
        glyphs = [Glyph(piece, look_of(float(a))) for piece, a in zip(reading.pieces, h, strict=True)]
        story.show(glyphs, len(glyphs))
        story.scroll_home(animate=False)
        story.border_title = visible_line(f"unit {layer}:{unit}{f', {follows}' if follows else ''}")
        story.border_subtitle = f"mean {h.mean():+.2f}, saturated {np.mean(np.abs(h) > 0.97):.0%}"

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if self._findings is not None:
            each = self._findings.ranked[event.option_index]
            self._show(each.layer, each.unit, f"{each.feature}, r {each.correlation:+.2f}")

    def action_beside(self, direction: int) -> None:
        layer, unit = self._unit
        self._show(layer, (unit + direction) % self._opened.model.config.network.hidden)

    @work
    async def action_go(self) -> None:
        said = await self.app.push_screen_wait(
            Line("A unit, as LAYER:UNIT, both from 0:", f"{self._unit[0]}:{self._unit[1]}")
        )
        network = self._opened.model.config.network
        layer, _, unit = said.partition(":")
        if layer.isdecimal() and unit.isdecimal() and int(layer) < network.layers and int(unit) < network.hidden:
            self._show(int(layer), int(unit))
        elif said:
            last = f"{network.layers - 1}:{network.hidden - 1}"
            self._say(f"there is no unit {said}; the first is 0:0 and the last {last}")

    @work
    async def action_own(self) -> None:
        said = await self.app.push_screen_wait(Line("A text to read:"))
        if said:
            self._read(self._opened.model.tokenizer.prepare(said)[0])

    def _say(self, message: str) -> None:
        self.notify(visible_line(message), markup=False)


def look_of(activation: float) -> str:
    """How a character looks after which a unit is so active."""
    sign = "plus" if activation > 0 else "minus"
    size = abs(activation)
    return "calm" if size < PLUS else sign if size < DOUBLE_PLUS else f"double-{sign}"


def _line_of(each: Ranked) -> str:
    unit = f"{each.layer}:{each.unit}"
    return f"{each.feature:<20.20}{unit:>6} {each.correlation:+.2f}"
