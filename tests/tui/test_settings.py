"""Settings: what is written is read again, and a damaged file counts as empty."""

from pathlib import Path

import pytest

from charrnn.tui.settings import Settings, read_settings, settings_path, write_settings


def test_written_settings_are_read_again() -> None:
    assert read_settings() == (Settings(), "")
    settings = Settings("nord", {"home.leave": "ctrl+x"})
    write_settings(settings)
    assert read_settings() == (settings, "")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"theme": 3}', '{"keymap": {"home.leave": 1}}', '{"keymap": []}', "[" * 100_000]
)
def test_a_damaged_file_counts_as_empty_with_a_message(text: str) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(text, "utf-8")
    settings, error = read_settings()
    assert settings == Settings()
    assert str(settings_path()) in error


def test_settings_that_cannot_be_written_raise_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    write_settings(Settings("nord"))
    assert not settings_path().exists()
