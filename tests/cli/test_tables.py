"""Tables: alignment, width, and text that rich would take for markup."""

import pytest

from charrnn.cli.tables import Column, print_table


def test_numbers_are_aligned_on_the_right_and_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Column("name"), Column("size", right=True)], [("[red]a", "1"), ("b\x1b", "1,000")], title="sizes")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "sizes"
    assert [line.rstrip() for line in lines[1:]] == ["name     size", "[red]a      1", "b\\x1b   1,000"]


def test_only_columns_that_wrap_are_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    print_table([Column("name"), Column("text", wrap=True)], [("unbroken-name", "a text of several words")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 30
    assert lines[1].startswith("unbroken-name")
    assert len(lines) > 2
