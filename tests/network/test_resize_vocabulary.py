"""A larger vocabulary: old tokens keep their weights and, nearly, their probabilities."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.config import NetworkConfig
from charrnn.language.model import LanguageModel
from charrnn.network import Network
from charrnn.network.resize_vocabulary import resize_vocabulary
from charrnn.text.tokenizers.resize_vocabulary import extend_tokenizer, old_ids


@pytest.mark.parametrize("body", ["stack", "two_sided"])
@pytest.mark.parametrize("embedding", [0, 6])
def test_old_tokens_keep_their_weights_under_new_ids(embedding: int, body: str) -> None:
    old = Network.from_config(NetworkConfig(5, 8, 2, embedding, body=body))
    new = Network.from_config(NetworkConfig(8, 8, 2, embedding, body=body))
    parameters = old.initialize(np.random.default_rng(0), np.float64)
    resized = resize_vocabulary(parameters, np.array([2, -1, 0, 1, -1, 4, 3, -1]))
    assert {name: array.shape for name, array in resized.items()} == new.shapes()
    for name, axis in (("head.W", 1), ("head.b", 0)):
        np.testing.assert_array_equal(resized[name].take([2, 3, 0, 6, 5], axis), parameters[name])
    assert all(array.flags.c_contiguous for array in resized.values())


def test_new_tokens_take_little_probability(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    tokenizer = extend_tokenizer(model.tokenizer, lambda: ["ÄÖÜ abc"], 0, 1)
    assert tokenizer.vocabulary_size > model.tokenizer.vocabulary_size
    resized = resize_vocabulary(model.parameters, old_ids(model.tokenizer, tokenizer))
    network = Network.from_config(NetworkConfig(tokenizer.vocabulary_size, 24, 2, 24))
    text = "the old lamp at the end of the quay was lit by ottoline"
    log_p = model.log_probabilities(text)
    new_log_p = LanguageModel(model.config, network, resized, tokenizer).log_probabilities(text)
    np.testing.assert_allclose(new_log_p, log_p, atol=0.05)
    assert (new_log_p <= log_p + 1e-6).all()


def test_weights_of_the_largest_size_are_resized_without_a_warning() -> None:
    old = Network.from_config(NetworkConfig(5, 8, 2, 4))
    largest = {name: np.full(shape, np.finfo(np.float32).max) for name, shape in old.shapes().items()}
    resized = resize_vocabulary(largest, np.array([0, 1, 2, 3, 4, -1]))
    np.testing.assert_array_equal(resized["head.W"][:, :5], largest["head.W"])
