"""Overrides, and the configs that they and the defaults make."""

import doctest

import pytest

from charrnn.config import (
    NetworkConfig,
    Overrides,
    TextConfig,
    TrainingConfig,
    choose_network,
    choose_training,
    finetuning_defaults,
)
from charrnn.config import overrides as module
from charrnn.errors import UsageError


def training(overrides: Overrides, tokens: int = 1000) -> TrainingConfig:
    return choose_training(overrides, tokens=tokens, threads=3)


def test_overrides_are_a_mapping_without_the_values_that_were_not_given() -> None:
    overrides = Overrides(hidden=8, lr=None, cloze=True)
    assert dict(overrides) == {"hidden": 8, "cloze": True}
    assert repr(overrides) == "Overrides(hidden=8, cloze=True)"
    assert dict(overrides | {"hidden": 9}) == {"hidden": 9, "cloze": True}


def test_overrides_name_an_option_that_is_close_to_an_unknown_one() -> None:
    with pytest.raises(UsageError, match="there is no option hiden; did you mean hidden"):
        Overrides(hiden=8)


def test_overrides_refuse_an_invalid_value_at_once() -> None:
    with pytest.raises(UsageError, match="`hidden` must be at least 1, got 0"):
        Overrides(hidden=0)
    with pytest.raises(UsageError, match="`cloze` must be True or False, got yes"):
        Overrides(cloze="yes")


def test_overrides_are_divided_among_the_configs() -> None:
    overrides = Overrides(tokenizer="byte", hidden=8, cloze=True, steps=5)
    assert overrides.fields(TextConfig) == {"tokenizer": "byte"}
    assert overrides.fields(NetworkConfig) == {"hidden": 8, "body": "two_sided"}
    assert overrides.fields(TrainingConfig) == {"steps": 5}


@pytest.mark.parametrize("overrides", [Overrides(hidden=8), Overrides(cloze=True), Overrides(tokenizer="byte")])
def test_fine_tuning_refuses_options_inherited_from_the_base_run(overrides: Overrides) -> None:
    with pytest.raises(UsageError, match="is inherited from `base_run`"):
        overrides.refuse_inherited()


def test_fine_tuning_accepts_dropout_and_the_options_of_training() -> None:
    Overrides(dropout=0.5, lr=0.1, steps=5, val_fraction=0.2, encoding="utf-8").refuse_inherited()


def test_a_resumed_run_accepts_only_the_options_that_end_it() -> None:
    Overrides(epochs=3.0, steps=7, minutes=1.0).refuse_fixed()
    with pytest.raises(UsageError, match="`lr` cannot change in a resumed run"):
        Overrides(steps=7, lr=0.1).refuse_fixed()


def test_sizes_grow_with_the_text() -> None:
    networks = [choose_network(Overrides(), tokens=N, vocabulary=50) for N in (40_000, 400_000, 400_001)]
    assert [(network.hidden, network.embedding, network.dropout) for network in networks] == [
        (128, 128, 0.2),
        (256, 256, 0.2),
        (512, 512, 0.1),
    ]


def test_given_values_are_kept_even_if_they_are_zero() -> None:
    network = choose_network(Overrides(embedding=0, dropout=0.0, layers=5), tokens=10**6, vocabulary=50)
    assert (network.embedding, network.dropout, network.layers) == (0, 0.0, 5)


def test_the_embedding_is_as_wide_as_the_given_layers() -> None:
    assert choose_network(Overrides(hidden=77), tokens=1000, vocabulary=50).embedding == 77


@pytest.mark.parametrize(("tokens", "epochs"), [(1000, 30.0), (10**6, 10.0), (10**8, 1.0)])
def test_a_run_ends_after_1_to_30_epochs_by_the_length_of_the_text(tokens: int, epochs: float) -> None:
    config = training(Overrides(), tokens)
    assert (config.epochs, config.steps, config.minutes, config.threads) == (epochs, None, None, 3)


def test_a_given_end_replaces_the_epochs() -> None:
    assert training(Overrides(steps=7)).epochs is None
    assert training(Overrides(minutes=2.0)).epochs is None
    assert training(Overrides(epochs=2.0)).epochs == 2.0


def test_two_ends_are_refused() -> None:
    with pytest.raises(UsageError, match="not `epochs` and `steps`"):
        training(Overrides(steps=3, epochs=2.0))


def test_the_batch_is_larger_for_a_text_of_four_million_tokens() -> None:
    assert [training(Overrides(), tokens).batch for tokens in (3_999_999, 4_000_000)] == [32, 64]


def test_the_learning_rate_is_that_of_the_optimizer_unless_it_is_given() -> None:
    assert [training(Overrides(optimizer=name)).lr for name in ("sgd", "adam")] == [1.0, 2e-3]
    assert training(Overrides(optimizer="sgd", lr=0.25)).lr == 0.25


def test_fine_tuning_has_a_quarter_of_the_rate_and_a_longer_warm_up_unless_they_are_given() -> None:
    usual = training(Overrides())
    tuned = finetuning_defaults(Overrides(), tokens=1000, threads=3)
    given = finetuning_defaults(Overrides(lr=0.5, warmup=0.0), tokens=1000, threads=3)
    assert (tuned.lr, tuned.warmup) == (usual.lr / 4, 0.1)
    assert (given.lr, given.warmup) == (0.5, 0.0)
    assert usual.warmup == 0.01


def test_the_example_is_right() -> None:
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0
