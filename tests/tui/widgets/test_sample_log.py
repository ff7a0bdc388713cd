"""The sample log: samples in order, escaped, and a bound on their number."""

from typing import Any

from textual.app import App, ComposeResult

from charrnn.run.events import Sampled
from charrnn.tui.widgets.sample_log import MAX_SAMPLES, SampleLog


class LogApp(App[None]):
    """An application with one log."""

    def compose(self) -> ComposeResult:
        yield SampleLog()


def test_the_latest_samples_are_kept_and_the_last_one_is_in_view(drive: Any) -> None:
    async def script(screen: Any) -> None:
        log = screen.app.query_one(SampleLog)
        await log.add(Sampled(step, 0.0, f"text {step}\x1b[b]") for step in range(MAX_SAMPLES + 5))
        last = MAX_SAMPLES + 4
        await screen.shows(f"step {last}", f"text {last}\\x1b[b]")
        assert len(log.children) == 2 * MAX_SAMPLES

    drive(LogApp(), script, (40, 12))
