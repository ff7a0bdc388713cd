"""The inspector: a text colored by the activation of one unit, the units that track something, and the layers."""

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

from charrnn.inspection.units import RankedUnit, Reading, default_text, rank, read
from charrnn.inspection.weights import LayerStatistics, layer_statistics, parameter_statistics
from charrnn.network.gradient_flow import SATURATED
from charrnn.text.escape import visible, visible_line
from charrnn.tui.help_text import section
from charrnn.tui.model_bindings import MODEL_BINDINGS
from charrnn.tui.notices import show_notice
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.dialogs import InputDialog
from charrnn.tui.widgets.text_view import PieceStyle, StyledPiece, TextView

MAX_CHARACTERS = 6000
"""Characters of the validation text that are read."""
ACTIVE, STRONGLY_ACTIVE = 0.33, 0.8
"""Absolute activations from which a unit counts as active, and as strongly active."""
UNITS_PER_FEATURE = 2
_UNIT = "Previous, next unit of the layer"


@dataclass(frozen=True, eq=False)
class Analysis:
    """A text as the model read it, the units that correlate with a feature of it, and the layers."""

    reading: Reading
    ranked: list[RankedUnit]
    layers: list[LayerStatistics]


def analyze(opened: OpenModel, text: str) -> Analysis:
    """Read a text, and rank the units by their correlation with its features."""
    model = opened.model
    reading = read(model, text)
    ranked = rank(reading.activations, reading.features(), top=UNITS_PER_FEATURE)
    ranked.sort(key=lambda item: -abs(item.correlation))
    return Analysis(reading, ranked, layer_statistics(model.network, model.parameters, reading.activations))


class Inspector(Screen[None]):
    """A text colored by the activation of one unit."""

    HELP = section("Inspector")
    CSS = """
    Inspector #side { width: 44; }
    Inspector OptionList { height: 1fr; border: round $surface-lighten-2; background: $background; }
    Inspector #layers { height: auto; padding: 0 1; color: $text-muted; }
    Inspector.-narrow #body { layout: vertical; }
    Inspector.-narrow #side { width: 1fr; height: 12; }
    Inspector.-narrow #layers { max-height: 4; }
    Inspector.-usual #side { width: 38; }
    """
    BINDINGS = [
        # of priority, because the list scrolls sideways with these keys
        Binding("left", "beside(-1)", "", False, "←", priority=True, id="inspector.before", tooltip=_UNIT),
        Binding("right", "beside(1)", "Next unit", True, "→", priority=True, id="inspector.next", tooltip=_UNIT),
        Binding("g", "go", "Go to unit", id="inspector.go", tooltip="Show any unit, as LAYER:UNIT"),
        Binding("t", "own", "Your text", id="inspector.text", tooltip="Read a text of your own"),
        *MODEL_BINDINGS,
    ]

    def __init__(self, opened: OpenModel) -> None:
        super().__init__()
        self._opened = opened
        self._analysis: Analysis | None = None
        self.unit = (0, 0)  # layer, unit

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield TextView()
            with Vertical(id="side"):
                yield OptionList()
                yield Static(id="layers", markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(TextView).border_title = "reading…"
        self.query_one(OptionList).border_title = "feature, unit, correlation"
        self.query_one(OptionList).focus()
        self._read("")

    @work(thread=True, exclusive=True, group="read")
    def _read(self, text: str) -> None:
        """Analyze a text; if it is empty, the validation text, or a sample where that cannot be read."""
        text, description = (text, "your text") if text else default_text(self._opened.model, MAX_CHARACTERS)
        if text:
            self.app.call_from_thread(self._take, analyze(self._opened, text), description)

    def _take(self, analysis: Analysis, description: str) -> None:
        self._analysis = analysis
        norms = {array.name: array.norm for array in parameter_statistics(self._opened.model.parameters)}
        layers = [_layer_line(layer, norms) for layer in analysis.layers]
        self.query_one("#layers", Static).update(Content(visible("\n".join([*layers, description]))))
        option_list = self.query_one(OptionList)
        option_list.clear_options()
        option_list.add_options(Option(Content(_unit_line(item))) for item in analysis.ranked)
        if analysis.ranked:
            option_list.highlighted = 0
        else:
            self._show(0, 0)

    def _show(self, layer: int, unit: int, feature: str = "") -> None:
        """Color the text by a unit."""
        if self._analysis is None:
            return
        self.unit = layer, unit
        reading, view = self._analysis.reading, self.query_one(TextView)
        h = reading.activations[:, layer, unit]  # (N,)
        pieces = [StyledPiece(text, activation_style(float(a))) for text, a in zip(reading.pieces, h, strict=True)]
        view.show(pieces, len(pieces))
        view.scroll_home(animate=False)
        view.border_title = visible_line(f"unit {layer}:{unit}{f', {feature}' if feature else ''}")
        view.border_subtitle = f"mean {h.mean():+.2f}, saturated {np.mean(np.abs(h) > SATURATED):.0%}"

    @on(OptionList.OptionHighlighted)
    def _show_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if self._analysis is not None:
            item = self._analysis.ranked[event.option_index]
            self._show(item.layer, item.unit, f"{item.feature}, r {item.correlation:+.2f}")

    def action_beside(self, direction: int) -> None:
        layer, unit = self.unit
        self._show(layer, (unit + direction) % self._opened.model.config.network.hidden)

    @work
    async def action_go(self) -> None:
        layer, unit = self.unit
        answer = await self.app.push_screen_wait(InputDialog("Unit, as LAYER:UNIT, both from 0:", f"{layer}:{unit}"))
        network = self._opened.model.config.network
        layers, _, units = answer.partition(":")
        if layers.isdecimal() and units.isdecimal() and int(layers) < network.layers and int(units) < network.hidden:
            self._show(int(layers), int(units))
        elif answer:
            last = f"{network.layers - 1}:{network.hidden - 1}"
            show_notice(self, f"there is no unit {answer}; the units are 0:0 to {last}")

    @work
    async def action_own(self) -> None:
        if text := await self.app.push_screen_wait(InputDialog("Text to read:")):
            self._read(self._opened.model.tokenizer.prepare(text)[0])


def activation_style(activation: float) -> PieceStyle:
    """Return the style of a character after which a unit has this activation."""
    if abs(activation) < ACTIVE:
        return "plain"
    if activation > 0:
        return "positive" if activation < STRONGLY_ACTIVE else "strongly-positive"
    return "negative" if activation > -STRONGLY_ACTIVE else "strongly-negative"


def _unit_line(item: RankedUnit) -> str:
    return f"{item.feature:<20.20}{f'{item.layer}:{item.unit}':>6} {item.correlation:+.2f}"


def _layer_line(layer: LayerStatistics, norms: dict[str, float]) -> str:
    """Return the numbers of a layer; `norms` has those of the weights by tensor name."""
    prefix = f"layers.{layer.layer}"
    return (
        f"layer {layer.layer}: spectral radius {layer.spectral_radius:.2f}, "
        f"largest singular value {layer.largest_singular_value:.2f}, saturated {layer.saturated:.0%}, "
        f"‖Wx‖ {norms[f'{prefix}.Wx']:.1f}, ‖Wh‖ {norms[f'{prefix}.Wh']:.1f}"
    )
