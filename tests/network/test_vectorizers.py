"""Vectorizers: gathering and summing rows by id, padding, resets, and one projection in three forms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn.network.arrays import Ids, Parameters, Workspace
from charrnn.network.network import Network
from charrnn.network.stack import Stack
from charrnn.network.vectorizers import (
    WEIGHT,
    Dense,
    Embedding,
    OneHot,
    document_begins,
    gather,
    projected_table,
    sum_by_id,
)

F64 = np.float64
sizes = st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(1, 6), st.integers(0, 2**32 - 1))


@pytest.mark.parametrize("V", [1, 7, 256, 257, 1000])
@settings(deadline=None, max_examples=40)
@given(sizes=sizes, few_ids=st.booleans())
def test_summing_by_id_is_the_transpose_of_gathering(V: int, sizes: tuple[int, int, int, int], few_ids: bool) -> None:
    T, B, N, seed = sizes
    rng, workspace = np.random.default_rng(seed), Workspace(F64)
    ids = rng.choice(rng.permutation(V)[:3], (T, B)) if few_ids else rng.integers(V, size=(T, B))
    table, dz = rng.standard_normal((V, N)), rng.standard_normal((T, B, N))
    for _ in range(2):
        product = np.vdot(gather(table, ids, workspace), dz)
        assert np.vdot(table, sum_by_id(dz, ids, V, workspace)) == pytest.approx(product, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.int64])
def test_small_and_large_vocabularies_give_the_same_sums(dtype: type[np.integer[Any]]) -> None:
    rng, workspace = np.random.default_rng(0), Workspace(F64)
    ids: Ids = rng.integers(200, size=(50, 20)).astype(dtype)
    dz = rng.standard_normal((50, 20, 3))
    expected = np.zeros((300, 3))
    np.add.at(expected, ids, dz)
    small, large = sum_by_id(dz, ids, 200, workspace), sum_by_id(dz, ids, 300, workspace)
    np.testing.assert_allclose(small, expected[:200], rtol=0, atol=1e-12)
    np.testing.assert_allclose(large, expected, rtol=0, atol=1e-12)


def random_layer(V: int, E: int, N: int) -> Parameters:
    """Return a weight (V, E), Wx (E, N) and b (N,)."""
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(s) for name, s in ((WEIGHT, (V, E)), ("l.Wx", (E, N)), ("l.b", (N,)))}


def test_an_embedding_projects_the_same_from_some_rows_as_from_all() -> None:
    V, N, parameters = 40, 6, random_layer(40, 4, 6)
    rng = np.random.default_rng(1)
    ids = rng.integers(V, size=(30, 2))  # 60 places, more than V; 20 of them are fewer than V
    dz = rng.standard_normal((30, 2, N))
    dz[10:] = 0.0
    z, backward = Embedding(V, 4).project(parameters, "l.Wx", "l.b", ids, Workspace(F64))
    few_z, few_backward = Embedding(V, 4).project(parameters, "l.Wx", "l.b", ids[:10], Workspace(F64))
    np.testing.assert_allclose(z[:10], few_z, rtol=0, atol=1e-13)
    gradients, few_gradients = backward(dz).parameters, few_backward(dz[:10]).parameters
    assert gradients.keys() == few_gradients.keys() == {WEIGHT, "l.Wx", "l.b"}
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, few_gradients[name], rtol=0, atol=1e-13)


@pytest.mark.parametrize("vocabulary", [7, 300])
def test_one_hot_is_an_embedding_whose_weight_times_wx_is_its_wx(
    vocabulary: int, random_weights: Callable[[Network], Parameters]
) -> None:
    body, rng = Stack(5, 2), np.random.default_rng(0)
    embedded = Network(Embedding(vocabulary, 4), body, vocabulary)
    onehot = Network(OneHot(vocabulary), body, vocabulary)
    parameters = random_weights(embedded)
    weight, Wx, b = parameters[WEIGHT], parameters["layers.0.Wx"], parameters["layers.0.b"]
    onehot_parameters = {name: array for name, array in parameters.items() if name != WEIGHT}
    onehot_parameters["layers.0.Wx"] = weight @ Wx
    ids = rng.integers(vocabulary, size=(7, 3))
    first = embedded.loss_and_gradients(parameters, ids[:-1], ids[1:])
    second = onehot.loss_and_gradients(onehot_parameters, ids[:-1], ids[1:])
    assert first.loss == pytest.approx(second.loss, rel=1e-13)
    gradients, dtable = first.gradients.parameters, second.gradients.parameters["layers.0.Wx"]
    np.testing.assert_allclose(gradients["layers.0.Wx"], weight.T @ dtable, rtol=0, atol=1e-13)
    np.testing.assert_allclose(gradients[WEIGHT], dtable @ Wx.T, rtol=0, atol=1e-13)
    for name in onehot_parameters.keys() - {"layers.0.Wx"}:
        np.testing.assert_allclose(gradients[name], second.gradients.parameters[name], rtol=0, atol=1e-13)
    for arrays in (parameters, onehot_parameters):
        np.testing.assert_allclose(projected_table(arrays, "layers.0.Wx", "layers.0.b"), weight @ Wx + b, atol=1e-13)


def test_one_hot_vectors_give_the_scores_of_their_ids(random_weights: Callable[[Network], Parameters]) -> None:
    body, ids = Stack(4, 2), np.random.default_rng(1).integers(5, size=(6, 3))
    by_id, by_vector = Network(OneHot(5), body, 5), Network(Dense(5), body, 5)
    parameters = random_weights(by_id)
    scores, state, _ = by_id.forward(parameters, ids)
    vector_scores, vector_state, _ = by_vector.forward(parameters, np.eye(5)[ids])
    np.testing.assert_allclose(vector_scores, scores, atol=1e-14)
    np.testing.assert_allclose(vector_state, state, atol=1e-14)


@pytest.mark.parametrize("vectorizer", [OneHot(9), Embedding(9, 4), Embedding(100, 4)])
def test_token_ids_have_no_gradient(vectorizer: OneHot | Embedding) -> None:
    parameters = random_layer(vectorizer.V, vectorizer.width, 3)
    ids = np.arange(6).reshape(3, 2)
    z, backward = vectorizer.project(parameters, "l.Wx", "l.b", ids, Workspace(F64))
    assert backward(np.ones_like(z)).inputs.size == 0


def test_a_document_begins_at_its_token() -> None:
    ids = np.array([[1, 3], [3, 2], [0, 2]])
    np.testing.assert_array_equal(document_begins(ids, 3), [[False, True], [True, False], [False, False]])
    assert document_begins(ids, None) is None
    assert document_begins(ids, 4) is None
    assert OneHot(5).resets(ids) is None
    np.testing.assert_array_equal(OneHot(5, 3).resets(ids), ids == 3)
    np.testing.assert_array_equal(Embedding(5, 2, 3).resets(ids), ids == 3)


def test_padding_is_read_as_zeros_and_the_state_is_reset_after_it() -> None:
    """The first stream begins at the second step, the second ends after it."""
    x = np.array([[np.nan, 0.0], [0.0, 0.0], [1.0, np.nan]])[:, :, None]
    np.testing.assert_array_equal(Dense(1).resets(x), [[False, False], [True, False], [False, False]])
    assert Dense(1).resets(np.zeros((2, 2, 1))) is None
    parameters = {"l.Wx": np.array([[2.0]]), "l.b": np.array([0.5])}
    z, _ = Dense(1).project(parameters, "l.Wx", "l.b", x, Workspace(F64))
    np.testing.assert_array_equal(z[..., 0], [[0.5, 0.5], [0.5, 0.5], [2.5, 0.5]])
