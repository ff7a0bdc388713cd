"""What a person has set: theme and keys, in `settings.json` of the user's configuration folder.

{"theme": "nord", "keymap": {"dashboard.pause": "p", "sampler.run": "space,r"}}
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from platformdirs import user_config_path

from charrnn.run.folder import write_atomically

LARGEST = 1 << 20


@dataclass
class Settings:
    """Empty where nothing was set. `keymap` has the keys of a binding, several after commas, by its name."""

    theme: str = ""
    keymap: dict[str, str] = field(default_factory=dict)


def settings_path() -> Path:
    return user_config_path("charrnn") / "settings.json"


def read_settings() -> tuple[Settings, str]:
    """The settings, and what is wrong with the file; a wrong file counts as an empty one."""
    path = settings_path()
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(LARGEST))
        theme, keymap = values.get("theme", ""), values.get("keymap", {})
        if isinstance(theme, str) and all(isinstance(each, str) for pair in keymap.items() for each in pair):
            return Settings(theme, dict(keymap)), ""
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ValueError, AttributeError, RecursionError):
        pass
    return Settings(), f"{path} cannot be read, and counts as empty; mend it or delete it"


def write_settings(settings: Settings) -> None:
    """Keep the settings; where nothing can be written they last as long as the program."""
    path = settings_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(asdict(settings), ensure_ascii=False, indent=1) + "\n").encode())
    except OSError:
        pass
