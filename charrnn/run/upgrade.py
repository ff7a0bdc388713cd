"""Upgrades of the format of config.json: one numbered function from each format to the next.

Format 1 is that of charrnn 0.4 and earlier, format 2 that of 0.5.
"""

from collections.abc import Callable
from typing import Any

from charrnn.config import FORMAT
from charrnn.errors import ModelError


def upgrade(values: Any) -> dict[str, Any]:
    """Return the values of a config.json of any format, converted to the present format.

    ModelError if the values have no format, or a later one.
    """
    version = values.get("format") if isinstance(values, dict) else None
    if type(version) is not int or not 1 <= version <= FORMAT:
        raise ModelError(
            f"its config.json has format {version!r:.40}, and this charrnn reads 1 to {FORMAT}; upgrade charrnn"
        )
    try:
        for step in _STEPS[version - 1 :]:
            values = step(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"its config.json is not one of format {version}: {error!r}") from error
    return values  # type: ignore[no-any-return]


def _from_1_to_2(values: dict[str, Any]) -> dict[str, Any]:
    """Rename `start` and `cloze` of the network to `bos_id` and `body`, and `origin` of the text to `base_run`.

    The end of the text was held out.
    """
    network, text = dict(values["network"]), dict(values["text"])
    network["bos_id"] = network.pop("start", None)
    network["body"] = "two_sided" if network.pop("cloze", False) else "stack"
    text["base_run"] = text.pop("origin", None)
    text["holdout"] = "end"
    return values | {"format": 2, "network": network, "text": text}


_STEPS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (_from_1_to_2,)
