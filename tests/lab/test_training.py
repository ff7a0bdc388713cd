"""Training for the laboratory: weight masks, the carried state, and the order of batches."""

import itertools

import numpy as np
import pytest

from charrnn.lab.networks import sequence_network
from charrnn.lab.training import cosine_decay, endless, train, train_from_scratch
from charrnn.network import Network, Parameters


@pytest.fixture
def network() -> Network:
    return sequence_network(1, 1, 3, head="linear")


@pytest.fixture
def parameters(network: Network) -> Parameters:
    return network.initialize(np.random.default_rng(0))


ONES = np.ones((2, 4, 1), np.float32)


def test_masked_weights_never_change(network: Network, parameters: Parameters) -> None:
    initial = parameters["layers.0.Wh"].copy()
    masks: Parameters = {"layers.0.Wh": np.eye(3, dtype=np.float32)}
    list(train(network, parameters, itertools.repeat((ONES, ONES)), steps=3, rate=0.1, weight_masks=masks))
    np.testing.assert_array_equal(parameters["layers.0.Wh"] != initial, np.eye(3, dtype=bool))


def test_state_is_carried_only_on_request(network: Network, parameters: Parameters) -> None:
    losses = {
        carry_state: list(train(network, parameters, [(ONES, ONES)] * 2, steps=2, rate=0.0, carry_state=carry_state))
        for carry_state in (False, True)
    }
    assert losses[False][0] == losses[False][1] == losses[True][0]
    assert losses[True][1] != losses[True][0]


def test_each_update_takes_the_next_batch(network: Network, parameters: Parameters) -> None:
    batches = [(ONES, factor * ONES) for factor in (1.0, 2.0, 3.0)]
    losses = list(train(network, parameters, batches, steps=3, rate=0.0))
    separate = [next(train(network, parameters, [batch], steps=1, rate=0.0)) for batch in batches]
    assert losses == separate
    assert len(set(losses)) == 3


def test_new_parameters_are_drawn_before_the_first_batch(network: Network) -> None:
    rng, twin = np.random.default_rng(1), np.random.default_rng(1)
    drawn: list[float] = []

    def draw() -> tuple[np.ndarray, np.ndarray]:
        drawn.append(float(rng.random()))
        return ONES, ONES

    train_from_scratch(network, endless(draw), steps=2, rate=0.0, rng=rng)
    network.initialize(twin)
    assert drawn == [float(twin.random()), float(twin.random())]


def test_cosine_decay_falls_from_the_rate_to_zero() -> None:
    schedule = cosine_decay(0.2)
    assert [schedule(progress) for progress in (0.0, 0.5, 1.0)] == pytest.approx([0.2, 0.1, 0.0])
