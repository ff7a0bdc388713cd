"""The run folder: what stands where, written atomically, checked before it is trusted.

Everything is JSON or safetensors: data, never code. Every file is written whole beside its place and then moved
there, so that a crash, a full disk or a SIGKILL leaves the old file or the new one.
"""

import json
import math
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from charrnn.config import RunConfig
from charrnn.errors import ModelError, RunError
from charrnn.network.arrays import Array, Parameters
from charrnn.training.trainer import TrainingState

LARGEST_JSON = 64 << 20
"""Bytes of a JSON file that are read at most."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`, all of it or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    write_atomically(path, (json.dumps(values, indent=1) + "\n").encode())


def read_json(path: Path) -> Any:
    """The values of a JSON file; ModelError if it is missing, huge or not JSON."""
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise ModelError(f"{path} is larger than any file that charrnn writes there")
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(f"{path.parent} is not a run of charrnn: it has no {path.name}") from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged: {error}") from error


def write_arrays(path: Path, arrays: Parameters, values: Mapping[str, Any] | None = None) -> None:
    """Write named arrays, and JSON values beside them, as one safetensors file."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    metadata = None if values is None else {"charrnn": json.dumps(values)}
    write_atomically(path, to_bytes(contiguous, metadata))


def read_arrays(path: Path, shapes: Mapping[str, tuple[int, ...]], *, whole: bool = True) -> Parameters:
    """The arrays of a safetensors file; ModelError unless names, shapes and types are those expected, and finite.

    With `whole` false there may be others in the file, which are not read.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            names = [name for name in file.keys() if whole or name in shapes]  # noqa: SIM118
            found = {name: tuple(file.get_slice(name).get_shape()) for name in names}
            types = {file.get_slice(name).get_dtype() for name in found}
            if found != dict(shapes) or types != {"F32"}:
                raise ModelError(f"{path} does not fit its config.json: {_difference(found, shapes, types)}")
            arrays: Parameters = {name: file.get_tensor(name) for name in shapes}
    except FileNotFoundError:
        raise ModelError(f"{path} is missing; the run has no weights yet, or they were deleted") from None
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged ({error}); restore it, or train again") from error
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelError(f"{path} is damaged: {name} has values that are not finite")
    return arrays


def _difference(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]], types: set[str]
) -> str:
    for name in sorted(set(found) | set(expected)):
        if name not in found:
            return f"{name} is missing"
        if name not in expected:
            return f"{name[:80]!r} is unknown"
        if found[name] != expected[name]:
            return f"{name} has shape {found[name]} instead of {expected[name]}"
    return f"its arrays are {', '.join(sorted(types))} instead of F32"


class Shaped(Protocol):
    """A network, as far as its file is concerned."""

    def shapes(self) -> dict[str, tuple[int, ...]]: ...


class RunFolder:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def last(self) -> Path:
        return self.path / "checkpoints" / "last" / "training.safetensors"

    def refuse_existing(self) -> None:
        """RunError if something is there already: no run is ever overwritten."""
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise RunError(f"{self.path} exists already; choose another --out, or go on with --resume {self.path}")

    def create(self, config: RunConfig, tokenizer: Mapping[str, Any], tokenizer_model: bytes | None = None) -> None:
        """Make the folder, and write what does not change, or nothing; RunError if something is there already."""
        self.refuse_existing()
        try:
            self.last.parent.mkdir(parents=True, exist_ok=True)
            write_json(self.path / "tokenizer.json", tokenizer)
            if tokenizer_model is not None:
                write_atomically(self.path / "tokenizer.model", tokenizer_model)
            self.write_config(config)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def write_config(self, config: RunConfig) -> None:
        write_json(self.path / "config.json", config.to_json())

    def read_config(self) -> RunConfig:
        """The settings; ModelError if this is not a run or they make no sense."""
        values = read_json(self.path / "config.json")
        try:
            return RunConfig.from_json(values)
        except ModelError as error:
            raise ModelError(f"{self.path}: {error}") from error

    def read_tokenizer(self) -> Any:
        return read_json(self.path / "tokenizer.json")

    def read_tokenizer_model(self) -> bytes:
        """The bytes of tokenizer.model; ModelError if it is missing or huge."""
        path = self.path / "tokenizer.model"
        try:
            if path.stat().st_size > LARGEST_JSON:
                raise ModelError(f"{path} is larger than any file that charrnn writes there")
            return path.read_bytes()
        except FileNotFoundError:
            raise ModelError(f"{path} is missing; restore it, or train again") from None

    def write_model(self, parameters: Parameters) -> None:
        write_arrays(self.path / "model.safetensors", parameters)

    def read_model(self, network: Shaped) -> Parameters:
        """The best weights so far, float32."""
        return read_arrays(self.path / "model.safetensors", network.shapes())

    def read_newest(self, network: Shaped) -> Parameters:
        """The weights of the last checkpoint, which need not be the best; the best if there is none."""
        if not self.last.exists():
            return self.read_model(network)
        shapes = {f"parameters.{name}": shape for name, shape in network.shapes().items()}
        return _without("parameters.", read_arrays(self.last, shapes, whole=False))

    def write_last(self, state: TrainingState) -> None:
        """All that training needs to go on, as one file."""
        arrays = {f"parameters.{name}": array for name, array in state.parameters.items()}
        arrays |= {f"moments.{name}": array for name, array in state.moments.items()}
        values = {
            "step": state.step,
            "window": state.window,
            "rate_scale": state.rate_scale,
            "time": state.time,
            "best": state.best,
            "rng": state.rng.bit_generator.state,
        }
        write_arrays(self.last, arrays | {"carried": state.carried}, values)

    def read_last(self, fresh: TrainingState) -> TrainingState:
        """The state that `write_last` wrote, or `fresh` if it was never called.

        `fresh` is a state of the same run before its first step.
        """
        if not self.last.exists():
            return fresh
        shapes = {f"parameters.{name}": array.shape for name, array in fresh.parameters.items()}
        shapes |= {f"moments.{name}": array.shape for name, array in fresh.moments.items()}
        arrays = read_arrays(self.last, shapes | {"carried": fresh.carried.shape})
        try:
            with safe_open(self.last, framework="numpy") as file:
                values = json.loads((file.metadata() or {})["charrnn"])
            fresh.rng.bit_generator.state = values["rng"]
            state = TrainingState(
                parameters=_without("parameters.", arrays),
                moments=_without("moments.", arrays),
                carried=arrays["carried"],
                rng=fresh.rng,
                step=int(values["step"]),
                window=int(values["window"]),
                rate_scale=float(values["rate_scale"]),
                time=float(values["time"]),
                best=None if values["best"] is None else float(values["best"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelError(f"{self.last} is damaged: its notes on the run cannot be read ({error!r})") from error
        if min(state.step, state.window, state.time) < 0 or not 0.0 < state.rate_scale < math.inf > state.time:
            raise ModelError(f"{self.last} is damaged: its notes have a number that cannot be")
        return state

    def refuse_other_sizes(self, network: Shaped) -> None:
        """ModelError if the checkpoint is not one of such a network, before anything of its size is made."""
        if not self.last.exists():
            return
        expected = {f"parameters.{name}": shape for name, shape in network.shapes().items()}
        try:
            with safe_open(self.last, framework="numpy") as file:
                names = [name for name in file.keys() if name.startswith("parameters.")]  # noqa: SIM118
                found = {name: tuple(file.get_slice(name).get_shape()) for name in names}
        except SafetensorError as error:
            raise ModelError(f"{self.last} is damaged ({error}); restore it, or train again") from error
        if found != expected:
            raise ModelError(f"{self.last} does not fit its config.json: {_difference(found, expected, {'F32'})}")


def _without(prefix: str, arrays: Mapping[str, Array]) -> Parameters:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
