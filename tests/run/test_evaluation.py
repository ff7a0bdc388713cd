"""The figures of an evaluation follow from the total surprise, and infinity stands for what a float cannot hold."""

import math

import pytest

from charrnn.run.evaluation import Evaluation


def test_a_uniform_model_has_the_perplexity_of_its_vocabulary() -> None:
    evaluation = Evaluation.from_nats(100 * math.log(64), tokens=100, characters=50, unknown=3)
    assert evaluation.perplexity_per_token == pytest.approx(64)
    assert evaluation.bits_per_character == pytest.approx(12)
    assert evaluation.nats_per_character == pytest.approx(2 * evaluation.nats_per_token)
    assert (evaluation.tokens, evaluation.characters, evaluation.unknown) == (100, 50, 3)


@pytest.mark.parametrize(("nats", "perplexity"), [(0.0, 1.0), (699.0, math.exp(699.0)), (1e6, math.inf)])
def test_a_perplexity_beyond_floats_is_infinite(nats: float, perplexity: float) -> None:
    assert Evaluation.from_nats(nats, tokens=1, characters=1, unknown=0).perplexity_per_character == perplexity
