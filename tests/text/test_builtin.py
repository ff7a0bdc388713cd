"""Built-in texts: all are there, and the Python library comes without its tests."""

import pytest

from charrnn.errors import TextError
from charrnn.text import builtin
from charrnn.text.corpus import read_corpus


@pytest.mark.parametrize("name", builtin.builtin_names())
def test_every_built_in_text_is_utf_8_for_any_chosen_encoding(name: str) -> None:
    assert read_corpus([name], encoding="ascii").report.characters > 1000
    assert builtin.builtin_description(name).endswith(".")


def test_the_python_text_is_the_standard_library_without_tests() -> None:
    names = {path.as_posix() for path in builtin.builtin_files("python")}
    assert any(name.endswith("/json/__init__.py") for name in names)
    assert not [name for name in names if "/site-packages/" in name or "/test/" in name]


@pytest.mark.parametrize("name", ["given_names", "opinions"])
def test_labelled_lines_are_pairs_of_a_label_and_a_text(name: str) -> None:
    pairs = builtin.labeled_lines(name)
    assert len({label for label, _ in pairs}) > 1
    assert all(label and text for label, text in pairs)


def test_a_missing_list_is_an_error() -> None:
    with pytest.raises(TextError, match="reinstall"):
        builtin.labeled_lines("no-such-list")
