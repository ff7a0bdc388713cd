"""Vectorizers: inputs → projected input of the first layer at each step, z (T, B, N) = vector @ Wx + b.

`OneHot` and `Embedding` read token ids (T, B), `Dense` reads vectors (T, B, D). The vector of a token depends on its
id alone, so z has only as many different rows as there are different ids. Both id vectorizers therefore project the
rows of a table once and gather them: no product over time steps, in either pass. One-hot: the table is Wx itself (a
one-hot row times Wx is a row of Wx). Embedding: the table is weight @ Wx, restricted to the ids of the window if the
vocabulary is larger than the window.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from charrnn.network.affine import affine
from charrnn.network.arrays import (
    NO_GRADIENT,
    Array,
    Backward,
    Gradients,
    Ids,
    Inputs,
    Mask,
    Parameters,
    Workspace,
)

WEIGHT = "vectorizer.weight"
ONEHOT_VOCABULARY = 256
"""Largest vocabulary whose gradient is summed by a product with the one-hot matrix."""


class Vectorizer(Protocol):
    """Turns inputs into the projected input of a layer. `bos_id` is the token that begins a document, if any."""

    @property
    def bos_id(self) -> int | None: ...

    @property
    def width(self) -> int:
        """Width D of the vector of a step."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the vectorizer's parameters, by tensor name."""

    def resets(self, inputs: Inputs) -> Mask | None:
        """Return the mask (T, B) of the steps before which the state is cleared; None if there are none.

        `inputs` are in the order in which they are read.
        """

    def project(
        self, parameters: Parameters, Wx: str, b: str, inputs: Inputs, workspace: Workspace
    ) -> tuple[Array, Backward]:
        """Return z (T, B, N) and its backward function; `Wx` and `b` are the names of the layer's weights."""


@dataclass(frozen=True)
class OneHot:
    """A vector of V entries, one of which is 1: Wx is (V, N), and its rows are the table."""

    V: int
    bos_id: int | None = None

    @property
    def width(self) -> int:
        return self.V

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {}

    def resets(self, inputs: Inputs) -> Mask | None:
        return document_begins(inputs, self.bos_id)

    def project(
        self, parameters: Parameters, Wx: str, b: str, inputs: Inputs, workspace: Workspace
    ) -> tuple[Array, Backward]:
        z = gather(parameters[Wx] + parameters[b], inputs, workspace)

        def backward(dz: Array, dlast: Array | None = None, /) -> Gradients:
            del dlast
            dtable = sum_by_id(dz, inputs, self.V, workspace)
            return Gradients(NO_GRADIENT, {Wx: dtable, b: dtable.sum(axis=0)})

        return z, backward


@dataclass(frozen=True)
class Embedding:
    """A learned vector of E entries per token: weight (V, E), Wx (E, N)."""

    V: int
    E: int
    bos_id: int | None = None

    @property
    def width(self) -> int:
        return self.E

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {WEIGHT: (self.V, self.E)}

    def resets(self, inputs: Inputs) -> Mask | None:
        return document_begins(inputs, self.bos_id)

    def project(
        self, parameters: Parameters, Wx: str, b: str, inputs: Inputs, workspace: Workspace
    ) -> tuple[Array, Backward]:
        rows: Ids = np.arange(self.V)
        row_of, vectors = inputs, parameters[WEIGHT]
        if inputs.size < self.V:
            rows, row_of = np.unique(inputs, return_inverse=True)
            vectors = vectors[rows]
        z = gather(vectors @ parameters[Wx] + parameters[b], row_of.reshape(inputs.shape), workspace)

        def backward(dz: Array, dlast: Array | None = None, /) -> Gradients:
            del dlast
            largest = min(self.V, inputs.size)  # one size of workspace, however many rows this window has
            dtable = sum_by_id(dz, row_of, largest, workspace)[: len(rows)]
            dweight = workspace.array("embedding.dweight", self.V, self.E)
            dweight[...] = 0.0
            dweight[rows] = dtable @ parameters[Wx].T
            return Gradients(NO_GRADIENT, {WEIGHT: dweight, Wx: vectors.T @ dtable, b: dtable.sum(axis=0)})

        return z, backward


@dataclass(frozen=True)
class Dense:
    """Vectors (T, B, D), unchanged; a row of NaN before or after a sequence is padding, and read as zeros."""

    D: int
    bos_id: ClassVar[int | None] = None

    @property
    def width(self) -> int:
        return self.D

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {}

    def resets(self, inputs: Inputs) -> Mask | None:
        padding: Mask = np.isnan(inputs[..., 0])
        if not padding.any():
            return None
        resets = np.zeros_like(padding)
        resets[1:] = padding[:-1] & ~padding[1:]
        return resets

    def project(
        self, parameters: Parameters, Wx: str, b: str, inputs: Inputs, workspace: Workspace
    ) -> tuple[Array, Backward]:
        padding = np.isnan(inputs[..., 0])
        if padding.any():
            inputs = np.where(padding[..., None], inputs.dtype.type(0.0), inputs)
        return affine(parameters, Wx, b, inputs, workspace)


def document_begins(ids: Ids, bos_id: int | None) -> Mask | None:
    """Return the mask (T, B) of the steps at which a document begins; None if there are none."""
    if bos_id is None:
        return None
    begins: Mask = ids == bos_id
    return begins if begins.any() else None


def projected_table(parameters: Parameters, Wx: str, b: str) -> Array:
    """Return the projected input of every token, (V, N): row v is vector(v) @ Wx + b."""
    if WEIGHT in parameters:
        return parameters[WEIGHT] @ parameters[Wx] + parameters[b]
    return parameters[Wx] + parameters[b]


def gather(table: Array, ids: Ids, workspace: Workspace) -> Array:
    """Return the rows of table (V, N) at ids (T, B), shape (T, B, N); requires 0 ≤ id < V, which is not checked."""
    z = workspace.array("vectorizer.z", *ids.shape, table.shape[1])
    np.take(table, ids, axis=0, out=z, mode="clip")  # with "clip", NumPy writes into `out` without a copy
    return z


def sum_by_id(dz: Array, ids: Ids, V: int, workspace: Workspace) -> Array:
    """Return the transpose of `gather`: row v of the result (V, N) is the sum of the rows of dz whose id is v.

    Computed as a product with the one-hot matrix for a small vocabulary, as sums over sorted runs for a large one.
    """
    flat_ids, rows = ids.reshape(-1), dz.reshape(ids.size, -1)
    if V <= ONEHOT_VOCABULARY:
        onehot = workspace.array("sum_by_id.onehot", ids.size, V)
        onehot[...] = 0.0
        onehot[np.arange(ids.size), flat_ids] = 1.0
        return np.matmul(onehot.T, rows, out=workspace.array("sum_by_id", V, rows.shape[1]))
    order = np.argsort(flat_ids, kind="stable")
    sorted_ids = flat_ids[order].astype(np.int64)
    run_begins = np.flatnonzero(np.diff(sorted_ids, prepend=-1))
    sorted_rows = workspace.array("sum_by_id.rows", *rows.shape)
    np.take(rows, order, axis=0, out=sorted_rows, mode="clip")
    total = workspace.array("sum_by_id", V, rows.shape[1])
    total[...] = 0.0
    total[sorted_ids[run_begins]] = np.add.reduceat(sorted_rows, run_begins, axis=0)
    return total
