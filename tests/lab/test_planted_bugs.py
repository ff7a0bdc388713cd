"""Planted bugs: correct language models pass `check_network`, and every planted bug fails it."""

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.lab.experiments.gradcheck import check_network
from charrnn.lab.planted_bugs import PLANTED_BUGS
from charrnn.network.network import Network


@pytest.mark.parametrize(("T", "dropout"), [(1, 0.4), (2, 0.0), (5, 0.0), (5, 0.4)])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("embedding", [0, 4])
def test_every_gradient_of_a_language_model_passes(embedding: int, layers: int, T: int, dropout: float) -> None:
    network = Network.from_config(NetworkConfig(7, 5, layers, embedding, dropout))
    check = check_network(network, T, np.random.default_rng(T))
    assert {array.name: array.entries for array in check.arrays} == {
        **{name: int(np.prod(shape)) for name, shape in network.shapes().items()},
        "state": layers * 3 * 5,
    }
    assert check.passed, check.suspects
    assert check.overall.relative_error < 1e-8
    assert check.overall.failed_entries == 0


@pytest.mark.parametrize(("V", "H", "panels"), [(7, 32, True), (300, 5, False), (300, 32, True)])
@pytest.mark.parametrize("T", [1, 5])
@pytest.mark.parametrize("embedding", [0, 4])
def test_every_gradient_passes_with_column_panels_and_with_more_tokens_than_places(
    embedding: int, T: int, V: int, H: int, panels: bool
) -> None:
    network = Network.from_config(NetworkConfig(V, H, 2, embedding, dropout=0.4))
    check = check_network(network, T, np.random.default_rng(T), panels=panels, entries=30)
    assert check.passed, check.suspects


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bug", PLANTED_BUGS)
def test_a_planted_bug_fails_the_check(bug: str, seed: int) -> None:
    config = NetworkConfig(7, 5, 2, dropout=0.4)
    check = check_network(PLANTED_BUGS[bug](config), 5, np.random.default_rng(seed))
    assert not check.passed
    assert check.overall.relative_error > 6e-3


@pytest.mark.parametrize("seed", range(3))
def test_the_network_without_a_planted_bug_passes_the_check(seed: int) -> None:
    network = Network.from_config(NetworkConfig(7, 5, 2, dropout=0.4))
    assert check_network(network, 5, np.random.default_rng(seed)).passed


@pytest.mark.parametrize(
    ("bug", "suspects"),
    [
        ("dWh paired with the wrong step", {"layers.0.Wh", "layers.1.Wh"}),
        ("the carried state's gradient dropped below the top layer", {"state"}),
    ],
)
def test_the_suspects_are_the_arrays_of_the_bug(bug: str, suspects: set[str]) -> None:
    network = PLANTED_BUGS[bug](NetworkConfig(7, 5, 2))
    assert set(check_network(network, 5, np.random.default_rng(0)).suspects) == suspects


def test_one_step_from_a_zero_state_hides_three_bugs() -> None:
    config = NetworkConfig(7, 5, 2, dropout=0.4)
    hidden = {
        bug
        for bug, make in PLANTED_BUGS.items()
        if check_network(make(config), 1, np.random.default_rng(0), careless=True).passed
    }
    assert hidden == {
        "Wh not transposed",
        "dh overwritten, not accumulated",
        "the carried state's gradient dropped below the top layer",
    }
