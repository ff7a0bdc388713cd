"""Strategies of hypothesis: hostile texts, hostile values of JSON, and command lines."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from charrnn.config import OPTIONS, Row
from charrnn.config.checks import Choice, Integer, Number

CONTROLS = ("\x00", "\x07", "\x08", "\x1b[31m", "\x1b[2J", "\x1b]0;x\x07", "\x7f", "\x85", "\x9b31m", "\x9d", "\xad")
BIDI = ("\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u200e")
LINE_ENDS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\n\n\n")
JOINED = (
    "e\u0301",
    "\u0301",
    "\u200d",
    "👩\u200d👧",
    "🦊",
    "漢字",
    "ﷺ",
    "क्षि",
    "\ufeff",
    "\ufffd",
    "\ufdd0",
    "\U0010ffff",
)
MARKUP = ("<s>", "</s>", "<unk>", "____", "\u2581", "[red]", "[/b]", "{0}", "%s", "\\x1b", '"', "'", "-", "--", "-1")
SURROGATES = ("\ud800", "\udfff", "\udc80", "\ud83d\ude00")
WORDS = ("The lamp", " keeper", "lamp ", "\t", "  ", "0", "é", "\u00a0", "a" * 70)
LONGEST_REPETITION = 20_000
PROSE = "The lamp was lit, and nobody saw it go.\n" * 3

_fragments = st.one_of(
    st.sampled_from([*WORDS, *CONTROLS, *BIDI, *LINE_ENDS, *JOINED, *MARKUP]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)


def _repeat(fragment: str, times: int) -> str:
    return fragment * min(times, LONGEST_REPETITION // max(1, len(fragment)))


_repetitions = st.builds(_repeat, _fragments, st.sampled_from([1, 1, 1, 1, 2, 2, 3, 40, 1000, LONGEST_REPETITION]))
texts = st.one_of(
    st.sampled_from(["", "a", "\n", "\x00", "ab", "\ufeff"]), st.lists(_repetitions, max_size=12).map("".join)
)
"""Texts of Unicode's scalar values."""
texts_with_surrogates = st.lists(st.one_of(_repetitions, st.sampled_from(SURROGATES)), max_size=12).map("".join)
"""Texts that also have lone surrogates, which UTF-8 cannot encode."""
arguments = texts.map(lambda text: text.replace("\0", "")[:2000])
"""Texts that can be arguments of a command: shorter, and without NUL."""


def _encoded(text: str, encoding: str, cut: int, tail: bytes) -> bytes:
    data = text.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")
    return data[: len(data) - cut] + tail


_plain = texts.map(lambda text: (PROSE + text.replace("\0", "") + PROSE).encode())
_damaged = st.builds(
    _encoded,
    texts_with_surrogates,
    st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32-le", "latin-1"]),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([b"", b"", b"", b"\xff", b"\x00", b"\r"]),
)
_binary = st.sampled_from(
    [b"\x1f\x8b", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", b"PK\x03\x04", b"%PDF-", b"\xfe\xff"]
)
contents = st.one_of(_plain, _plain, _plain, _damaged, _damaged, st.binary(max_size=200), _binary)
"""Contents of files that are texts, damaged texts, or none."""

DEEP = 100_000
HOSTILE_NUMBERS = (
    0,
    -1,
    1,
    2,
    255,
    2**31,
    2**63,
    2**64,
    -(2**63),
    10**400,
    0.5,
    -0.5,
    1e-400,
    1e300,
    math.inf,
    math.nan,
)
HOSTILE_VALUES = (None, True, False, "", "x", "\x1b[31m\u202e", "\ud800", "../../victim", "/dev/zero", "x" * 10_000)
values: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(HOSTILE_NUMBERS),
    st.sampled_from(HOSTILE_VALUES),
    st.sampled_from([[], {}, [[]], {"": 0}, [0] * 999]),
)
"""Values of JSON that no file of a run has in most places."""


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the keys and indices that lead to each value within a value of JSON, the value itself first."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, item in items for inner in paths_of(item, (*path, key)))]


