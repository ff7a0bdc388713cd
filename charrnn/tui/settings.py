"""Settings of the user: theme and keys, in `settings.json` of the user's configuration folder.

{"theme": "nord", "keymap": {"sampler.run": "space,ctrl+r"}}
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from platformdirs import user_config_path

from charrnn.errors import ModelError
from charrnn.run.files import make_folders, read_bounded, remove_leftovers, write_atomically

MAX_BYTES = 1 << 20


@dataclass
class Settings:
    """Theme and keys; empty if not set. `keymap` maps the id of a binding to its keys, separated by commas."""

    theme: str = ""
    keymap: dict[str, str] = field(default_factory=dict)


def settings_path() -> Path:
    return user_config_path("charrnn") / "settings.json"


def read_settings() -> tuple[Settings, str]:
    """Return the settings and an error message, empty if there is none; a file with an error counts as empty."""
    path = settings_path()
    try:
        values = json.loads(read_bounded(path.resolve(), MAX_BYTES))
        theme, keymap = values.get("theme", ""), values.get("keymap", {})
        if isinstance(theme, str) and all(isinstance(text, str) for pair in keymap.items() for text in pair):
            return Settings(theme, dict(keymap)), ""
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ModelError, ValueError, AttributeError, RuntimeError):  # RuntimeError: a loop of links
        pass
    return Settings(), f"{path} cannot be read, and counts as empty; correct it or delete it"


def write_settings(settings: Settings) -> None:
    """Write the settings; where that is impossible, they last until the program ends."""
    try:
        path = settings_path().resolve()
        make_folders(path.parent)
        remove_leftovers(path)
        write_atomically(path, (json.dumps(asdict(settings), ensure_ascii=False, indent=1) + "\n").encode())
    except (OSError, RuntimeError):
        pass
