"""The sampler: a text that grows, what may come next, and a way back to every position it ever had."""

import time

import numpy as np
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Footer, Static

from charrnn.errors import CharrnnError
from charrnn.language.memorization import LARGEST, CopyDetector
from charrnn.language.sample_tree import Tree, name_of
from charrnn.language.top_tokens import entropy
from charrnn.text.escape import visible_line
from charrnn.tui import help_text
from charrnn.tui.glyphs import Glyphs
from charrnn.tui.model_bindings import MODEL_BINDINGS
from charrnn.tui.open_model import OpenModel
from charrnn.tui.rate_limiter import RateLimiter
from charrnn.tui.sample_status import standing
from charrnn.tui.sampling_controls import SamplingControls
from charrnn.tui.screens.branches import Branches
from charrnn.tui.screens.dialogs import Line
from charrnn.tui.widgets.bars import Bar, Bars
from charrnn.tui.widgets.stat_grid import Figures
from charrnn.tui.widgets.text_view import Story

SECONDS_BETWEEN_FRAMES = 0.05
SECONDS_OF_SAMPLING = 0.02
"""How much of a frame is spent on the model when it runs as fast as it can."""
PAGE = 20
NAME_WIDTHS = {"word": 10, "subword": 8}
"""Cells for the name of a token, by the kind of tokenizer; 4 for characters and bytes."""


