"""Numbers: where a run stands and how well it does, large where there is room."""

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Digits, Static

from charrnn.run.progress import duration
from charrnn.tui.history import History
from charrnn.tui.widgets.stat_grid import Figure, Figures


class Headline(Widget):
    """One line of words on a bar that fills as the run goes on; the last words go first where there is no room."""

    DEFAULT_CSS = """
    Headline { height: 1; background: $surface; color: $text; }
    Headline > .headline--done { background: $primary; color: $text; text-style: bold; }
    """
    COMPONENT_CLASSES = {"headline--done"}

    def __init__(self) -> None:
        super().__init__()
        self._words: tuple[str, ...] = ()
        self._progress = 0.0

    def show(self, words: tuple[str, ...], progress: float) -> None:
        if (words, progress) != (self._words, self._progress):
            self._words, self._progress = words, progress
            self.refresh()

    def render_line(self, y: int) -> Strip:
        del y
        width = self.size.width
        text = " " + "  ".join(self._words[: words_that_fit(self._words, width - 1)])
        cells = Strip([Segment(text, self.rich_style)]).adjust_cell_length(width, self.rich_style)
        done = round(width * self._progress)
        left, right = cells.divide([done, width])
        return Strip.join([left.apply_style(self.get_component_rich_style("headline--done")), right])


def words_that_fit(words: tuple[str, ...], room: int) -> int:
    """How many of the words, two spaces apart, fit into so many cells; at least one."""
    used = -2
    for count, word in enumerate(words):
        used += 2 + len(word)
        if used > room:
            return max(1, count)
    return len(words)


class Numbers(Horizontal):
    """Perplexity and bits in large digits, the rest as figures; all as figures where it is narrow."""

    DEFAULT_CSS = """
    Numbers { height: 4; padding: 0 1; }
    Numbers .large { width: 22; height: 4; }
    Numbers .large Digits { width: 100%; text-style: bold; color: $text-primary; }
    Numbers .large Static { color: $text-muted; }
    Numbers Figures { height: 4; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._large: dict[str, tuple[float, str]] = {}  # what the digits show

    def compose(self) -> ComposeResult:
        for name in ("perplexity", "bits"):
            with Vertical(classes="large"):
                yield Digits("", id=name)
                yield Static("", id=f"{name}-name", markup=False)
        yield Figures()

    def show(self, history: History) -> None:
        evaluation, best = history.progress.evaluation, history.best
        if evaluation is not None and best is not None:
            least = (f", best {best.perplexity_per_character:.2f}", f", best {best.bits_per_character:.3f}")
            self._enlarge("perplexity", evaluation.perplexity_per_character, least[0])
            self._enlarge("bits", evaluation.bits_per_character, least[1])
        narrow = self.screen.has_class("-narrow")
        self.query_one(Figures).show(*(narrow_figures(history) if narrow else ()), *figures(history))

    def _enlarge(self, name: str, now: float, best: str) -> None:
        if self._large.get(name) != (now, best):
            self._large[name] = now, best
            self.query_one(f"#{name}", Digits).update(short(now))
            self.query_one(f"#{name}-name", Static).update(name + best, layout=False)


def figures(history: History) -> list[Figure]:
    """What is told of the last step and the last look inside."""
    progress, step, probe = history.progress, history.progress.step, history.probe
    if step is None:
        return []
    found = [
        Figure("loss", f"{progress.loss:.4f}"),
        Figure("epoch", f"{step.epoch:.2f}"),
        Figure("chars/s", f"{step.characters_per_second:,.0f}"),
        Figure("rate", f"{step.learning_rate:.3g}"),
        Figure("gradient", f"{step.gradient_norm:.3g}"),
        Figure("clipped", f"{history.clipped_share:.0%}"),
    ]
    if probe is None:
        return found
    saturated = "/".join(f"{100.0 * share:.0f}" for share in probe.saturated)
    return [*found, Figure("saturated", f"{saturated}%"), Figure("memory", f"{probe.memory / 1e6:,.0f} MB")]


def narrow_figures(history: History) -> list[Figure]:
    """What is large elsewhere."""
    evaluation, best, left = history.progress.evaluation, history.best, history.progress.seconds_left
    found = []
    if evaluation is not None:
        found.append(Figure("perplexity", short(evaluation.perplexity_per_character)))
        found.append(Figure("bits", short(evaluation.bits_per_character)))
    if best is not None:
        found.append(Figure("best", short(best.bits_per_character)))
    return [*found, Figure("left", duration(left))] if left is not None else found


def short(number: float) -> str:
    """A number in as many digits as mean something."""
    return f"{number:.3f}" if number < 10.0 else f"{number:.4g}"
