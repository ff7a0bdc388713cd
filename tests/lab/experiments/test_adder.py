"""The binary adder: the tutorial's figures to six digits, and a better setup that adds longer numbers."""

from collections.abc import Callable

import numpy as np
import pytest

from charrnn.lab.experiments import adder
from charrnn.lab.protocol import CLAIMS, Finding


def test_tutorial_setup_reproduces_its_loss_and_adds_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adder, "RUNS", 3)
    losses, accuracies, _ = adder.train_as_tutorial(0, 20_000)
    assert f"{losses[0]:.6f}" == "0.180526"
    assert losses.max() < 0.20
    assert (accuracies == 1.0).all()


@pytest.mark.parametrize("seed", range(3))
def test_better_setup_learns_from_a_tenth_and_adds_longer_numbers(seed: int) -> None:
    network, parameters = adder.train_better(seed, 500)
    for bits in (8, 64):
        assert adder.sum_accuracy(network, parameters, bits, np.random.default_rng(seed)) == 1.0


def test_random_sums_add_up() -> None:
    x, y = adder.random_sums(np.random.default_rng(0), 50, 12)
    weights = 1 << np.arange(12)
    np.testing.assert_array_equal(np.einsum("tbk,t->b", x, weights), np.einsum("tbk,t->b", y, weights))


def test_bits_begin_with_the_lowest() -> None:
    np.testing.assert_array_equal(adder.to_bits(np.array([5, 127]), 8).T, [[1, 0, 1, 0, 0, 0, 0, 0], [1] * 7 + [0]])


def test_slow_machine_fails_no_claim(
    run_experiment: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([0.0, 1000.0])
    monkeypatch.setattr(adder, "perf_counter", lambda: next(seconds))
    [time] = [row for row in run_experiment("adder", 5) if "time" in str(row.figures.get("claim"))]
    assert (time.table, time.figures["reached"], time.passed) == (CLAIMS, "111.11 s", True)
