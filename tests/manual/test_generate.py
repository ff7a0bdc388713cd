"""Generated tables of the README and the manual."""

from pathlib import Path

import pytest
from typer.main import get_command

from charrnn.cli import app
from charrnn.cli.option_names import FLAGS
from charrnn.manual import generate

COMMANDS = get_command(app)


def test_no_page_is_stale() -> None:
    assert generate.main(["--check"]) == 0, "run: python -m charrnn.manual.generate"


def test_the_table_of_options_has_every_option_of_training_with_choices_and_default() -> None:
    table = generate.options_table(COMMANDS.commands["train"])  # type: ignore[attr-defined]
    assert [flag for flag in FLAGS.values() if f"\n| `{flag}` |" not in table] == []
    assert "| `--clip-by` | Quantity that --clip limits: `norm`, `value` | norm |" in table
    assert "| `--no-tui` |" in table
    assert "--detached" not in table
    assert "<s>" not in table  # a code host would take it for HTML


def test_the_table_of_commands_has_their_arguments_and_the_first_line_of_their_help() -> None:
    table = generate.commands_table(COMMANDS)
    assert "| `charrnn train [CORPUS...]` | Train a model on a text" in table
    assert "| `charrnn corpora get NAME` |" in table


def test_a_table_replaces_the_old_one_between_its_markers() -> None:
    page = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n"
    new = generate.filled(page, {"x": "| new |", "y": "unused"})
    assert new == "a\n<!-- x:begin -->\n\n| new |\n\n<!-- x:end -->\nb\n"
    assert generate.filled(new, {"x": "| new |"}) == new
    with pytest.raises(ValueError, match="not found"):
        generate.filled("<!-- x:begin -->", {"x": "| new |"})


def test_a_page_with_an_old_table_is_reported_and_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "training.md"
    page.write_text("<!-- options:begin -->\n| `--old` |\n<!-- options:end -->\n", encoding="utf-8")
    monkeypatch.setattr(generate, "MANUAL", tmp_path)
    monkeypatch.setattr(generate, "README", tmp_path / "absent.md")
    assert generate.main(["--check"]) == 1
    assert "training.md is stale; run: python -m charrnn.manual.generate" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert "`--weight-decay`" in page.read_text(encoding="utf-8")
    assert generate.main(["--check"]) == 0
