"""Predictors: one step after the other gives the scores of a whole window, and states are values."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.language.model import LanguageModel
from charrnn.language.predictor import RnnPredictor, advance_each
from charrnn.network.arrays import Parameters
from charrnn.network.cells import CELLS
from charrnn.network.network import Network

V, BOS = 7, 3
F64 = np.float64


def random_weights(network: Network) -> Parameters:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in network.shapes().items()}


@pytest.mark.parametrize("embedding", [0, 4])
@pytest.mark.parametrize("cell", CELLS)
def test_steps_alone_or_together_give_the_scores_of_the_window(cell: str, embedding: int) -> None:
    network = Network.from_config(NetworkConfig(V, 5, 2, embedding, cell=cell))
    parameters = random_weights(network)
    ids = np.random.default_rng(4).integers(V, size=12)
    scores, last, _ = network.forward(parameters, ids[:, None])
    predictor = RnnPredictor(network, parameters)
    state = predictor.start()
    for token, expected in zip(ids.tolist(), scores[:, 0], strict=True):
        previous = state
        logits, state = predictor.advance([token], previous)
        np.testing.assert_allclose(logits, expected, atol=1e-12)
        together = advance_each(predictor, [token, 0, token], [previous, previous, previous])
        for logits, new_state in (together[0], together[2]):
            np.testing.assert_allclose(logits, expected, atol=1e-12)
            np.testing.assert_allclose(new_state, state, atol=1e-12)
    np.testing.assert_allclose(state, last, atol=1e-12)
    logits, _ = predictor.advance(ids, predictor.start())
    np.testing.assert_allclose(logits, scores[-1, 0], atol=1e-12)


def test_a_document_start_resets_the_state() -> None:
    network = Network.from_config(NetworkConfig(V, 5, 2, 4, bos_id=BOS))
    parameters, ids = random_weights(network), [1, 2, BOS, 4, 5, BOS, 0]
    expected, _, _ = network.forward(parameters, np.array(ids)[:, None])
    predictor = RnnPredictor(network, parameters)
    state = predictor.start()
    for token, next_token, scores in zip(ids, [*ids[1:], 1], expected[:, 0], strict=True):
        logits, new_state = predictor.advance([token], state)
        [(_, other_state), _] = advance_each(predictor, [token, token], [state, state])
        np.testing.assert_allclose(other_state, new_state, atol=1e-12)
        if next_token != BOS:  # the scores before a document start are not used
            np.testing.assert_allclose(logits, scores, atol=1e-12)
        state = new_state


def test_the_predictor_of_a_run_gives_the_logits_of_its_network(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    ids = model.tokenizer.encode("the lamp at the end of the quay")
    expected, _, _ = model.network.forward(model.parameters, ids[:, None])
    predictor = model.predictor()
    state = predictor.start()
    for token, logits in zip(ids.tolist(), expected[:, 0], strict=True):
        predicted, state = predictor.advance([token], state)
        np.testing.assert_allclose(predicted, logits, rtol=1e-3, atol=1e-4)


def test_states_and_logits_do_not_change_after_they_are_returned() -> None:
    network = Network.from_config(NetworkConfig(9, 5, 2, 4, cell="lstm"))
    predictor = RnnPredictor(network, random_weights(network))
    logits, state = predictor.advance([3, 4], predictor.start())
    state_copy, logits_copy = state.copy(), logits.copy()
    first, _ = predictor.advance([5], state)
    predictor.advance([6, 7, 8], state)
    predictor.advance_each([1, 2], [state, state])
    again, _ = predictor.advance([5], state)
    np.testing.assert_array_equal(state, state_copy)
    np.testing.assert_array_equal(logits, logits_copy)
    np.testing.assert_array_equal(first, again)


def test_a_predictor_without_batches_advances_one_state_after_the_other() -> None:
    class Counter:
        """A predictor whose state is the sum of all tokens."""

        def start(self) -> int:
            return 0

        def advance(self, ids: list[int], state: int) -> tuple[np.ndarray, int]:
            return np.array([float(state)]), state + sum(ids)

    results = advance_each(Counter(), [1, 2], [10, 20])  # type: ignore[arg-type]
    assert [(logits.tolist(), state) for logits, state in results] == [([10.0], 11), ([20.0], 22)]
