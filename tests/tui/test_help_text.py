"""The help of the screens: sections of the manual."""

import pytest

from charrnn.manual import page
from charrnn.tui.help_text import TOPIC, section


@pytest.mark.parametrize("heading", ["Dashboard", "Sampler", "Completion", "Inspector", "Home"])
def test_every_screen_has_a_section_in_the_manual(heading: str) -> None:
    text = section(heading)
    assert text.startswith(f"# {heading}\n")
    assert "\n## " not in text
    assert "| key | does |\n" not in text
    assert len(text) < len(page(TOPIC)) / 2


def test_the_dashboard_keeps_its_table_of_shell_commands() -> None:
    assert "charrnn tell RUN pause" in section("Dashboard")


def test_an_unknown_heading_gives_the_whole_page() -> None:
    assert section("No such screen").startswith(page(TOPIC)[:40])
