"""The application: its screens, and the settings that last between starts."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen
from textual.worker import WorkerFailed

from charrnn.errors import CharrnnError
from charrnn.run.progress import RunProgress
from charrnn.tui.feed import RunFeed
from charrnn.tui.messages import ModelRequested, RunRequested
from charrnn.tui.notices import errors_as_notices, show_notice
from charrnn.tui.open_model import OpenModel
from charrnn.tui.screens.completion import CompletionScreen
from charrnn.tui.screens.dashboard import Dashboard
from charrnn.tui.screens.help import HelpScreen
from charrnn.tui.screens.home import Home
from charrnn.tui.screens.inspector import Inspector
from charrnn.tui.screens.sampler import Sampler
from charrnn.tui.settings import read_settings, write_settings

MODEL_SCREENS: dict[str, Callable[[OpenModel], Screen[None]]] = {
    "sampler": Sampler,
    "completion": CompletionScreen,
    "inspector": Inspector,
}
"""The screens over a model; `model_bindings` has their keys."""


SECONDS_BETWEEN_LOOKS = 0.5
"""Time between two looks if the terminal is still there."""


class CharrnnApp(App[None]):
    """An application that opens one screen at first, with the user's theme and keys."""

    TITLE = "charrnn"
    BINDINGS = [Binding("f1", "help", "Help", id="app.help", tooltip="This help")]
    CSS = """
    Screen { scrollbar-size-vertical: 1; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-usual"), (110, "-wide")]

    def __init__(self, open_first: Callable[["CharrnnApp"], object]) -> None:
        """`open_first` opens the first screen."""
        super().__init__()
        self._open_first = open_first
        self._settings, self._settings_error = read_settings()
        self._model: OpenModel | None = None
        self._model_screens: dict[str, Screen[None]] = {}
        self.failure: CharrnnError | None = None

    def run_to_end(self) -> None:
        """Run until the user leaves; raise the CharrnnError that ended the application, if one did."""
        self.run()
        if self.failure is not None:
            raise self.failure

    def _handle_exception(self, error: Exception) -> None:
        """End with a CharrnnError, such as one on predictions that are not finite, in place of a traceback."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        if not isinstance(cause, CharrnnError):
            super()._handle_exception(error)
            return
        self.failure = self.failure or cause
        self.exit(return_code=1)
        self._close_messages_no_wait()

    def on_mount(self) -> None:
        if self._settings.theme in self.available_themes:
            self.theme = self._settings.theme
        self.set_keymap(self._settings.keymap)
        self.theme_changed_signal.subscribe(self, self._save_theme)
        self._open_first(self)
        if _has_terminal():
            self.set_interval(SECONDS_BETWEEN_LOOKS, self._leave_without_terminal)
        if self._settings_error:
            show_notice(self, self._settings_error, "warning")

    def _leave_without_terminal(self) -> None:
        """End when the terminal is gone, which no signal reports to a process in a session of its own."""
        if not _has_terminal():
            self.exit(return_code=1)

    def _save_theme(self, theme: object) -> None:
        del theme
        if self._settings.theme != self.theme and not self._settings_error:
            self._settings.theme = self.theme
            write_settings(self._settings)

    # Screens.

    def show_model(self, model: OpenModel) -> None:
        """Open the first of the screens over a model; keys lead to the others."""
        self._model, self._model_screens = model, {}
        self.push_screen(self._model_screen(next(iter(MODEL_SCREENS))))

    def action_show_model_screen(self, name: str) -> None:
        """Switch to another screen over the same model; each keeps its state."""
        if self._model is not None and self.screen is not self._model_screens.get(name):
            self.switch_screen(self._model_screen(name))

    def _model_screen(self, name: str) -> Screen[None]:
        assert self._model is not None
        if name not in self._model_screens:
            screen = self._model_screens[name] = MODEL_SCREENS[name](self._model)
            self.install_screen(screen, f"{name} {id(screen)}")
        return self._model_screens[name]

    @on(ModelRequested)
    def _open_model(self, message: ModelRequested) -> None:
        with errors_as_notices(self):
            self.show_model(OpenModel.open(message.path))

    @on(RunRequested)
    def _open_run(self, message: RunRequested) -> None:
        self.push_screen(Dashboard(RunFeed(message.path), owner=message.owner))

    def action_leave(self) -> None:
        """Close the screen; the last one ends the application."""
        if len(self.screen_stack) <= 2:  # the first of them is Textual's own
            self.exit()
            return
        closed = self.screen
        self.pop_screen()
        if closed in self._model_screens.values():
            for screen in self._model_screens.values():
                self.uninstall_screen(screen)
                if screen.is_attached:
                    screen.remove()
            self._model_screens = {}

    # Help and palette.

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen.HELP or "", self.screen.active_bindings.values()))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield the commands of the palette (Ctrl+P): Textual's own, and every key of the screen by its name."""
        yield from super().get_system_commands(screen)
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.id and binding.description and active.enabled:
                help_text = f"{binding.tooltip} (key {binding.key})" if binding.tooltip else f"key {binding.key}"
                yield SystemCommand(binding.description, help_text, lambda binding=binding: self._run(binding))

    def _run(self, binding: Binding) -> None:
        self.call_later(self.screen.run_action, binding.action)


def _has_terminal() -> bool:
    """Return True if stdin is a terminal; one that was closed is none."""
    return sys.__stdin__ is not None and sys.__stdin__.isatty()


def watch_run(path: Path, *, owner: bool) -> RunProgress:
    """Show the dashboard of a run until the user leaves; return the progress of the run by then."""
    dashboard = Dashboard(RunFeed(path), owner=owner)
    CharrnnApp(lambda app: app.push_screen(dashboard)).run_to_end()
    return dashboard.monitor.history.progress


def play_with(model: OpenModel | None) -> None:
    """Show the screens over a model, or home without one."""
    CharrnnApp(lambda app: app.show_model(model) if model else app.push_screen(Home())).run_to_end()
