"""The run's numbers: perplexity and bits per character in large digits, the rest in a grid."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Digits, Static

from charrnn.run.progress import duration
from charrnn.tui.history import History
from charrnn.tui.widgets.stat_grid import Stat, StatGrid


class RunStats(Horizontal):
    """The numbers of a run; on a narrow screen all of them are in the grid."""

    DEFAULT_CSS = """
    RunStats { height: 4; padding: 0 1; }
    RunStats .large { width: 22; height: 4; }
    RunStats .large Digits { width: 100%; text-style: bold; color: $text-primary; }
    RunStats .large Static { color: $text-muted; }
    RunStats StatGrid { height: 4; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: dict[str, tuple[float, str]] = {}  # number and label of each of the large digits

    def compose(self) -> ComposeResult:
        for name in ("perplexity", "bits"):
            with Vertical(classes="large"):
                yield Digits("", id=name)
                yield Static("", id=f"{name}-label", markup=False)
        yield StatGrid()

    def show(self, history: History) -> None:
        """Show the numbers of the last step and of the last evaluation."""
        evaluation, best = history.progress.evaluation, history.progress.best
        if evaluation is not None:
            best_perplexity = f", best {best.perplexity_per_character:.2f}" if best else ""
            best_bits = f", best {best.bits_per_character:.3f}" if best else ""
            self._show_digits("perplexity", evaluation.perplexity_per_character, f"perplexity{best_perplexity}")
            self._show_digits("bits", evaluation.bits_per_character, f"bits/char{best_bits}")
        narrow = self.screen.has_class("-narrow")
        self.query_one(StatGrid).show(*(evaluation_stats(history) if narrow else ()), *training_stats(history))

    def _show_digits(self, name: str, number: float, label: str) -> None:
        if self._shown.get(name) != (number, label):
            self._shown[name] = number, label
            self.query_one(f"#{name}", Digits).update(round_to_four(number))
            self.query_one(f"#{name}-label", Static).update(label, layout=False)


def training_stats(history: History) -> list[Stat]:
    """Return the numbers of the last step and of the last probe."""
    progress, step, probe = history.progress, history.progress.step, history.probe
    if step is None:
        return []
    stats = [
        Stat("training loss, nats/token", f"{progress.loss:.4f}", short="loss"),
        Stat("epoch", f"{step.epoch:.2f}"),
        Stat("characters/s", f"{step.characters_per_second:,.0f}", short="chars/s"),
        Stat("learning rate", f"{step.learning_rate:.3g}", short="rate"),
        Stat("gradient norm", f"{step.gradient_norm:.3g}", short="gradient"),
        Stat("clipped gradients", f"{history.clipped_share:.0%}", short="clipped"),
    ]
    if probe is None:
        return stats
    saturated = "/".join(f"{100.0 * share:.0f}" for share in probe.saturated)
    return [
        *stats,
        Stat("saturated units by layer", f"{saturated}%", short="saturated"),
        Stat("memory", f"{probe.memory / 1e6:,.0f} MB"),
    ]


def evaluation_stats(history: History) -> list[Stat]:
    """Return the numbers that a wide screen shows in large digits and in the headline."""
    progress, stats = history.progress, []
    if (evaluation := progress.evaluation) is not None:
        stats.append(Stat("perplexity", round_to_four(evaluation.perplexity_per_character)))
        stats.append(Stat("bits/char", round_to_four(evaluation.bits_per_character)))
    if (best := progress.best) is not None:
        stats.append(Stat("best bits/char", round_to_four(best.bits_per_character), short="best"))
    if (seconds_left := progress.seconds_left) is not None:
        stats.append(Stat("time left", duration(seconds_left), short="left"))
    return stats


def round_to_four(number: float) -> str:
    """Return a number in four significant digits."""
    return f"{number:.3f}" if number < 10.0 else f"{number:.4g}"
