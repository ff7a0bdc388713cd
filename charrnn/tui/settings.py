"""Settings of the user: theme and keys, in `settings.json` of the user's configuration folder.

{"theme": "nord", "keymap": {"dashboard.pause": "p", "sampler.run": "space,r"}}
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from platformdirs import user_config_path

from charrnn.run.files import write_atomically

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
        with path.open("rb") as file:
            values = json.loads(file.read(MAX_BYTES))
        theme, keymap = values.get("theme", ""), values.get("keymap", {})
        if isinstance(theme, str) and all(isinstance(text, str) for pair in keymap.items() for text in pair):
            return Settings(theme, dict(keymap)), ""
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ValueError, AttributeError, RecursionError):
        pass
    return Settings(), f"{path} cannot be read, and counts as empty; correct it or delete it"


def write_settings(settings: Settings) -> None:
    """Write the settings; where that is impossible, they last until the program ends."""
    path = settings_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(asdict(settings), ensure_ascii=False, indent=1) + "\n").encode())
    except OSError:
        pass
