"""Named float32 arrays in safetensors files, written atomically and checked when they are read."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from charrnn.errors import ModelError
from charrnn.run.files import refuse_irregular, unreadable, write_atomically

Arrays: TypeAlias = dict[str, NDArray[np.floating[Any]]]
Shapes: TypeAlias = Mapping[str, tuple[int, ...]]


def write_arrays(path: Path, arrays: Arrays, notes: Mapping[str, Any] | None = None) -> None:
    """Write named arrays, and JSON values as notes on them, as one safetensors file."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    metadata = None if notes is None else {"charrnn": json.dumps(notes)}
    write_atomically(path, to_bytes(contiguous, metadata))


def read_arrays(path: Path, shapes: Shapes, prefix: str = "") -> Arrays:
    """Return the arrays of a safetensors file whose names begin with `prefix`.

    ModelError unless their names, shapes and types are as expected and all values are finite.
    """
    with _open_arrays(path) as file:
        _check(path, file, shapes, prefix)
        arrays: Arrays = {name: file.get_tensor(name) for name in shapes}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelError(f"{path} is damaged: {name} has values that are not finite")
    return arrays


def check_arrays(path: Path, shapes: Shapes, prefix: str = "") -> None:
    """Raise ModelError if the header of the file shows that `read_arrays` would."""
    with _open_arrays(path) as file:
        _check(path, file, shapes, prefix)


def read_notes(path: Path) -> Any:
    """Return the notes of a file of arrays; ModelError if it has none."""
    with _open_arrays(path) as file:
        try:
            return json.loads((file.metadata() or {})["charrnn"])
        except (KeyError, ValueError, RecursionError) as error:
            raise ModelError(f"{path} is damaged: its notes on the run cannot be read ({error!r})") from error


@contextmanager
def _open_arrays(path: Path) -> Iterator[Any]:
    refuse_irregular(path)
    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except FileNotFoundError:
        raise ModelError(f"{path} is missing; the run has no weights yet, or they were deleted") from None
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged ({error}); restore it, or train again") from error
    except OSError as error:
        raise unreadable(path, error) from error


def _check(path: Path, file: Any, expected: Shapes, prefix: str) -> None:
    slices = {name: file.get_slice(name) for name in file.keys() if name.startswith(prefix)}  # noqa: SIM118
    shapes = {name: tuple(part.get_shape()) for name, part in slices.items()}
    types = {part.get_dtype() for part in slices.values()}
    if shapes != dict(expected) or types != {"F32"}:
        raise ModelError(f"{path} does not fit its config.json: {_difference(shapes, expected, types)}")


def _difference(shapes: Shapes, expected: Shapes, types: set[str]) -> str:
    for name in sorted(set(shapes) | set(expected)):
        if name not in shapes:
            return f"{name} is missing"
        if name not in expected:
            return f"{name[:80]!r} is unknown"
        if shapes[name] != expected[name]:
            return f"{name} has shape {shapes[name]} instead of {expected[name]}"
    return f"its arrays are {', '.join(sorted(types))} instead of F32"
