"""The application: which screens there are, and what stays between starts."""

from collections.abc import Callable, Iterable
from pathlib import Path

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from charrnn.errors import CharrnnError
from charrnn.run.progress import RunProgress
from charrnn.text.escape import visible_line
from charrnn.tui.feed import RunFeed
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.completion import CompletionScreen
from charrnn.tui.screens.dashboard import Dashboard
from charrnn.tui.screens.help import Help
from charrnn.tui.screens.home import Home
from charrnn.tui.screens.inspector import Inspector
from charrnn.tui.screens.sampler import Sampler
from charrnn.tui.settings import read_settings, write_settings

PLAYING: dict[str, Callable[[OpenModel], Screen[None]]] = {
    "sampler": Sampler,
    "completion": CompletionScreen,
    "inspector": Inspector,
}
"""The screens over a model; `playing` has their keys."""


class CharrnnApp(App[None]):
    """Begins with a screen, and with the theme and the keys that the person has set."""

    TITLE = "charrnn"
    BINDINGS = [Binding("f1", "help", "Help", id="app.help")]
    CSS = """
    Screen { scrollbar-size-vertical: 1; }
    """

    def __init__(self, begin: Callable[["CharrnnApp"], object]) -> None:
        """`begin` opens the first screen."""
        super().__init__()
        self._begin = begin
        self._settings, self._fault = read_settings()
        self._opened: OpenModel | None = None
        self._playing: dict[str, Screen[None]] = {}

    def on_mount(self) -> None:
        if self._settings.theme in self.available_themes:
            self.theme = self._settings.theme
        self.set_keymap(self._settings.keymap)
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self._begin(self)
        if self._fault:
            self.notify(self._fault, severity="warning", markup=False)

    def _keep_theme(self, theme: object) -> None:
        del theme
        if self._settings.theme != self.theme and not self._fault:
            self._settings.theme = self.theme
            write_settings(self._settings)

    # Which screen is open.

    def open_model(self, path: Path) -> None:
        """Play with a run's best weights so far."""
        try:
            self.play(OpenModel.open(path))
        except (CharrnnError, OSError) as error:
            self.notify(visible_line(str(error)), severity="error", markup=False)

    def play(self, opened: OpenModel) -> None:
        """Open the first of the screens over a model; the others are a key away."""
        self._opened, self._playing = opened, {}
        self.push_screen(self._screen_over_model(next(iter(PLAYING))))

    def action_play(self, name: str) -> None:
        """Change to another screen over the same model; each goes on where it was left."""
        if self._opened is not None and self.screen is not self._playing.get(name):
            self.switch_screen(self._screen_over_model(name))

    def _screen_over_model(self, name: str) -> Screen[None]:
        assert self._opened is not None
        if name not in self._playing:
            screen = self._playing[name] = PLAYING[name](self._opened)
            self.install_screen(screen, f"{name} {id(screen)}")
        return self._playing[name]

    def open_run(self, path: Path, *, owner: bool) -> None:
        """The dashboard over a run."""
        self.push_screen(Dashboard(RunFeed(path), owner=owner))

    def action_leave(self) -> None:
        """Close the screen; the last one ends the application."""
        if len(self.screen_stack) <= 2:  # the first of them is Textual's own
            self.exit()
            return
        left = self.screen
        self.pop_screen()
        if left in self._playing.values():
            for screen in self._playing.values():
                self.uninstall_screen(screen)
                if screen.is_attached:
                    screen.remove()
            self._playing = {}

    # What every screen has.

    def action_help(self) -> None:
        if not isinstance(self.screen, Help):
            self.push_screen(Help(self.screen.HELP or ""))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette (ctrl+p) offers: Textual's own, and every key of the screen by its name."""
        yield from super().get_system_commands(screen)
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.id and binding.description and active.enabled:
                yield SystemCommand(binding.description, f"key {binding.key}", lambda b=binding: self._run(b))

    def _run(self, binding: Binding) -> None:
        self.call_later(self.screen.run_action, binding.action)


def watch_run(path: Path, *, owner: bool) -> RunProgress:
    """The dashboard over a run, until one leaves it; how far the run got by then."""
    dashboard = Dashboard(RunFeed(path), owner=owner)
    CharrnnApp(lambda app: app.push_screen(dashboard)).run()
    return dashboard.history.progress


def play_with(path: Path | None, ngram: int | None = None) -> None:
    """The screens over a model; without one, the runs to choose from. ModelError if there is no model at `path`."""
    opened = OpenModel.open(path, ngram) if path else None
    CharrnnApp(lambda app: app.play(opened) if opened else app.push_screen(Home())).run()
