"""Damage to the files of a run: each mutation is a value, which a strategy draws and `apply` does to a folder."""

import contextlib
import os
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from json import loads
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from charrnn.run.folder import FILES
from tests.fuzz.generators import DEEP, paths_of, to_json, values, with_value

HEADER_LENGTH = 8
"""Bytes of the length of the header with which a file of safetensors begins."""
LARGEST_FILE, HUGE_FILE = 1 << 24, 1 << 40
WEIGHTS = (3.4e38, -3.4e38, 1e30, np.inf, np.nan, 1e-45, 0.0)
WHOLE_CONTENTS = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b"[" * DEEP,
    b'{"a":' * DEEP,
    b"9" * 5000,
    b"\x1b[31m\n" * 100,
    b'{"format": 1e999}',
    b"x" * (1 << 21),
)


@dataclass(frozen=True)
class Mutation:
    """A change of the file `name` of a run; `place` (0 to 1) says where in the file, `value` is the new content."""

    name: str
    kind: str
    place: float
    value: Any

    def apply(self, run: Path, elsewhere: Path) -> None:
        """Change the file; `elsewhere` has files of the same names that must stay as they are."""
        path = run / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(ValueError, TypeError, IndexError, KeyError, OSError, struct.error, RecursionError):
            KINDS[self.kind](self, path, elsewhere / self.name)


def _read(path: Path) -> bytes:
    """Return the content of a file; OSError if it is none that can be changed: it may be the result of a mutation."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_FILE:
        raise OSError
    return path.read_bytes()


def _flip(mutation: Mutation, path: Path, _: Path) -> None:
    data = bytearray(_read(path))
    data[int(mutation.place * (len(data) - 1))] ^= 1 << (len(repr(mutation.value)) % 8)
    path.write_bytes(data)


def _truncate(mutation: Mutation, path: Path, _: Path) -> None:
    os.truncate(path, int(mutation.place * path.stat().st_size))


def _insert(mutation: Mutation, path: Path, _: Path) -> None:
    data = _read(path)
    place = int(mutation.place * len(data))
    path.write_bytes(data[:place] + to_json(mutation.value) + data[place:])


def _replace(mutation: Mutation, path: Path, _: Path) -> None:
    _remove(path)
    path.write_bytes(WHOLE_CONTENTS[int(mutation.place * (len(WHOLE_CONTENTS) - 1))])


def _swap(mutation: Mutation, path: Path, _: Path) -> None:
    run = path.parents[len(Path(mutation.name).parts) - 1]
    other = run / FILES[int(mutation.place * (len(FILES) - 1))]
    path.write_bytes(_read(other))


def _grow(_mutation: Mutation, path: Path, _: Path) -> None:
    """Make the file a huge one, which takes no room on the disk."""
    _read(path)
    os.truncate(path, HUGE_FILE)


def _edit_json(mutation: Mutation, path: Path, _: Path) -> None:
    """Change one value of a file of JSON, or of one line of the journal."""
    data = _read(path)
    lines = data.splitlines() if path.suffix == ".jsonl" else [data]
    index = int(mutation.place * (len(lines) - 1))
    lines[index] = to_json(_edited(loads(lines[index]), mutation))
    path.write_bytes(b"\n".join(lines) + b"\n")


def _edit_header(mutation: Mutation, path: Path, _: Path) -> None:
    """Change one value of the header of a file of safetensors."""
    data = _read(path)
    end = HEADER_LENGTH + int.from_bytes(data[:HEADER_LENGTH], "little")
    header = to_json(_edited(loads(data[HEADER_LENGTH:end]), mutation))
    path.write_bytes(len(header).to_bytes(HEADER_LENGTH, "little") + header + data[end:])


def _edited(content: Any, mutation: Mutation) -> Any:
    """Return a value of JSON with one of its parts replaced, or removed if the new value is None."""
    paths = paths_of(content)
    path = paths[int(mutation.place * (len(paths) - 1))]
    return with_value(content, path, mutation.value)


def _nest(mutation: Mutation, path: Path, _: Path) -> None:
    """Put deep brackets in the place of a value."""
    text = _read(path)
    place = text.find(b":", int(mutation.place * len(text))) + 1
    path.write_bytes(text[:place] + b"[" * DEEP + b"]" * DEEP + text[place:])


def _scale_weights(mutation: Mutation, path: Path, _: Path) -> None:
    """Fill a tenth of the arrays with one number."""
    data = bytearray(_read(path))
    start = HEADER_LENGTH + int.from_bytes(data[:HEADER_LENGTH], "little")
    numbers = np.frombuffer(data, "<f4", offset=start, count=(len(data) - start) // 4).copy()
    first = int(mutation.place * 0.9 * len(numbers))
    weight = WEIGHTS[len(repr(mutation.value)) % len(WEIGHTS)]
    numbers[first : first + len(numbers) // 10] = weight
    path.write_bytes(data[:start] + numbers.tobytes())


def _link(mutation: Mutation, path: Path, victim: Path) -> None:
    targets = (victim, victim, Path("/dev/zero"), Path("/dev/null"), path, Path("nowhere"), path.parent)
    _remove(path)
    path.symlink_to(targets[int(mutation.place * (len(targets) - 1))])


def _link_folder(_mutation: Mutation, path: Path, victim: Path) -> None:
    if path.parent.name in ("last", "control"):
        shutil.rmtree(path.parent)
        path.parent.symlink_to(victim.parent)


def _make_pipe(_mutation: Mutation, path: Path, _: Path) -> None:
    _remove(path)
    os.mkfifo(path)


def _make_folder(_mutation: Mutation, path: Path, _: Path) -> None:
    _remove(path)
    path.mkdir()


def _delete(_mutation: Mutation, path: Path, _: Path) -> None:
    _remove(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


KINDS: dict[str, Callable[[Mutation, Path, Path], None]] = {
    "flip": _flip,
    "truncate": _truncate,
    "insert": _insert,
    "replace": _replace,
    "swap": _swap,
    "grow": _grow,
    "edit JSON": _edit_json,
    "edit header": _edit_header,
    "nest": _nest,
    "scale weights": _scale_weights,
    "link": _link,
    "link folder": _link_folder,
    "pipe": _make_pipe,
    "folder": _make_folder,
    "delete": _delete,
}
_OF_ANY = ("flip", "truncate", "insert", "replace", "swap", "grow", "link", "link folder", "pipe", "folder", "delete")
_OF_JSON = ("edit JSON",) * 12 + ("nest",) * 2
_OF_ARRAYS = ("edit header",) * 6 + ("scale weights",) * 6


def _kinds_of(name: str) -> tuple[str, ...]:
    return _OF_ANY + (_OF_JSON if ".json" in name else _OF_ARRAYS if ".safetensors" in name else ())


mutations = st.one_of(
    [
        st.builds(Mutation, st.just(name), st.sampled_from(_kinds_of(name)), st.floats(0.0, 1.0), values)
        for name in FILES
    ]
)
"""One mutation of one file."""