class Sampler(Screen[None]):
    """Plays with a model, one token at a time."""

    HELP = help_text.SAMPLER
    CSS = """
    Sampler #side { width: 34; padding: 0 1; }
    Sampler #next { color: $text-muted; height: 1; }
    Sampler Figures { height: auto; padding: 0 1; }
    Sampler.-narrow #body { layout: vertical; }
    Sampler.-narrow #side { width: 1fr; height: 7; padding: 0; }
    Sampler.-wide #side { width: 44; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-usual"), (110, "-wide")]
    BINDINGS = [
        Binding("space", "run", "Run", id="sampler.run"),
        Binding("right", "forward(1)", "Step", key_display="→", id="sampler.step"),
        Binding("left,backspace", "back(1)", "Back", key_display="←", id="sampler.back"),
        Binding("up", "beside(-1)", show=False, id="sampler.branch_before"),
        Binding("down", "beside(1)", "Branch", key_display="↓", id="sampler.branch_after"),
        Binding("pageup", f"back({PAGE})", show=False),
        Binding("pagedown", f"forward({PAGE})", show=False),
        Binding("home", "back(1000000000)", show=False),
        Binding("end", "end", show=False),
        Binding("i", "write", "Type", id="sampler.write"),
        Binding("t", "knob('temperature', -1)", "Temp.", key_display="tT", id="sampler.cooler"),
        Binding("T", "knob('temperature', 1)", show=False, id="sampler.hotter"),
        Binding("k", "knob('top_k', -1)", "Top-k", key_display="kK", id="sampler.top_k_down"),
        Binding("K", "knob('top_k', 1)", show=False, id="sampler.top_k_up"),
        Binding("p", "knob('top_p', -1)", "Top-p", key_display="pP", id="sampler.top_p_down"),
        Binding("P", "knob('top_p', 1)", show=False, id="sampler.top_p_up"),
        Binding("less_than_sign,comma", "knob('speed', -1)", show=False, id="sampler.slower"),
        Binding("greater_than_sign,full_stop", "knob('speed', 1)", "Speed", key_display="<>", id="sampler.faster"),
        Binding("b", "branches", "Branches", id="sampler.branches"),
        Binding("n", "name", show=False, id="sampler.name"),
        Binding("d", "prune", show=False, id="sampler.delete"),
        Binding("w", "save", show=False, id="sampler.save"),
        Binding("r", "reload", show=False, id="sampler.reload"),
        *(Binding(str(n), f"take({n - 1})", show=False) for n in range(1, 10)),
        *MODEL_BINDINGS,
    ]

    def __init__(self, opened: OpenModel, *, seed: int | None = None) -> None:
        super().__init__()
        self._opened = opened
        self._rng = np.random.default_rng(seed)
        self.sample = Tree(opened.voice.predictor(), opened.voice.tokenizer)
        self.knobs = SamplingControls()
        self.running = self.typing = False
        self._pace = RateLimiter()
        self._glyphs = Glyphs()

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield Story()
            with Vertical(id="side"):
                yield Static(id="next", markup=False)
                yield Bars(name_width=NAME_WIDTHS.get(self.sample.tokenizer.kind, 4))
        yield Figures()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(Story).border_title = visible_line(f"sampler: {self._opened.name}")
        self.query_one(Story).focus()
        self.set_interval(SECONDS_BETWEEN_FRAMES, self._tick)
        self._show()
        self._read_training_text()

    @work(thread=True)
    def _read_training_text(self) -> None:
        """Read what the model was trained on, to find copies of it; it may be long, or not there any more."""
        try:
            text = self._opened.training_text(LARGEST)
        except (CharrnnError, OSError) as error:
            self.app.call_from_thread(self._say, f"copies are not marked: {error}")
        else:
            self.app.call_from_thread(self._take_training_text, text)

    def _take_training_text(self, text: str) -> None:
        self.sample.detector = CopyDetector(text)
        self._glyphs.forget()
        self._show()

    def _say(self, message: str) -> None:
        self.notify(visible_line(message), markup=False)

    def on_screen_suspend(self) -> None:
        """Nobody is looking any more."""
        self.running = False

    # Showing.

    def _show(self) -> None:
        tree, sampling = self.sample, self.knobs.sampling
        unchanged = self._glyphs.follow(tree)
        self.query_one(Story).show(self._glyphs.all, tree.here.depth, unchanged)
        choices = tree.choices(sampling)
        self.query_one(Bars).show([Bar(each.name, each.probability, each.before) for each in choices])
        bits = entropy(tree.probabilities(sampling))
        self.query_one("#next", Static).update(f"next, entropy {bits:.2f} bits")
        self._show_figures()

    def _show_figures(self) -> None:
        tree, knobs = self.sample, self.knobs
        self.query_one(Figures).show(*standing(tree, knobs, self._glyphs))
        mode = "type; escape ends it" if self.typing else "running" if self.running else ""
        self.query_one(Story).border_subtitle = visible_line(name_of(tree.here.leaf()) or mode)

    # Running.

    def _tick(self) -> None:
        """Draw what is due, for a part of the frame."""
        drawn, deadline = False, time.monotonic() + SECONDS_OF_SAMPLING
        while self.running and (now := time.monotonic()) < deadline and self._pace.due(now, self.knobs.speed):
            self._go_on()
            drawn = True
        if drawn:
            self._show()

    def _go_on(self) -> None:
        """One token further, at the leaf a new one."""
        if self.sample.here.last is not None:
            self.sample.forward()
        else:
            self.sample.step(self.knobs.sampling, self._rng)

    # What keys do.

    async def on_key(self, event: Key) -> None:
        """While one types, every printable key is text."""
        if not self.typing:
            return
        text = "\n" if event.key == "enter" else event.character if event.is_printable else None
        if text is not None:
            event.stop()
            event.prevent_default()
            replaced = self.sample.write(text)
            if replaced:
                self._say(str(replaced))
            self._show()
        elif event.key == "escape":
            event.stop()
            event.prevent_default()
            self.typing = False
            self._show_figures()

    def action_run(self) -> None:
        self.running = not self.running
        self._pace.begin(time.monotonic())
        self._show_figures()

    def action_forward(self, n: int) -> None:
        if n == 1:
            self._go_on()
        else:
            self.sample.forward(n)
        self._show()

    def action_back(self, n: int) -> None:
        self.running = False
        self.sample.back(min(n, self.sample.here.depth))
        self._show()

    def action_end(self) -> None:
        self.sample.go(self.sample.here.leaf())
        self._show()

    def action_beside(self, direction: int) -> None:
        self.sample.beside(direction)
        self._show()

    def action_write(self) -> None:
        self.running, self.typing = False, True
        self._show_figures()

    def action_knob(self, name: str, direction: int) -> None:
        self.knobs.turn(name, direction)
        self._show()

    def action_take(self, index: int) -> None:
        choices = self.sample.choices(self.knobs.sampling)
        if index < len(choices):
            self.sample.take(choices[index].token)
            self._show()

    @on(Bars.Chosen)
    def _bar_was_chosen(self, event: Bars.Chosen) -> None:
        self.action_take(event.index)

    @on(Story.Hit)
    def _glyph_was_hit(self, event: Story.Hit) -> None:
        nodes = self.sample.line()
        if nodes:
            self.sample.here = nodes[min(event.index, len(nodes) - 1)].parent or self.sample.root
            self._show()

    @work
    async def action_branches(self) -> None:
        self.running = False
        leaf = await self.app.push_screen_wait(Branches(self.sample))
        if leaf is not None:
            self.sample.go(leaf)
            self._show()

    @work
    async def action_name(self) -> None:
        leaf = self.sample.here.leaf()
        name = await self.app.push_screen_wait(Line("A name for this branch:", name_of(leaf)))
        if name:
            leaf.name = name
            self._show_figures()

    def action_prune(self) -> None:
        if not self.sample.prune():
            self._say("this is the only branch")
        self._show()

    def action_save(self) -> None:
        try:
            path = self._opened.save_tree(self.sample)
        except OSError as error:
            self._say(f"nothing was written: {error.strerror}")
        else:
            self._say(f"written: {path}")

    @work(thread=True)
    def action_reload(self) -> None:
        try:
            reloaded = self._opened.reload()
        except (CharrnnError, OSError) as error:
            self.app.call_from_thread(self._say, str(error))
        else:
            self.app.call_from_thread(self._take_weights, reloaded)

    def _take_weights(self, reloaded: OpenModel) -> None:
        self._opened = reloaded
        self.sample.reweigh(reloaded.voice.predictor())
        self._say("these are the newest weights now; the surprise of what was said stays as it was")
        self._show()
