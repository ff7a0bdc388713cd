"""The README and the repository's other texts: short, complete, and with links that lead somewhere.

Their examples are run by tests/manual/test_examples.py.
"""

import re
from pathlib import Path

import pytest

from charrnn import __version__
from charrnn.manual import TOPICS, page

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ["README.md", ".github/CONTRIBUTING.md", ".github/pull_request_template.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 250


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files(name: str) -> None:
    path = ROOT / name
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_readme_links_to_every_page_of_the_manual() -> None:
    assert {f"charrnn/manual/{topic}.md" for topic in TOPICS} <= set(LINK.findall(README))


def test_the_readme_lists_the_commands() -> None:
    table = README.partition("<!-- commands:begin -->")[2].partition("<!-- commands:end -->")[0]
    assert all(f"charrnn {name}" in table for name in ("train", "sample", "eval", "manual"))


def test_the_changes_begin_with_this_version() -> None:
    assert re.findall(r"^## (.+)$", page("changes"), re.MULTILINE)[0] == __version__
