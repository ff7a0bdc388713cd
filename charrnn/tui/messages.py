"""Messages from the screens to the application."""

from pathlib import Path

from textual.message import Message


class ModelRequested(Message):
    """The user wants to sample from the model of the run at `path`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class RunRequested(Message):
    """The user wants to watch the run at `path`. `owner` is true if this application launched it."""

    def __init__(self, path: Path, *, owner: bool) -> None:
        super().__init__()
        self.path, self.owner = path, owner
