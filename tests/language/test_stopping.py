"""Stopping: a text ends before the first stop, however it comes, and nothing of a stop is let through."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from charrnn.language.stopping import until

letters = st.text("ab.", max_size=12)


@given(st.lists(letters, max_size=12), st.lists(st.text("ab.", min_size=1, max_size=4), max_size=3))
def test_a_text_in_pieces_ends_where_the_whole_would(pieces: list[str], stops: list[str]) -> None:
    whole = "".join(pieces)
    complete = [(whole.find(stop) + len(stop), whole.find(stop)) for stop in stops if stop in whole]
    expected = whole[: min(complete)[1]] if complete else whole
    assert "".join(until(iter(pieces), stops)) == expected


def test_nothing_is_held_that_cannot_be_a_stop() -> None:
    given_out = until(iter(["one ", "two E", "N", "D three"]), ["END"])
    assert [next(given_out) for _ in range(3)] == ["one ", "two ", ""]


def test_what_comes_after_a_stop_is_never_asked_for() -> None:
    def pieces() -> Iterator[str]:
        yield "a."
        raise AssertionError("asked for more")

    assert "".join(until(pieces(), ["."])) == "a"
