"""The help of each screen: its section of the manual's page on the terminal UI."""

import re

from charrnn.manual import page

TOPIC = "terminal-ui"
_KEY_TABLE = re.compile(r"^\| key \| does \|\n(?:\|.*\n?)+\n*", re.MULTILINE)


def section(heading: str) -> str:
    """Return a section of the manual in Markdown; the whole page if there is no section of this heading.

    Plain tables of keys are left out: the help screen lists the keys as the user has set them.
    """
    return _KEY_TABLE.sub("", _find_section(page(TOPIC), heading))


def _find_section(markdown: str, heading: str) -> str:
    _, mark, rest = f"\n{markdown}".partition(f"\n## {heading}\n")
    return f"# {heading}\n{rest.partition(chr(10) + '## ')[0]}\n" if mark else markdown
