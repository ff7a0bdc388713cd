"""Sampling: what is kept, what is drawn, and what is fed to the predictor."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import UsageError
from charrnn.language.model import LanguageModel
from charrnn.language.predictor import RnnPredictor
from charrnn.language.sampling import Sampling, sample_tokens
from charrnn.network import Array, Ids, Workspace, softmax
from charrnn.text.tokenizers import initial_id

logit_lists = st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=30)


def array(logits: list[float]) -> Array:
    return np.array(logits, np.float32)


@given(logit_lists)
def test_at_temperature_one_the_distribution_is_the_softmax(logits: list[float]) -> None:
    np.testing.assert_allclose(Sampling().probabilities(array(logits)), softmax(array(logits)), rtol=1e-4, atol=1e-7)


def test_temperature_divides_the_logits() -> None:
    halved, doubled = (Sampling(t).probabilities(array([1, 2, 3, 4])) for t in (0.5, 2.0))
    np.testing.assert_allclose(halved, [0.0021440088, 0.0158422012, 0.1170589132, 0.8649548768], rtol=1e-6)
    np.testing.assert_allclose(doubled, [0.1015363241, 0.1674050973, 0.2760043447, 0.4550542339], rtol=1e-6)


@given(logit_lists)
def test_temperature_zero_always_takes_the_likeliest(logits: list[float]) -> None:
    assert Sampling(0.0).choose(array(logits), np.random.default_rng(0)) == int(np.argmax(array(logits)))


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=30, unique=True), st.integers(1, 30))
def test_top_k_keeps_the_k_likeliest_in_proportion(logits: list[int], k: int) -> None:
    p = Sampling(top_k=k).probabilities(array([each / 5 for each in logits]))
    full = softmax(array([each / 5 for each in logits]))
    kept = p > 0
    assert kept.sum() == min(k, len(logits))
    assert full[kept].min() > full[~kept].max(initial=0.0)
    np.testing.assert_allclose(p[kept], full[kept] / full[kept].sum(), rtol=1e-4)


@given(logit_lists, st.floats(0.01, 1.0))
def test_top_p_keeps_the_fewest_likeliest_that_hold_the_share(logits: list[float], share: float) -> None:
    full = Sampling().probabilities(array(logits))
    kept = Sampling(top_p=share).probabilities(array(logits)) > 0
    assert full[kept].sum() >= share - 1e-9
    assert full[kept].sum() - full[kept].min() < share + 1e-9
    assert full[kept].min() >= full[~kept].max(initial=0.0)


def test_draws_come_as_often_as_their_probabilities_say() -> None:
    logits, rng, n = array([0.0, 1.0, 2.0, 0.5]), np.random.default_rng(1), 20_000
    counts = np.bincount([Sampling(0.8).choose(logits, rng) for _ in range(n)], minlength=4)
    expected = Sampling(0.8).probabilities(logits) * n
    assert ((counts - expected) ** 2 / expected).sum() < 20.0


@pytest.mark.parametrize(
    "settings",
    [{"temperature": -1.0}, {"temperature": float("nan")}, {"temperature": 1e-9}, {"top_k": -1}, {"top_p": 0.0}],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Sampling(**settings)  # type: ignore[arg-type]


class Recorder:
    """A predictor that likes token 1 best and writes down all that it reads."""

    def __init__(self) -> None:
        self.read: list[list[int]] = []

    def start(self) -> Array:
        return np.zeros(1, np.float32)

    def advance(self, ids: Sequence[int] | Ids, state: Array) -> tuple[Array, Array]:
        self.read.append([int(token) for token in ids])
        return np.array([9.0, 5.0, 1.0], np.float32), state


def test_the_prompt_is_read_once_each_choice_once_and_the_unknown_token_is_never_chosen() -> None:
    recorder = Recorder()
    tokens = sample_tokens(recorder, np.array([2, 0]), Sampling(0.0), np.random.default_rng(0), never=[0])
    assert list(itertools.islice(tokens, 3)) == [1, 1, 1]
    assert recorder.read == [[2, 0], [1], [1]]


def test_a_predictor_steps_to_the_logits_of_the_whole_window(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    ids = model.tokenizer.encode("the lamp at the end of the quay")
    whole, _, _ = model.network.forward(
        model.parameters, ids[:, None], model.network.start(1), None, Workspace(np.float32)
    )
    predictor = model.predictor()
    state = predictor.start()
    for t, token in enumerate(ids):
        logits, state = predictor.advance([int(token)], state)
        np.testing.assert_allclose(logits, whole[t, 0], rtol=1e-3, atol=1e-4)
    at_once, _ = predictor.advance(ids, predictor.start())
    np.testing.assert_allclose(at_once, whole[-1, 0], rtol=1e-3, atol=1e-4)


def test_states_are_values_that_one_can_go_back_to(tiny_run: Path) -> None:
    predictor: RnnPredictor = LanguageModel.load(tiny_run).predictor()
    logits, state = predictor.advance([3, 4], predictor.start())
    kept, kept_logits = state.copy(), logits.copy()
    first, _ = predictor.advance([5], state)
    predictor.advance([6, 7, 8], state)
    again, _ = predictor.advance([5], state)
    np.testing.assert_array_equal(state, kept)
    np.testing.assert_array_equal(logits, kept_logits)
    np.testing.assert_array_equal(first, again)


def test_a_sample_is_a_matter_of_its_seed_and_has_its_length(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    first, second, other = (model.sample("the ", length=80, seed=seed) for seed in (1, 1, 2))
    assert first == second != other
    assert len(first) == 80
    assert "�" not in model.sample(length=500, temperature=5.0, seed=0)


def test_the_next_token_of_a_learned_text_is_known(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    p = model.next("the old lamp at the end of the qua")
    assert p.sum() == pytest.approx(1.0, abs=1e-5)
    assert model.tokenizer.decode([int(p.argmax())]) == "y"
    assert model.sample("who had never o", length=3, temperature=0.0) == "nce"


def test_a_text_is_read_after_a_line_break(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    assert model.tokenizer.decode([initial_id(model.tokenizer)]) == "\n"
