"""The sampler: a growing text, the distribution of its next token, and a way back to every earlier position."""

import numpy as np
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Footer, Static

from charrnn.language.memorization import LARGEST
from charrnn.language.sample_tree import branch_name
from charrnn.text.escape import visible_line
from charrnn.tui.help_text import section
from charrnn.tui.model_bindings import MODEL_BINDINGS
from charrnn.tui.notices import errors_as_notices, show_notice
from charrnn.tui.open_model import OpenModel
from charrnn.tui.sample_session import SampleSession
from charrnn.tui.sampler_bindings import SAMPLER_BINDINGS
from charrnn.tui.screens.branches import Branches
from charrnn.tui.screens.dialogs import InputDialog
from charrnn.tui.widgets.bars import Bar, Bars
from charrnn.tui.widgets.stat_grid import StatGrid
from charrnn.tui.widgets.text_view import TextView

SECONDS_PER_FRAME = 0.05
SAMPLING_SECONDS_PER_FRAME = 0.02
"""Part of a frame that may be spent on the model."""
NAME_WIDTHS = {"word": 10, "subword": 8}
"""Cells for the name of a token, by kind of tokenizer; 4 for characters and bytes."""


class Sampler(Screen[None]):
    """A sample that grows one token at a time; `session` holds it."""

    HELP = section("Sampler")
    CSS = """
    Sampler #side { width: 34; padding: 0 1; }
    Sampler #entropy { color: $text-muted; height: 1; }
    Sampler StatGrid { height: auto; padding: 0 1; }
    Sampler.-narrow #body { layout: vertical; }
    Sampler.-narrow #side { width: 1fr; height: 7; padding: 0; }
    Sampler.-wide #side { width: 44; }
    """
    BINDINGS = [*SAMPLER_BINDINGS, *MODEL_BINDINGS]

    def __init__(self, opened: OpenModel, *, seed: int | None = None) -> None:
        super().__init__()
        self._opened = opened
        self.session = SampleSession(opened.text_model, np.random.default_rng(seed))
        self.is_typing = False

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield TextView()
            with Vertical(id="side"):
                yield Static(id="entropy", markup=False)
                yield Bars(name_width=NAME_WIDTHS.get(self._opened.text_model.tokenizer.kind, 4))
        yield StatGrid()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(TextView).border_title = visible_line(f"sampler: {self._opened.name}")
        self.query_one(TextView).focus()
        self.set_interval(SECONDS_PER_FRAME, self._advance)
        self._show()
        self._read_training_text()

    @work(thread=True)
    def _read_training_text(self) -> None:
        """Read the training text, to underline what is copied from it; it may be long."""
        with errors_as_notices(self, "copied passages are not underlined"):
            self.app.call_from_thread(self._mark_copies, self._opened.training_text(LARGEST))

    def _mark_copies(self, training_text: str) -> None:
        self.session.mark_copies(training_text)
        self._show()

    def on_screen_suspend(self) -> None:
        self.session.set_running(False)

    def _advance(self) -> None:
        if self.session.advance_due(SAMPLING_SECONDS_PER_FRAME):
            self._show()

    # Display.

    def _show(self) -> None:
        session, distribution = self.session, self.session.distribution()
        unchanged = session.line.update(session.tree)
        self.query_one(TextView).show(session.line.pieces, session.tree.here.depth, unchanged)
        tokens = distribution.top_tokens()
        self.query_one(Bars).show([Bar(token.name, token.probability, token.model_probability) for token in tokens])
        self.query_one("#entropy", Static).update(f"next token, entropy {distribution.entropy:.2f} bits")
        self._show_status()

    def _show_status(self) -> None:
        """Show the numbers below the sample, and the name of the branch or else what goes on."""
        self.query_one(StatGrid).show(*self.session.stats())
        mode = "typing; Escape ends it" if self.is_typing else "running" if self.session.is_running else ""
        name = branch_name(self.session.tree.here.leaf())
        self.query_one(TextView).border_subtitle = visible_line(name or mode)

    # Keys.

    async def on_key(self, event: Key) -> None:
        """While the user types, every printable key is text."""
        if not self.is_typing:
            return
        text = "\n" if event.key == "enter" else event.character if event.is_printable else None
        if text is None and event.key != "escape":
            return
        event.stop()
        event.prevent_default()
        if text is None:
            self.is_typing = False
            self._show_status()
        else:
            if replacements := self.session.tree.write(text):
                show_notice(self, str(replacements))
            self._show()

    def action_run(self) -> None:
        self.session.set_running(not self.session.is_running)
        self._show_status()

    def action_forward(self, n: int) -> None:
        if n == 1:
            self.session.advance()
        else:
            self.session.tree.forward(n)
        self._show()

    def action_back(self, n: int) -> None:
        self.session.set_running(False)
        self.session.tree.back(n)
        self._show()

    def action_to_start(self) -> None:
        self.session.set_running(False)
        self.session.go_before(0)
        self._show()

    def action_to_end(self) -> None:
        self.session.tree.go(self.session.tree.here.leaf())
        self._show()

    def action_beside(self, direction: int) -> None:
        self.session.tree.go_to_branch(direction)
        self._show()

    def action_write(self) -> None:
        self.session.set_running(False)
        self.is_typing = True
        self._show_status()

    def action_adjust(self, control: str, direction: int) -> None:
        self.session.controls.step(control, direction)
        self._show()

    def action_take(self, rank: int) -> None:
        self.session.take_token(rank)
        self._show()

    @on(Bars.Chosen)
    def _take_bar(self, event: Bars.Chosen) -> None:
        self.action_take(event.index)

    @on(TextView.PieceClicked)
    def _go_to_piece(self, event: TextView.PieceClicked) -> None:
        self.session.go_before(event.index)
        self._show()

    @work
    async def action_branches(self) -> None:
        self.session.set_running(False)
        leaf = await self.app.push_screen_wait(Branches(self.session.tree))
        if leaf is not None:
            self.session.tree.go(leaf)
            self._show()

    @work
    async def action_name(self) -> None:
        leaf = self.session.tree.here.leaf()
        name = await self.app.push_screen_wait(InputDialog("Name of this branch:", branch_name(leaf)))
        if name:
            leaf.name = name
            self._show_status()

    def action_prune(self) -> None:
        if not self.session.tree.prune():
            show_notice(self, "this is the only branch")
        self._show()

    def action_save(self) -> None:
        with errors_as_notices(self, "nothing was written"):
            show_notice(self, f"written: {self._opened.save_branches(self.session.tree)}")

    @work(thread=True)
    def action_reload(self) -> None:
        with errors_as_notices(self):
            self.app.call_from_thread(self._use_weights, self._opened.reload())

    def _use_weights(self, reloaded: OpenModel) -> None:
        self._opened = reloaded
        self.session.tree.set_predictor(reloaded.text_model.predictor())
        show_notice(self, "loaded the newest weights; the text keeps the surprise it was sampled with")
        self._show()
