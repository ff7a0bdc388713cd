"""The workspace and the selection of parameters by prefix."""

import tracemalloc

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.network import arrays
from charrnn.network.arrays import Array, Parameters, Workspace, prefixed, select
from charrnn.network.network import Network


def test_an_array_is_the_same_one_until_its_shape_changes_and_keeps_its_content() -> None:
    workspace = Workspace()
    first = workspace.array("a", 2, 3)
    first[...] = 7.0
    assert workspace.array("a", 2, 3) is first
    assert (workspace.array("a", 3, 2).shape, workspace.array("b", 2, 3).shape) == ((3, 2), (2, 3))
    assert workspace.array("b", 2, 3) is not first
    assert (workspace.array("a", 2, 3) == 7.0).all()


def test_a_part_is_the_same_one_and_shares_no_array_with_the_whole_or_another_part() -> None:
    workspace = Workspace(np.float64, column_panels=True)
    part = workspace.part("encoder")
    assert workspace.part("encoder") is part
    assert part.dtype == np.float64
    assert part.column_panels
    spaces = (workspace, part, workspace.part("decoder"), part.part("encoder"))
    assert len({id(space.array("a", 2)) for space in spaces}) == 4


def test_a_workspace_like_weights_has_their_type() -> None:
    for dtype in (np.float32, np.float64):
        workspace = Workspace.like({"head.b": np.zeros(3, dtype)})
        assert workspace.dtype == workspace.array("a", 1).dtype == dtype
    assert Workspace().dtype == np.float32


@pytest.mark.parametrize("kernel", [True, False])
def test_column_panels_are_on_for_float32_if_the_blas_has_kernels_for_them(
    kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "has_small_matrix_kernel", lambda: kernel)
    assert Workspace(np.float32).column_panels == kernel
    assert not Workspace(np.float64).column_panels
    assert Workspace(np.float64, column_panels=True).column_panels
    assert not Workspace(np.float32, column_panels=False).column_panels


def test_selecting_a_prefix_is_the_inverse_of_adding_it() -> None:
    encoder: Parameters = {"head.W": np.zeros(1), "b": np.ones(2)}
    decoder: Parameters = {"b": np.zeros(3)}
    both = prefixed("encoder", encoder) | prefixed("decoder", decoder)
    assert both.keys() == {"encoder.head.W", "encoder.b", "decoder.b"}
    assert select("encoder", both) == encoder
    assert select("decoder", both) == decoder
    assert select("enc", both) == {}


@pytest.mark.parametrize("column_panels", [False, True])
@pytest.mark.parametrize("embedding", [0, 24])
def test_the_second_window_allocates_less_than_one_array_of_activations(embedding: int, column_panels: bool) -> None:
    T, B, H, V = 40, 16, 64, 30
    network = Network.from_config(NetworkConfig(V, H, 2, embedding, dropout=0.3))
    rng, workspace = np.random.default_rng(0), Workspace(column_panels=column_panels)
    parameters, state = network.initialize(rng), network.initial_state(B)
    ids, masks = rng.integers(V, size=(T + 1, B)), network.dropout_masks(B, rng)

    def run_window() -> None:
        network.loss_and_gradients(
            parameters, ids[:-1], ids[1:], state, dropout_masks=masks, n_targets=T * B, workspace=workspace
        )

    run_window()
    tracemalloc.start()
    try:
        for _ in range(2):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            run_window()
            after, peak = tracemalloc.get_traced_memory()
            assert peak - before < T * B * H * 4 / 2
            assert after - before < 2000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("body", ["stack", "two_sided"])
@pytest.mark.parametrize("embedding", [0, 4])
def test_a_used_workspace_gives_the_same_bits_as_a_new_one(embedding: int, body: str) -> None:
    B, V = 3, 30
    network = Network.from_config(NetworkConfig(V, 5, 3, embedding, 0.4, body=body))
    rng, used = np.random.default_rng(0), Workspace(np.float64)
    parameters, masks = network.initialize(rng, np.float64), network.dropout_masks(B, rng, np.float64)
    state: Array = rng.normal(size=network.initial_state(B).shape)
    for T in (6, 4, 6):
        ids = rng.integers(V, size=(T + 1, B))
        again, new = (
            network.loss_and_gradients(parameters, ids[:-1], ids[1:], state, dropout_masks=masks, workspace=workspace)
            for workspace in (used, Workspace(np.float64))
        )
        assert again.loss == new.loss
        for name, gradient in new.gradients.parameters.items():
            np.testing.assert_array_equal(again.gradients.parameters[name], gradient)
        np.testing.assert_array_equal(again.gradients.state, new.gradients.state)
        state = new.state
