"""The manual's pages: found by topic, linked to each other, narrow enough for a terminal."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from charrnn.errors import UsageError
from charrnn.manual import TOPICS, page, topics

LINK = re.compile(r"\]\(([^)#]+\.md)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
WIDTH = 80


def source(topic: str) -> str:
    """Return the Markdown of a page as it is on disk."""
    return files("charrnn.manual").joinpath(f"{topic}.md").read_text(encoding="utf-8")


def test_every_page_has_a_topic() -> None:
    pages = (Path(entry.name) for entry in files("charrnn.manual").iterdir())
    assert {path.stem for path in pages if path.suffix == ".md"} == set(TOPICS)


def test_topics_have_different_titles_of_one_line() -> None:
    titles = topics()
    assert list(titles) == list(TOPICS)
    assert all(re.fullmatch(r"[A-Z][^#]{4,60}", title) for title in titles.values()), titles
    assert len(set(titles.values())) == len(titles)


def test_an_unknown_topic_is_refused_with_its_near_matches() -> None:
    with pytest.raises(UsageError, match="'sample'; try sampling"):
        page("sample")


def test_an_unknown_topic_without_near_matches_is_answered_with_all_topics() -> None:
    with pytest.raises(UsageError, match=", ".join(TOPICS)):
        page("../config")


@pytest.mark.parametrize("topic", TOPICS)
def test_links_lead_to_pages(topic: str) -> None:
    assert {link.removesuffix(".md") for link in LINK.findall(source(topic))} <= set(TOPICS)


def test_the_first_page_links_to_all_others() -> None:
    assert {f"{topic}.md" for topic in TOPICS[1:]} <= set(LINK.findall(page("start")))


@pytest.mark.parametrize("topic", TOPICS)
def test_prose_fits_a_terminal(topic: str) -> None:
    lines = FENCED.sub("", page(topic)).splitlines()
    assert [line for line in lines if len(line) > WIDTH and not line.startswith("|")] == []


def test_comments_for_authors_are_left_out() -> None:
    assert "<!-- options:begin -->" in source("training")
    assert not any("<!--" in page(topic) for topic in TOPICS)
