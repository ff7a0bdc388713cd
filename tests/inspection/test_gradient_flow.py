"""Gradient flow over a text."""

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.inspection.gradient_flow import steps_back, text_gradient_flow
from charrnn.network import Network
from charrnn.network.gradient_flow import gradient_flow
from charrnn.text.encoded import EncodedText


def test_the_flow_over_a_text_predicts_each_token_from_those_before_it() -> None:
    network = Network.from_config(NetworkConfig(7, 5, layers=2))
    p = network.initialize(np.random.default_rng(0), np.float64)
    ids = np.random.default_rng(1).integers(7, size=300)
    short = gradient_flow(
        network,
        p,
        np.array([4, *ids[:9]])[:, None],
        ids[:10, None],
        network.initial_state(1, np.float64),
    )
    np.testing.assert_allclose(
        text_gradient_flow(network, p, EncodedText(ids[:10], 4, len(ids), 0)).norms, short.norms
    )
    assert steps_back(text_gradient_flow(network, p, EncodedText(ids[:10], 4, len(ids), 0))) == [0, 1, 2, 4, 8]
    assert steps_back(text_gradient_flow(network, p, EncodedText(ids[:1], 4, len(ids), 0))) == [0]
    assert steps_back(text_gradient_flow(network, p, EncodedText(ids, 4, len(ids), 0))) == [
        0,
        1,
        2,
        4,
        8,
        16,
        32,
        64,
        128,
    ]
    side_by_side = np.array([4, *ids[:257]]).reshape(2, 129).T
    expected = gradient_flow(
        network,
        p,
        side_by_side,
        ids[:258].reshape(2, 129).T,
        network.initial_state(2, np.float64),
    )
    np.testing.assert_allclose(text_gradient_flow(network, p, EncodedText(ids, 4, len(ids), 0)).norms, expected.norms)
