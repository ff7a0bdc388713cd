"""Windows: which tokens they contain, and when the state is reset."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.text.batches import Windows, fit_to_text, rare_tokens

RNG = np.random.default_rng(0)


def test_targets_are_the_inputs_shifted_by_one_token() -> None:
    windows = Windows(np.arange(1000), T=7, B=3)
    for number in range(2 * windows.per_epoch):
        inputs, targets = windows.window(number, RNG)
        np.testing.assert_array_equal(targets, (inputs + 1) % 1000)


def test_each_stream_continues_where_its_previous_window_ended() -> None:
    windows = Windows(np.arange(1000), T=7, B=3)
    for number in range(1, windows.per_epoch):
        (_, previous_targets), (inputs, _) = windows.window(number - 1, RNG), windows.window(number, RNG)
        np.testing.assert_array_equal(inputs[0], previous_targets[-1])


@given(st.integers(2, 400), st.integers(1, 40), st.integers(1, 12))
def test_an_epoch_reads_no_token_twice_and_leaves_out_less_than_a_window_per_stream(N: int, T: int, B: int) -> None:
    T, B = fit_to_text(N, T, B)
    windows = Windows(np.arange(N), T, B, seed=3)
    for epoch in (0, 1):
        numbers = range(epoch * windows.per_epoch, (epoch + 1) * windows.per_epoch)
        inputs = np.concatenate([windows.window(number, RNG)[0].ravel() for number in numbers])
        assert len(inputs) == len(set(inputs.tolist()))
        assert N - len(inputs) < T * B + N % B + 1


def test_epochs_start_at_different_tokens_and_the_first_epoch_at_the_first_token() -> None:
    windows = Windows(np.arange(1000), T=10, B=4)
    first_tokens = [int(windows.window(epoch * windows.per_epoch, RNG)[0][0, 0]) for epoch in range(5)]
    assert first_tokens[0] == 0
    assert len(set(first_tokens)) == 5
    assert [windows.starts_epoch(number) for number in (0, 1, windows.per_epoch)] == [True, False, True]


def test_a_window_depends_on_its_number_alone() -> None:
    fresh, used = (Windows(np.arange(500), T=8, B=2, seed=9) for _ in range(2))
    used.window(3, RNG)
    np.testing.assert_array_equal(fresh.window(77, RNG)[0], used.window(77, RNG)[0])


@pytest.mark.parametrize(
    ("N", "expected"), [(2, (1, 1)), (3, (2, 1)), (65, (64, 1)), (129, (64, 2)), (10_000, (64, 32))]
)
def test_window_and_batch_shrink_to_a_short_text(N: int, expected: tuple[int, int]) -> None:
    assert fit_to_text(N, 64, 32) == expected


def test_about_half_of_the_rare_tokens_become_unknown_and_no_others() -> None:
    ids = RNG.choice(4, 20_000, p=[0.0, 0.5, 0.4999, 0.0001])
    ids[:1000:10] = 3
    rare = np.array([False, False, False, True])
    windows = Windows(ids, T=50, B=4, unk_id=0, rare=rare)
    replaced = kept = 0
    for number in range(windows.per_epoch):
        original = Windows(ids, T=50, B=4).window(number, RNG)[0]
        inputs = windows.window(number, RNG)[0]
        changed = inputs != original
        assert (inputs[changed] == 0).all()
        assert (original[changed] == 3).all()
        replaced, kept = replaced + changed.sum(), kept + (inputs == 3).sum()
    assert 0.3 < replaced / (replaced + kept) < 0.7


def test_rare_tokens_occur_and_a_small_alphabet_has_none() -> None:
    assert rare_tokens(np.array([0, 500, 20_000, 1, 1])).tolist() == [False, False, False, True, True]
    assert rare_tokens(np.array([0, 50, 1])).tolist() == [False, False, True]
    assert not rare_tokens(np.array([0, 15_000, 15_000, 15_000, 14_000])).any()


def test_ids_may_be_mapped_from_a_file(tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "ids", np.uint8, "w+", shape=(300,))
    mapped[:] = np.arange(300) % 250
    inputs, _ = Windows(mapped, T=5, B=2).window(1, RNG)
    np.testing.assert_array_equal(inputs[:, 0], [5, 6, 7, 8, 9])
