"""Stopping: a text in pieces ends before its first stop string."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from charrnn.language.stopping import until

letters = st.text("ab.", max_size=12)


@given(st.lists(letters, max_size=12), st.lists(st.text("ab.", min_size=1, max_size=4), max_size=3))
def test_a_text_in_pieces_ends_where_the_whole_text_does(pieces: list[str], stops: list[str]) -> None:
    whole = "".join(pieces)
    complete = [(whole.find(stop) + len(stop), whole.find(stop)) for stop in stops if stop in whole]
    expected = whole[: min(complete)[1]] if complete else whole
    assert "".join(until(iter(pieces), stops)) == expected


def test_only_text_that_may_begin_a_stop_string_is_held_back() -> None:
    output = until(iter(["one ", "two E", "N", "D three"]), ["END"])
    assert [next(output) for _ in range(3)] == ["one ", "two ", ""]


def test_no_piece_after_a_stop_string_is_requested() -> None:
    def pieces() -> Iterator[str]:
        yield "a."
        raise AssertionError("a piece was requested")

    assert "".join(until(pieces(), ["."])) == "a"
