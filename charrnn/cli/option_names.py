"""Names of options in messages: the core writes them in backticks, the command line as they are typed."""

import re
from collections.abc import Mapping

from charrnn.config import OPTIONS

FLAGS = {name: f"--{name.replace('_', '-')}" for name in OPTIONS}
"""The options of the table as they are typed, by name."""


def with_options(message: str, options: Mapping[str, str] = FLAGS) -> str:
    """Return the message with each name in backticks that is an option's as it is typed: `lr` as --lr.

    >>> with_options("`lr` must be above 0, got -1")
    '--lr must be above 0, got -1'
    """
    return re.sub(r"`(\w+)`", lambda match: options.get(match[1], match[0]), message)
