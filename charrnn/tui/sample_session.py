"""A sample session: the tree of a sample, the controls it is sampled with, and the run of it at a chosen speed."""

import time

import numpy as np

from charrnn.language.distribution import Distribution
from charrnn.language.memorization import CopyDetector
from charrnn.language.sample_tree import SampleTree
from charrnn.language.text_model import TextModel
from charrnn.tui.rate_limiter import RateLimiter
from charrnn.tui.sample_status import sample_stats
from charrnn.tui.sampling_controls import SamplingControls
from charrnn.tui.styled_line import StyledLine
from charrnn.tui.widgets.stat_grid import Stat


class SampleSession:
    """All that the sampler works with, without a screen. `line` has the pieces of the tree's current line."""

    def __init__(self, text_model: TextModel, rng: np.random.Generator) -> None:
        self._rng = rng
        self._limiter = RateLimiter()
        self.tree = SampleTree(text_model.predictor(), text_model.tokenizer)
        self.controls = SamplingControls()
        self.line = StyledLine()
        self.is_running = False

    def distribution(self) -> Distribution:
        """Return the distribution of the next token."""
        return self.tree.distribution(self.controls.sampling)

    def stats(self) -> list[Stat]:
        """Return the numbers to show below the sample."""
        return sample_stats(self.tree, self.controls, self.line)

    def set_running(self, running: bool) -> None:
        """Start or stop to advance at the speed of the controls."""
        self.is_running = running
        self._limiter.reset(time.monotonic())

    def advance(self) -> None:
        """Go one token forward; at the end of the line, sample a new one."""
        if self.tree.here.last is not None:
            self.tree.forward()
        else:
            self.tree.step(self.controls.sampling, self._rng)

    def advance_due(self, seconds: float) -> bool:
        """Advance by the tokens that are due, for at most about `seconds`; return True if there were any."""
        advanced, deadline = False, time.monotonic() + seconds
        while self.is_running and (now := time.monotonic()) < deadline:
            if not self._limiter.take(now, self.controls.speed):
                break
            self.advance()
            advanced = True
        return advanced

    def take_token(self, rank: int) -> None:
        """Continue with the token of this rank, 0 for the likeliest; nothing if there are fewer tokens."""
        tokens = self.distribution().top_tokens()
        if rank < len(tokens):
            self.tree.take(tokens[rank].token)

    def go_before(self, index: int) -> None:
        """Go to the position before a piece of the line."""
        nodes = self.tree.line()
        if nodes:
            self.tree.here = nodes[min(index, len(nodes) - 1)].parent or self.tree.root

    def mark_copies(self, training_text: str) -> None:
        """Underline from now on what also occurs in the training text."""
        self.tree.detector = CopyDetector(training_text)
        self.line.invalidate()
