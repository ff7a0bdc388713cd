"""The lab's experiments of numbers: they come out as the references say, and would notice if they did not."""

from collections.abc import Iterator

import numpy as np
import pytest

from charrnn.lab.experiments import (
    adder,
    adding,
    clipping,
    counting,
    echo,
    forward,
    gradcheck,
    gradients,
    recall,
    reverse,
    sentiment,
    softmax,
)
from charrnn.lab.protocol import (
    CLAIMS,
    EXPERIMENTS,
    Finding,
)
from charrnn.lab.training import always, learn
from charrnn.network import RecurrentLayers, SequenceNetwork
from charrnn.parallel.blas import single_threaded


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with single_threaded():
        yield


def findings_of(name: str, steps: int | None = None, seed: int = 0) -> list[Finding]:
    experiment = EXPERIMENTS[name]
    found = experiment.load().run(seed, steps or experiment.steps)
    return [each for each in found if isinstance(each, Finding)]


@pytest.mark.parametrize("name", ["forward", "softmax", "clipping", "gradients", "hello", "cloze"])
def test_every_finding_is_as_it_should_be(name: str) -> None:
    findings = findings_of(name)
    assert findings
    assert all(finding.passed for finding in findings)


def test_the_worked_example_would_notice_a_wrong_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "WH", forward.WH.T)
    assert [finding.passed for finding in forward.run(0, 0)][:2] == [True, False]


def test_both_ways_of_writing_the_recurrence_are_told_from_a_mistake() -> None:
    forms = {
        str(finding.figures["form"]): finding.figures["differs_by"]
        for finding in forward.run(0, 0)
        if finding.table == "forms"
    }
    assert sorted(forms.values()) == [pytest.approx(0.0, abs=1e-15), pytest.approx(0.0125, abs=1e-3)]


def test_softmax_would_notice_a_wrong_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax, "COSTS", (3.0, *softmax.COSTS[1:]))
    labels = [finding.passed for finding in softmax.run(0, 0) if finding.table == "labels"]
    assert labels == [False, True, True, True]


def test_clipping_tells_the_two_ways_apart() -> None:
    found = {finding.figures["by"]: finding.figures["cosine"] for finding in list(clipping.run(0, 0))[:2]}
    assert found["norm"] == pytest.approx(1.0)
    assert found["value"] == pytest.approx(7 / (5 * 2**0.5))


def test_the_error_of_a_linear_recurrence_is_the_power_of_its_radius() -> None:
    norms = gradients.norms_back("identity", "orthogonal", 0.9, np.random.default_rng(1))
    assert norms[50] == pytest.approx(0.005153775, rel=1e-6)
    assert gradients.norms_back("identity", "orthogonal", 1.1, np.random.default_rng(1))[50] == pytest.approx(
        117.3908529, rel=1e-9
    )


def test_a_logistic_recurrence_forgets_soonest_and_an_lstm_last() -> None:
    left = {
        cell: gradients.norms_back(cell, "orthogonal", 1.0, np.random.default_rng(0))[50]
        for cell in ("sigmoid", "tanh", "lstm")
    }
    assert left["sigmoid"] < 1e-25
    assert left["sigmoid"] < left["tanh"] < left["lstm"]


SHORT = {"sine": 1000, "memory": 1000, "echo": 1000, "names": 1600, "sentiment": 200}


