"""Configs: JSON both ways, and the values and combinations that they refuse."""

from typing import Any

import pytest

from charrnn.config import FORMAT, NetworkConfig, RunConfig, TextConfig, TrainingConfig
from charrnn.errors import ModelError, UsageError
from charrnn.network.cells import CELLS as CELL_CLASSES
from charrnn.network.initializers import RECURRENT
from charrnn.training.clipping import CLIPPINGS
from charrnn.training.optimizers import OPTIMIZERS
from charrnn.training.schedules import SCHEDULES

RUN = RunConfig(TextConfig(("a.txt",)), NetworkConfig(7, 4, bos_id=3, body="two_sided"), TrainingConfig(steps=10))


def test_json_gives_the_same_config() -> None:
    assert RunConfig.from_json(RUN.to_json()) == RUN
    assert RUN.to_json()["format"] == FORMAT


@pytest.mark.parametrize(
    ("part", "key", "value", "message"),
    [
        ("network", "surprise", 1, "NetworkConfig has no field surprise"),
        ("network", "cell", "os.system", "`cell` must be one of"),
        ("training", "lr", None, "`lr` must be a finite number"),
        ("text", "sources", 3, "sources of a text must be a list"),
        ("text", "sha256", 3, "`sha256` must be a text"),
    ],
)
def test_invalid_json_is_refused_with_the_field(part: str, key: str, value: Any, message: str) -> None:
    values = RUN.to_json()
    values[part][key] = value
    with pytest.raises(ModelError, match=message):
        RunConfig.from_json(values)


@pytest.mark.parametrize("values", [None, [], {}, {"format": 99}, {"format": FORMAT, "text": {}}])
def test_other_json_is_refused(values: Any) -> None:
    with pytest.raises(ModelError):
        RunConfig.from_json(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"vocabulary": 0, "hidden": 4}, "`vocabulary` must be at least 1"),
        ({"vocabulary": 4, "hidden": 0}, "`hidden` must be at least 1"),
        ({"vocabulary": 4, "hidden": True}, "`hidden` must be a whole number"),
        ({"vocabulary": 4, "hidden": 4, "layers": -1}, "`layers` must be at least 1"),
        ({"vocabulary": 4, "hidden": 4, "dropout": 1.0}, "`dropout` must be below 1"),
        ({"vocabulary": 4, "hidden": 4, "dropout": float("nan")}, "`dropout` must be a finite number"),
        ({"vocabulary": 4, "hidden": 4, "embedding": -2}, "`embedding` must be at least 0"),
        ({"vocabulary": 4, "hidden": 4, "bos_id": 4}, "bos_id must be below the vocabulary size 4"),
        ({"vocabulary": 4, "hidden": 4, "body": "sideways"}, "`body` must be one of"),
    ],
)
def test_networks_that_cannot_be_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        NetworkConfig(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "give one of `epochs`, `steps` and `minutes`, not none"),
        ({"steps": 3, "epochs": 2.0}, "give one of .* not `epochs` and `steps`"),
        ({"steps": 0}, "`steps` must be at least 1"),
        ({"minutes": -1.0}, "`minutes` must be above 0"),
        ({"epochs": float("nan")}, "`epochs` must be a finite number"),
        ({"steps": 10, "lr": 0.0}, "`lr` must be above 0"),
        ({"steps": 10, "threads": 0}, "`threads` must be at least 1"),
        ({"steps": 10, "seed": True}, "`seed` must be a whole number"),
        ({"steps": 10, "warmup": 1.0}, "`warmup` must be below 1"),
        ({"steps": 10, "weight_decay": -0.1}, "`weight_decay` must be at least 0"),
        ({"steps": 10, "weight_decay": 2.0, "lr": 0.5}, "`weight_decay` must be below 1 / `lr`, got 2 with 0.5"),
    ],
)
def test_trainings_that_cannot_be_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TrainingConfig(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"vocab_size": 300}, "`vocab_size` needs `tokenizer` word or subword, got character"),
        ({"vocab_size": 256, "tokenizer": "word"}, "`vocab_size` must be at least 257"),
        ({"min_count": 3, "tokenizer": "subword"}, "`min_count` needs `tokenizer` word, got subword"),
        ({"pieces": "unigram", "tokenizer": "word"}, "`pieces` needs `tokenizer` subword, got word"),
        ({"val_fraction": 1.0}, "`val_fraction` must be below 1"),
        ({"documents": "pages"}, "`documents` must be one of none, files, lines, got pages"),
        ({"encoding": None}, "`encoding` must be a text"),
    ],
)
def test_texts_that_cannot_be_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TextConfig(("a.txt",), **values)


def test_an_embedding_of_width_zero_is_one_hot_and_is_accepted() -> None:
    assert NetworkConfig(10, 4, embedding=0).embedding == 0


def test_every_choice_has_an_implementation() -> None:
    choices = {row.name: set(row.choices) for config in (NetworkConfig, TrainingConfig) for row in config.rows()}
    assert choices["cell"] == set(CELL_CLASSES)
    assert choices["initializer"] == set(RECURRENT)
    assert choices["optimizer"] == set(OPTIMIZERS)
    assert choices["schedule"] == set(SCHEDULES)
    assert choices["clip_by"] == set(CLIPPINGS)
