"""Arrays: they come back from their file, and a file that was tampered with is refused."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from charrnn.errors import ModelError
from charrnn.run.arrays import check_arrays, read_arrays, read_notes, write_arrays

ARRAYS = {"head.W": np.arange(6, dtype=np.float32).reshape(2, 3), "head.b": np.zeros(3, np.float32)}
SHAPES = {name: array.shape for name, array in ARRAYS.items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of arrays with notes."""
    write_arrays(tmp_path / "a.safetensors", ARRAYS, {"step": 3})
    return tmp_path / "a.safetensors"


def test_arrays_and_notes_come_back(path: Path) -> None:
    arrays = read_arrays(path, SHAPES)
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
    assert read_notes(path) == {"step": 3}


def test_arrays_that_are_not_contiguous_are_written_in_order(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.safetensors", {"a": ARRAYS["head.W"].T})
    np.testing.assert_array_equal(load_file(tmp_path / "a.safetensors")["a"], ARRAYS["head.W"].T)


def test_a_prefix_selects_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_arrays(
        path, {f"parameters.{name}": array for name, array in ARRAYS.items()} | {"carried": np.ones(2, "f4")}
    )
    shapes = {f"parameters.{name}": shape for name, shape in SHAPES.items()}
    assert read_arrays(path, shapes, "parameters.").keys() == shapes.keys()
    with pytest.raises(ModelError, match="carried"):
        read_arrays(path, shapes)


def tamper(path: Path, how: str) -> None:
    arrays = load_file(path)
    match how:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-10])
        case "empty":
            path.write_bytes(b"")
        case "garbage":
            path.write_bytes(b"\x80\x04garbage" * 1000)
        case "huge header":
            path.write_bytes(struct.pack("<Q", 1 << 62) + path.read_bytes()[8:])
        case "huge shape":
            entry = {"dtype": "F32", "shape": [1 << 50], "data_offsets": [0, 1 << 52]}
            header = json.dumps({"head.b": entry}).encode()
            path.write_bytes(struct.pack("<Q", len(header)) + header)
        case "wrong shape":
            save_file(arrays | {"head.b": arrays["head.b"][:-1].copy()}, path)
        case "wrong type":
            save_file({name: array.astype(np.float64) for name, array in arrays.items()}, path)
        case "one more":
            save_file(arrays | {"layers.9.Wx": np.zeros(3, np.float32)}, path)
        case "one less":
            del arrays["head.b"]
            save_file(arrays, path)
        case "missing":
            path.unlink()


@pytest.mark.parametrize(
    "how",
    [
        *("truncated", "empty", "garbage", "huge header", "huge shape"),
        *("wrong shape", "wrong type", "one more", "one less", "missing"),
    ],
)
def test_arrays_that_were_tampered_with_are_refused_by_header(how: str, path: Path) -> None:
    tamper(path, how)
    with pytest.raises(ModelError, match=r"a\.safetensors"):
        check_arrays(path, SHAPES)
    with pytest.raises(ModelError, match=r"a\.safetensors"):
        read_arrays(path, SHAPES)


def test_values_that_are_not_finite_are_refused(path: Path) -> None:
    write_arrays(path, ARRAYS | {"head.b": np.array([0.0, np.nan, 0.0], np.float32)})
    check_arrays(path, SHAPES)
    with pytest.raises(ModelError, match=r"head\.b has values that are not finite"):
        read_arrays(path, SHAPES)


@pytest.mark.parametrize("metadata", [None, {}, {"charrnn": ""}, {"charrnn": "[" * 100_000}])
def test_notes_that_are_not_json_are_refused(metadata: dict[str, str] | None, path: Path) -> None:
    save_file(load_file(path), path, metadata=metadata)
    with pytest.raises(ModelError, match="notes on the run"):
        read_notes(path)
