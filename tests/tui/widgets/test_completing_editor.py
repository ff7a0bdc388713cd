"""The completing editor: endings of the last word, or the next words."""

from collections.abc import Sequence

from charrnn.language.completion.search import Completion
from charrnn.tui.widgets.completing_editor import suggest


def complete(text: str) -> Sequence[Completion]:
    """Complete "la" to "lamp", take "lamp" for whole, and continue it with "at"."""
    completions = {
        "la": [Completion("lamp", "mp", 0.5)],
        "lamp": [Completion("lamp", "", 0.9), Completion("lamps", "s", 0.1)],
        "lamp ": [Completion("at", "at", 0.7)],
    }
    return completions.get(text, [])


def test_the_next_word_is_suggested_only_if_the_last_one_is_likely_complete() -> None:
    assert suggest(complete, "la") == [Completion("lamp", "mp", 0.5)]
    assert suggest(complete, "lamp") == [Completion("at", " at", 0.7)]
    assert suggest(complete, "quay") == []
