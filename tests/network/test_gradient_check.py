"""The gradient check: it passes correct gradients and fails wrong ones."""

import numpy as np
import pytest

from charrnn.network.arrays import Array, Parameters
from charrnn.network.gradient_check import central_differences, check_gradients, compare


def sum_of_cubes(arrays: Parameters) -> float:
    return float(sum((array**3).sum() for array in arrays.values()))


@pytest.fixture
def arrays() -> Parameters:
    rng = np.random.default_rng(0)
    return {"a": rng.normal(size=(3, 4)), "b": rng.normal(size=(5,)), "c": rng.normal(size=(1, 1))}


def test_central_differences_are_those_of_the_formula(arrays: Parameters) -> None:
    differences = central_differences(sum_of_cubes, arrays, "b", np.array([0, 3]), 1e-3)
    b = arrays["b"][[0, 3]]
    np.testing.assert_allclose(differences, 3 * b**2 + 1e-6, rtol=0, atol=1e-10)  # ((x+ε)³ - (x-ε)³) / 2ε


def test_correct_gradients_pass_and_every_entry_is_compared(arrays: Parameters) -> None:
    check = check_gradients(sum_of_cubes, arrays, {name: 3 * array**2 for name, array in arrays.items()})
    assert check.passed
    assert [(array.name, array.entries) for array in check.arrays] == [("a", 12), ("b", 5), ("c", 1)]
    assert check.overall.entries == 18
    assert check.suspects == ()


@pytest.mark.parametrize("wrong", [1e-4, -1e-4, np.nan, np.inf])
def test_one_wrong_entry_fails_the_check(arrays: Parameters, wrong: float) -> None:
    gradients = {name: 3 * array**2 for name, array in arrays.items()}
    gradients["a"][1, 2] += wrong
    check = check_gradients(sum_of_cubes, arrays, gradients)
    assert not check.passed
    assert check.suspects == ("a",)
    assert check.arrays[0].failed_entries == 1


def test_a_small_error_of_every_entry_exceeds_the_tolerance_of_the_norm_alone() -> None:
    numerical = np.full(4, 1e-2)
    comparison = compare("all", numerical, numerical + 1e-9)
    assert comparison.failed_entries == 0
    assert comparison.relative_error == pytest.approx(5e-8, rel=1e-3)
    assert comparison.largest_difference == pytest.approx(1e-9)
    assert comparison.worst_relative == pytest.approx(1e-7, rel=1e-3)


def test_two_gradients_of_zero_have_no_error() -> None:
    zeros: Array = np.zeros(3)
    comparison = compare("z", zeros, zeros)
    assert (comparison.relative_error, comparison.worst_relative, comparison.failed_entries) == (0.0, 0.0, 0)


def test_a_gradient_of_zero_in_place_of_another_has_relative_error_one(arrays: Parameters) -> None:
    check = check_gradients(sum_of_cubes, arrays, {name: np.zeros_like(array) for name, array in arrays.items()})
    assert check.overall.relative_error == check.overall.worst_relative == 1.0
    assert check.suspects == ("a", "b", "c")


def test_the_arrays_are_not_changed_and_the_loss_may_overwrite_the_gradients(arrays: Parameters) -> None:
    gradients = {name: 3 * array**2 for name, array in arrays.items()}
    copies = {name: array.copy() for name, array in arrays.items()}

    def loss(shifted: Parameters) -> float:
        for gradient in gradients.values():
            gradient[...] = np.nan
        return sum_of_cubes(shifted)

    assert check_gradients(loss, arrays, gradients).passed
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, copies[name])


def test_a_sample_of_a_sparse_gradient_includes_entries_other_than_zero() -> None:
    rows = np.random.default_rng(0).normal(size=(1000, 10))

    def loss(arrays: Parameters) -> float:
        return float((arrays["w"][7] ** 2).sum())

    gradient = np.zeros_like(rows)
    gradient[7] = 2 * rows[7]
    for entries in (8, 20):
        check = check_gradients(loss, {"w": rows}, {"w": gradient}, entries=entries, rng=np.random.default_rng(1))
        assert check.passed
        assert entries - 2 <= check.overall.entries <= entries
    wrong = check_gradients(loss, {"w": rows}, {"w": 2 * gradient}, entries=8, rng=np.random.default_rng(1))
    assert not wrong.passed


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        ({"a": np.zeros(3)}, "only one of them has b"),
        ({"a": np.zeros(3), "b": np.zeros(2)}, r"b has shape \(3,\) and its gradient \(2,\)"),
        ({"a": np.zeros(3), "b": np.zeros(3, np.float32)}, "float64"),
    ],
)
def test_gradients_of_another_name_shape_or_type_are_refused(gradients: Parameters, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_gradients(sum_of_cubes, {"a": np.ones(3), "b": np.ones(3)}, gradients)


def test_a_sample_without_a_generator_is_refused(arrays: Parameters) -> None:
    with pytest.raises(ValueError, match="rng"):
        check_gradients(sum_of_cubes, arrays, arrays, entries=2)
