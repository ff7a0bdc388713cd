"""Upgrades: the settings of format 1 become those of format 2, and nothing else is taken for a config.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from charrnn.config import FORMAT, RunConfig
from charrnn.errors import ModelError
from charrnn.run.upgrade import upgrade

FIXTURES = Path(__file__).parent.parent / "fixtures" / "runs-0.4.0"
CONFIGS = {path.parent.name: json.loads(path.read_text("utf-8")) for path in FIXTURES.glob("*/config.json")}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_of_format_1_becomes_a_valid_one_of_the_present_format(name: str) -> None:
    values = upgrade(CONFIGS[name])
    assert values["format"] == FORMAT
    config = RunConfig.from_json(values)
    old = CONFIGS[name]
    assert config.network.bos_id == old["network"]["start"]
    assert config.network.body == ("two_sided" if old["network"]["cloze"] else "stack")
    assert config.text.base_run == old["text"]["origin"]
    assert config.text.holdout == "end"
    assert config.training.to_json().items() >= old["training"].items()


def test_fields_that_format_1_gained_later_may_be_missing() -> None:
    values: dict[str, Any] = json.loads(json.dumps(CONFIGS["character"]))
    del values["network"]["cloze"], values["network"]["start"], values["text"]["origin"]
    assert upgrade(values) == upgrade(CONFIGS["character"])


def test_upgrading_does_not_change_its_argument_or_a_config_of_the_present_format() -> None:
    old = json.loads(json.dumps(CONFIGS["cloze"]))
    values = upgrade(old)
    assert old == CONFIGS["cloze"]
    assert upgrade(values) == values


@pytest.mark.parametrize(
    "values",
    [
        None,
        [1],
        {},
        {"format": 0},
        {"format": FORMAT + 1},
        {"format": "1"},
        {"format": True},
        {"format": 1},
        {"format": 1, "network": [1], "text": {}},
        {"format": 1, "network": {}, "text": 5},
    ],
)
def test_other_values_are_refused(values: object) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        upgrade(values)