def with_value(value: Any, path: Sequence[Any], new: Any) -> Any:
    """Return a value of JSON with another value at a path."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = with_value(value[path[0]], path[1:], new)
    return copy


def to_json(value: Any) -> bytes:
    """Return JSON that Python reads, lone surrogates and infinite numbers included."""
    return json.dumps(value).replace("Infinity", "1e999").encode()


# --- command lines ------------------------------------------------------------------------------------------------

HOSTILE_WORDS = (
    "",
    " ",
    "-",
    "--",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "0x10",
    "ten",
    "\x1b[31m",
    "\u202e",
    "9" * 400,
)
AFFORDABLE = {
    "hidden": 32,
    "layers": 3,
    "embedding": 32,
    "bptt": 64,
    "batch": 8,
    "steps": 3,
    "threads": 4,
    "vocab_size": 600,
    "epochs": 0.05,
    "minutes": 0.005,
}
"""Largest values of `charrnn train` that take no long time."""


@dataclass(frozen=True)
class Word:
    """The words of one option on a command line; `valid` is None if that depends on others."""

    words: tuple[str, ...]
    valid: bool | None


def option_words(row: Row, flag: str) -> st.SearchStrategy[Word]:
    """Return valid and invalid settings of a row of the table of options."""
    if row.is_flag:
        return st.just(Word((flag,), True))
    valid, invalid = _valid_values(row), _invalid_values(row)
    return st.one_of(
        valid.map(lambda value: Word((flag, value), True)),
        valid.map(lambda value: Word((flag, value), True)),
        invalid.map(lambda value: Word((flag, value), False)),
    )


def _valid_values(row: Row) -> st.SearchStrategy[str]:
    check = row.field.check
    if isinstance(check, Choice):
        return st.sampled_from(check.choices)
    if isinstance(check, Integer):
        return st.integers(check.minimum, min(check.maximum, int(AFFORDABLE.get(row.name, check.maximum)))).map(str)
    if isinstance(check, Number):
        limit = min(check.limit, AFFORDABLE.get(row.name, check.limit))
        numbers = st.floats(check.minimum, limit, exclude_min=check.open, exclude_max=True)
        return numbers.map(repr)
    return st.sampled_from(["utf-8", "latin-1", "UTF8", "ascii"])


def _invalid_values(row: Row) -> st.SearchStrategy[str]:
    check = row.field.check
    if isinstance(check, Choice):
        return st.sampled_from([word for word in (*HOSTILE_WORDS, "Character", "none ") if word not in check.choices])
    if isinstance(check, Integer):
        outside = (check.minimum - 1, check.maximum + 1, -(2**64), 2**64, 10**30, 0.5)
        return st.sampled_from([*map(str, outside), *HOSTILE_WORDS])
    if isinstance(check, Number):
        bounds = (check.minimum - 1, *([check.minimum] if check.open else []), check.limit, 1e300)
        return st.sampled_from([*map(str, bounds), *HOSTILE_WORDS])
    return st.sampled_from(["utf-9", "", "base64", "\x1b[31m", "x" * 300, "rot13"])


def train_lines(flags: Mapping[str, str]) -> st.SearchStrategy[list[Word]]:
    """Return sets of options of `charrnn train`, each given once."""
    rows = st.lists(st.sampled_from(sorted(OPTIONS)), unique=True, max_size=6)
    return rows.flatmap(
        lambda names: st.tuples(*(option_words(OPTIONS[name], flags[name]) for name in names)).map(list)
    )


def _word_of_any_type(parameter: Any) -> st.SearchStrategy[str]:
    """Return values for an option other than those of the table: none that makes a command take long."""
    numbers = ["0", "1", "2", "3", "-1", "0.5", "-0.0"]
    large = [] if parameter.name in UNBOUNDED else [str(2**64), "1e300", str(10**30)]
    return st.one_of(
        st.sampled_from([*numbers, *large, *HOSTILE_WORDS]), st.sampled_from([*PLACES, *TEXTS]), arguments
    )


UNBOUNDED = ("length", "count", "words", "longest", "minutes")
"""Options that make a command take as long as they say."""
PLACES = ("character", "runs/byte", "runs/cloze", "runs/subword", "runs", "runs/nowhere", "/dev/null", "", "/")
TEXTS = ("texts/english.txt", "texts", "texts/*.txt", "-", "nowhere.txt", "english", "The lamp", "one ____ more")


def command_lines(command: Any) -> st.SearchStrategy[tuple[str, ...]]:
    """Return command lines of a command, as Typer describes it: its arguments and some of its options."""
    options = [parameter for parameter in command.params if parameter.opts[0].startswith("-")]
    positions = sum(parameter not in options for parameter in command.params)
    words = st.one_of(st.sampled_from(PLACES), st.sampled_from(PLACES), st.sampled_from(TEXTS), arguments)
    places = st.lists(words, min_size=min(positions, 1), max_size=positions + 1)
    settings = [_setting(parameter) for parameter in options]
    chosen = st.lists(st.one_of(settings), max_size=3) if settings else st.just([])
    return st.builds(lambda first, rest: (*(word for option in rest for word in option), *first), places, chosen)


def _setting(parameter: Any) -> st.SearchStrategy[tuple[str, ...]]:
    flag: str = parameter.opts[-1]
    if parameter.is_flag:
        return st.just((flag,))
    return _word_of_any_type(parameter).map(lambda value: (f"{flag}={value}",))
