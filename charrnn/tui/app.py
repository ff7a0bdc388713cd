"""The application: which screen is open, and what stays between starts."""

from collections.abc import Iterable
from pathlib import Path

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from charrnn.course import Course
from charrnn.errors import CharrnnError
from charrnn.text.shown import visible_line
from charrnn.tui.dashboard import Dashboard
from charrnn.tui.feed import RunFeed
from charrnn.tui.help import Help
from charrnn.tui.settings import read_settings, write_settings


class CharrnnApp(App[None]):
    """Opens with one screen, and with the theme and the keys that the person has set."""

    TITLE = "charrnn"
    BINDINGS = [Binding("f1", "help", "Help", id="app.help")]
    CSS = """
    Screen { scrollbar-size-vertical: 1; }
    """

    def __init__(self, first: Screen[None]) -> None:
        super().__init__()
        self._first = first
        self._settings, self._fault = read_settings()

    def on_mount(self) -> None:
        if self._settings.theme in self.available_themes:
            self.theme = self._settings.theme
        self.set_keymap(self._settings.keymap)
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.push_screen(self._first)
        if self._fault:
            self.notify(self._fault, severity="warning", markup=False)

    def _keep_theme(self, theme: object) -> None:
        del theme
        if self._settings.theme != self.theme and not self._fault:
            self._settings.theme = self.theme
            write_settings(self._settings)

    def open_model(self, path: str) -> None:
        """Open the sampler over a run's best weights so far."""
        from charrnn.tui.library import OpenModel
        from charrnn.tui.sampler import Sampler

        try:
            opened = OpenModel.open(Path(path))
        except (CharrnnError, OSError) as error:
            self.notify(visible_line(str(error)), severity="error", markup=False)
        else:
            self.push_screen(Sampler(opened))

    def action_leave(self) -> None:
        """Close the screen; the last one ends the application."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
        else:
            self.exit()

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


def watch_run(path: Path, *, owner: bool) -> Course:
    """The dashboard over a run, until one leaves it; how far the run got by then."""
    dashboard = Dashboard(RunFeed(path), owner=owner)
    CharrnnApp(dashboard).run()
    return dashboard.history.course


def play_with(path: Path | None) -> None:
    """The screens over a model."""
    from charrnn.tui.library import OpenModel
    from charrnn.tui.sampler import Sampler

    CharrnnApp(Sampler(OpenModel.open(path))).run()
