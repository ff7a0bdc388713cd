"""Names of runs: a path or the name of a folder in runs/ → the path of a run."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from charrnn.errors import UsageError
from charrnn.run.files import is_temporary

RUNS = Path("runs")
"""The folder of runs whose path is not given."""
_DATED = ("config.json", "metrics.jsonl", "model.safetensors")
"""Files whose modification times are the time of a run."""


def resolve_run(name: str | Path) -> Path:
    """Return the path of a run, given its path or the name of its folder in runs/.

    A run takes precedence over anything else at either path. UsageError with similar names if nothing is there.
    """
    paths = (Path(name), RUNS / name)
    for exists in (_is_run, os.path.lexists):  # the reader refuses a path that is not a run
        for path in paths:
            if exists(path):
                return path
    matches = " or ".join(map(str, _nearest(Path(name))))
    remedy = f"did you mean {matches}?" if matches else "charrnn runs lists the runs, charrnn train makes one"
    raise UsageError(f"there is no run {name}; {remedy}")


def latest_run() -> Path:
    """Return the run in runs/ that changed last; UsageError if there is none."""
    paths = list(runs_in(RUNS))
    if not paths:
        raise UsageError("there is no run in runs/; name one by its path, or make one with charrnn train")
    return max(paths, key=_changed)


def runs_in(folder: Path) -> Iterator[Path]:
    """Yield the paths of the runs in a folder, sorted; none if the folder cannot be read."""
    try:
        paths = sorted(folder.iterdir())
    except (OSError, ValueError):
        return
    yield from (path for path in paths if _is_run(path) and not is_temporary(path))


def _is_run(path: Path) -> bool:
    return os.path.lexists(path / "config.json")


def _changed(path: Path) -> float:
    """Return the time of the last change of a run, in seconds."""
    return max(file.lstat().st_mtime for name in _DATED if os.path.lexists(file := path / name))


def _nearest(path: Path) -> list[Path]:
    """Return the runs in runs/ and in the folder of the path with names similar to that of the path, best first."""
    by_name = {run.name.lower(): run for folder in (path.parent, RUNS) for run in runs_in(folder)}
    return [by_name[name] for name in get_close_matches(path.name.lower(), by_name)]