@pytest.mark.parametrize("name", SHORT)
def test_an_experiment_reaches_its_figures_in_a_shorter_training(name: str) -> None:
    wrong = [finding for finding in findings_of(name, SHORT[name]) if not finding.passed]
    assert wrong == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_says_what_was_claimed_and_what_was_reached(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a training that is too short to pass, so that what the claims say is not written in advance."""
    monkeypatch.setattr(gradcheck, "GROUPS", gradcheck.GROUPS[:1])
    monkeypatch.setattr(gradcheck, "SEQUENCES", gradcheck.SEQUENCES[:1])
    monkeypatch.setattr(adding, "LENGTHS", (20,))
    claims = [finding for finding in findings_of(name, 5) if finding.table == CLAIMS]
    assert claims
    assert all(list(finding.figures) == ["claim", "reference", "reached"] for finding in claims)
    if EXPERIMENTS[name].steps:
        assert not all(finding.passed for finding in claims)


def test_the_adder_is_the_tutorials_to_six_digits_and_counts_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeds 0 to 2: the mean of the last 2,000 losses below 0.20, all 16,384 sums; 0.180526 for seed 0."""
    monkeypatch.setattr(adder, "RUNS", 3)
    last, exact, _ = adder.as_printed(0, 20_000)
    assert f"{last[0]:.6f}" == "0.180526"
    assert last.max() < 0.20
    assert (exact == 1.0).all()


def test_the_better_adder_needs_a_tenth_of_the_examples_and_adds_longer_numbers() -> None:
    for seed in range(3):
        network, parameters = adder.improved(seed, 500)
        for bits in (8, 64):
            assert adder.share_right(network, parameters, bits, np.random.default_rng(seed)) == 1.0


def test_sums_are_sums() -> None:
    x, y = adder.sums(np.random.default_rng(0), 50, 12)
    weights = 1 << np.arange(12)
    np.testing.assert_array_equal(np.einsum("tbk,t->b", x, weights), np.einsum("tbk,t->b", y, weights))
    np.testing.assert_array_equal(adder.to_bits(np.array([5, 127]), 8)[:, 1], [1] * 7 + [0])


@pytest.mark.parametrize(("cell", "reached"), [("lstm", True), ("gru", True), ("tanh", True)])
def test_a_subject_is_remembered_over_nine_tokens(cell: str, reached: bool) -> None:
    assert (recall.remembered(cell, "orthogonal", 9, 1500, 0) is not None) is reached


def test_the_ngram_recalls_only_what_is_within_its_context() -> None:
    assert recall.counted(10, gap=9) == pytest.approx(0.25, abs=0.01)
    assert recall.counted(11, gap=9) > 0.99


@pytest.mark.parametrize(
    ("cell", "start", "rate", "factor", "solves"),
    [
        ("gru", "orthogonal", 0.01, 1.0, True),
        ("relu", "identity", 0.001, 0.1, True),
        ("tanh", "orthogonal", 0.002, 1.0, False),
    ],
)
def test_the_adding_problem_is_solved_by_some_and_not_by_tanh(
    cell: str, start: str, rate: float, factor: float, solves: bool
) -> None:
    _, error = adding.learned(cell, start, rate, factor, 100, 1500, np.random.default_rng(0))
    assert (error < 0.2 / 6) is solves
    assert (error > 0.5 / 6) is not solves


def test_who_says_one_has_the_baselines_error() -> None:
    _, targets = adding.sums(50, 20_000)(0, np.random.default_rng(0))
    assert np.square(1.0 - targets[-1]).mean() == pytest.approx(adding.BASELINE, abs=0.005)
    assert np.isnan(targets[:-1]).all()


def test_a_to_the_n_b_to_the_n_is_counted() -> None:
    network, parameters = counting.counted("relu", 2000, np.random.default_rng([0, 0]))
    assert counting.right_up_to(network, parameters) >= 10
    x, following = counting.words(np.array([2, 1]))
    np.testing.assert_array_equal(following, [[1, 1], [1, 2], [2, 0], [2, -1], [0, -1]])
    assert np.isnan(x[3:, 1]).all()
    assert np.isfinite(x[:3, 1]).all()


def test_brackets_are_closed_as_often_as_they_were_opened() -> None:
    x, closed = counting.brackets_of(40, 5, np.random.default_rng(0))
    depth = (x[..., 0] - x[..., 1]).cumsum(axis=0)
    assert depth.min() == 0
    np.testing.assert_array_equal(closed[..., 0], depth == 0)


def test_strings_are_reversed_by_an_encoder_and_a_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reverse, "H", 48)
    monkeypatch.setattr(reverse, "TRAINED", 4)
    monkeypatch.setattr(reverse, "ASKED", (1, 2, 4))
    rows = [row for row in findings_of("reverse", 900) if row.table.startswith("strings")]
    assert [row.figures["letters"] for row in rows] == [1, 2, 4] * 2
    assert min(float(row.figures["right"]) for row in rows[:3]) > 0.9


def test_a_source_is_padded_in_front_and_a_target_behind() -> None:
    x, targets = reverse.pairs(["abc", "z"])
    np.testing.assert_array_equal(targets.T, [[2, 1, 0, 26], [25, 26, -1, -1]])
    assert np.isnan(x[:3, 1, 0]).all()
    assert x[3, 1, 0, 25] == 1.0
    assert np.isnan(x[2:, 1, 1]).all()


def test_a_stream_of_bits_goes_on_from_window_to_window() -> None:
    draw, rng = echo.stream(3, 5), np.random.default_rng(0)
    windows = [draw(number, rng) for number in range(3)]
    bits = np.concatenate([x.argmax(axis=-1) for x, _ in windows])
    following = np.concatenate([targets for _, targets in windows])
    np.testing.assert_array_equal(following[3:], bits[:-3])
    assert (following[:3] == -1).all()


def test_the_opinions_are_pairs_and_a_bag_cannot_tell_the_ordered_ones() -> None:
    learned, asked = sentiment.ordered(np.random.default_rng(0))
    assert asked[1].mean() == 0.5
    bags = [tuple(sorted(text)) for text in asked[0]]
    assert all(one == other for one, other in zip(bags[::2], bags[1::2], strict=True))
    assert not set(map(tuple, asked[0])) & set(map(tuple, learned[0]))
    learned, asked = sentiment.opinions(0, 0)
    assert len(learned[0]) + len(asked[0]) == 218
    assert not set(map(tuple, asked[0])) & set(map(tuple, learned[0]))


def test_masked_weights_never_change_and_the_state_is_carried_where_it_is_told() -> None:
    network = SequenceNetwork(RecurrentLayers(1, 3), 1, "linear")
    rng = np.random.default_rng(0)
    parameters = network.initialize(rng)
    before = {name: w.copy() for name, w in parameters.items()}
    x = np.ones((2, 4, 1), np.float32)
    mask = {"layers.0.Wh": np.eye(3, dtype=np.float32)}
    list(learn(network, parameters, always(x, x), steps=3, rate=0.1, rng=rng, connected=mask))
    moved = parameters["layers.0.Wh"] != before["layers.0.Wh"]
    np.testing.assert_array_equal(moved, np.eye(3, dtype=bool))
    losses = {}
    for carried in (False, True):
        copies = {name: w.copy() for name, w in before.items()}
        losses[carried] = list(learn(network, copies, always(x, x), steps=2, rate=0.0, rng=rng, carried=carried))
    assert losses[False][0] == losses[False][1] == losses[True][0]
    assert losses[True][1] != losses[True][0]
