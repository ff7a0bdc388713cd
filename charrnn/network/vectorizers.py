"""Vectorizers: token ids (T, B) → what the first layer adds at each step, z (T, B, N) = vector(id) @ Wx + b.

A token's vector depends on its id alone, so there are only as many different rows of z as there are different
ids. Both vectorizers therefore project the rows of a table once, and then gather: no product over time steps,
forward or back. One-hot: the table is Wx itself (a one-hot row times Wx is a row of Wx). Embedding: the table is
weight @ Wx, for the ids that occur if the vocabulary is larger than the window.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace

Back: TypeAlias = Callable[[Array], Parameters]

ONEHOT_VOCABULARY = 256
"""The largest vocabulary whose gradient is summed by a product with the one-hot matrix."""


class Vectorizer(Protocol):
    """Turns ids into the first layer's projected input."""

    def width(self) -> int:
        """D, the width of a token's vector."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of its own parameters."""

    def table(self, own: Parameters, Wx: Array, b: Array) -> Array:
        """The projected input of every token, (V, N): row v is vector(v) @ Wx + b."""

    def project(self, own: Parameters, Wx: Array, b: Array, ids: Ids, workspace: Workspace) -> tuple[Array, Back]:
        """z (T, B, N) and the way back: `back(dz) → gradients of its own parameters, and of Wx and b`."""


@dataclass(frozen=True)
class OneHot:
    """A vector of V entries, one of them 1: Wx is (V, N) and its rows are the table."""

    V: int

    def width(self) -> int:
        return self.V

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {}

    def table(self, own: Parameters, Wx: Array, b: Array) -> Array:
        del own
        return Wx + b

    def project(self, own: Parameters, Wx: Array, b: Array, ids: Ids, workspace: Workspace) -> tuple[Array, Back]:
        z = gather(self.table(own, Wx, b), ids, workspace)

        def back(dz: Array) -> Parameters:
            dtable = sum_by_id(dz, ids, self.V, workspace)
            return {"Wx": dtable, "b": dtable.sum(axis=0)}

        return z, back


@dataclass(frozen=True)
class Embedding:
    """A learned vector of E entries a token: weight (V, E), Wx (E, N)."""

    V: int
    E: int

    def width(self) -> int:
        return self.E

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.V, self.E)}

    def table(self, own: Parameters, Wx: Array, b: Array) -> Array:
        return own["weight"] @ Wx + b

    def project(self, own: Parameters, Wx: Array, b: Array, ids: Ids, workspace: Workspace) -> tuple[Array, Back]:
        weight = own["weight"]
        rows: Ids = np.arange(self.V)
        places, vectors = ids, weight
        if ids.size < self.V:
            rows, places = np.unique(ids, return_inverse=True)
            vectors = weight[rows]
        z = gather(vectors @ Wx + b, places.reshape(ids.shape), workspace)

        def back(dz: Array) -> Parameters:
            most = min(self.V, ids.size)  # so that the workspace has one size, however many rows there are
            dtable = sum_by_id(dz, places, most, workspace)[: len(rows)]
            dweight = workspace.array("embedding.dweight", self.V, self.E)
            dweight[...] = 0.0
            dweight[rows] = dtable @ Wx.T
            return {"weight": dweight, "Wx": vectors.T @ dtable, "b": dtable.sum(axis=0)}

        return z, back


def gather(table: Array, ids: Ids, workspace: Workspace) -> Array:
    """The rows of table (V, N) at ids (T, B), as (T, B, N). Ids are taken at their word: 0 ≤ id < V."""
    z = workspace.array("vectorizer.z", *ids.shape, table.shape[1])
    np.take(table, ids, axis=0, out=z, mode="clip")  # with "clip", numpy writes into `out` without a copy
    return z


def sum_by_id(dz: Array, ids: Ids, V: int, workspace: Workspace) -> Array:
    """The transpose of `gather`: row v of the result (V, N) is the sum of the rows of dz whose id is v.

    As a product with the one-hot matrix where the vocabulary is small, as sums over sorted runs where it is not.
    """
    flat_ids, rows = ids.reshape(-1), dz.reshape(ids.size, -1)
    if V <= ONEHOT_VOCABULARY:
        onehot = workspace.array("sum_by_id.onehot", ids.size, V)
        onehot[...] = 0.0
        onehot[np.arange(ids.size), flat_ids] = 1.0
        return np.matmul(onehot.T, rows, out=workspace.array("sum_by_id", V, rows.shape[1]))
    order = np.argsort(flat_ids, kind="stable")
    sorted_ids = flat_ids[order].astype(np.int64)
    starts = np.flatnonzero(np.diff(sorted_ids, prepend=-1))
    sorted_rows = workspace.array("sum_by_id.rows", *rows.shape)
    np.take(rows, order, axis=0, out=sorted_rows, mode="clip")
    total = workspace.array("sum_by_id", V, rows.shape[1])
    total[...] = 0.0
    total[sorted_ids[starts]] = np.add.reduceat(sorted_rows, starts, axis=0)
    return total
