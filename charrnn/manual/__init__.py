"""The manual: one Markdown page per topic.

`charrnn manual TOPIC` and F1 show the pages; a code host shows them as they are. Comments in a page (the markers of
generated tables, and notes for the tests) are for its authors and are left out.
"""

import re
from difflib import get_close_matches
from importlib.resources import files

from charrnn.errors import UsageError

TOPICS = (
    "start",
    "training",
    "tokens",
    "sampling",
    "completion",
    "scoring",
    "baselines",
    "terminal-ui",
    "laboratory",
    "files",
    "library",
    "internals",
    "changes",
)
"""The names of the pages, in the order in which to read them."""

_COMMENT = re.compile(r"^<!--.*?-->\n+", re.MULTILINE | re.DOTALL)


def topics() -> dict[str, str]:
    """Return the title of each topic, in reading order."""
    return {topic: page(topic).partition("\n")[0].removeprefix("# ") for topic in TOPICS}


def page(topic: str) -> str:
    """Return the Markdown of a page, without its comments; UsageError for an unknown topic.

    >>> page("start").startswith("# ")
    True
    """
    if topic not in TOPICS:
        matches = " or ".join(get_close_matches(topic, TOPICS)) or ", ".join(TOPICS)
        raise UsageError(f"the manual has no page {topic!r}; try {matches}")
    return _COMMENT.sub("", files(__name__).joinpath(f"{topic}.md").read_text(encoding="utf-8"))
