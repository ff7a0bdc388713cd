"""Folding: a prompt and the characters that a model knows → the prompt in those characters, as far as possible.

An unknown character is replaced by the most similar known one. A character without a similar known one is kept, and
the tokenizer encodes it as <unk>. `Replacements` counts both.
"""

import unicodedata
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import cache, partial

from charrnn.text.escape import visible_line
from charrnn.text.normal_form import is_mark, joins_previous, normalize

_QUOTES = dict.fromkeys("‘’‚‛′‹›`´", "'") | dict.fromkeys("“”„‟″«»", '"')
_DASHES = dict.fromkeys("‐‑‒–−", "-") | {"—": "--", "―": "--"}
_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "ı": "i"}
_CAPITALS = {letter.upper(): plain.capitalize() for letter, plain in _LETTERS.items() if letter not in "ßı"}
_PLAIN = _QUOTES | _DASHES | _LETTERS | _CAPITALS
_TYPOGRAPHIC = {"'": "‘’", '"': "“”", "-": "‐–—"}
_LINE_ENDS = frozenset("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Replacements:
    """Changes made by `prepare`: counts by pair (original, replacement), and by unknown character that was kept."""

    folded: dict[tuple[str, str], int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.folded or self.unknown)

    def __str__(self) -> str:
        """Return a clause on the replaced characters and one on the unknown ones; empty if there are none."""
        pairs = [f"{visible_line(old)} → {visible_line(new) or 'nothing'}" for old, new in self.folded]
        characters = [visible_line(character) for character in self.unknown]
        clauses = [
            _clause(sum(self.folded.values()), "replaced by the nearest one the model knows", pairs),
            _clause(sum(self.unknown.values()), "unknown to the model", characters),
        ]
        return "; ".join(clause for clause in clauses if clause)


def _clause(count: int, predicate: str, examples: list[str]) -> str:
    if not count:
        return ""
    more = ", …" if len(examples) > _MAX_EXAMPLES else ""
    subject = "character is" if count == 1 else "characters are"
    return f"{count} {subject} {predicate} ({', '.join(examples[:_MAX_EXAMPLES])}{more})"


def prepare(text: str, known: Container[str], normal_form: str | None) -> tuple[str, Replacements]:
    """Return the text in its normal form, with each unknown character replaced by the most similar known one."""
    text = normalize(text, normal_form)
    if "\r" not in known:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if all(character in known for character in set(text)):
        return text, Replacements()
    folded: Counter[tuple[str, str]] = Counter()
    unknown: Counter[str] = Counter()
    prepared: list[str] = []
    replace = cache(partial(_replace, known=known))  # a long prompt repeats its clusters
    for cluster in _clusters(text):
        opens_quote = not prepared or prepared[-1][-1:].isspace() or prepared[-1][-1:] in "([{"
        for old, new in replace(cluster, opens_quote=opens_quote):
            if new is None:
                unknown[old] += 1
            elif new != old:
                folded[old, new] += 1
            prepared.append(old if new is None else new)
    return "".join(prepared), Replacements(dict(folded), dict(unknown))


def _clusters(text: str) -> Iterator[str]:
    """Yield each character together with the marks that follow it."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not joins_previous(text[index]):
            yield text[start:index]
            start = index


def _replace(cluster: str, known: Container[str], *, opens_quote: bool) -> list[tuple[str, str | None]]:
    """Return the cluster with its replacement, or each of its characters with a replacement, None if it has none."""
    whole = _most_similar(cluster, known, opens_quote=opens_quote)
    if whole is not None:
        return [(cluster, whole)]
    return [(character, _most_similar(character, known, opens_quote=False)) for character in cluster]


def _most_similar(cluster: str, known: Container[str], *, opens_quote: bool) -> str | None:
    candidates = _candidates(cluster, opens_quote=opens_quote)
    return next((text for text in candidates if all(character in known for character in text)), None)


def _candidates(cluster: str, *, opens_quote: bool) -> Iterator[str]:
    """Yield replacements of a cluster, the most similar first: the cluster itself, and changes of case last."""
    only_marks = all(is_mark(character) or unicodedata.category(character) == "Cf" for character in cluster)
    compatible = unicodedata.normalize("NFKC", cluster)
    bare = "".join(character for character in unicodedata.normalize("NFKD", cluster) if not is_mark(character))
    forms = [cluster, unicodedata.normalize("NFC", cluster), unicodedata.normalize("NFD", cluster)]
    forms += [_PLAIN.get(cluster, cluster), compatible, *_typographic(cluster, opens_quote=opens_quote)]
    forms += ["".join(_PLAIN.get(character, character) for character in bare)] if bare else []
    forms += [" "] if cluster.isspace() else []
    forms += ["\n"] if cluster in _LINE_ENDS else []
    forms += [""] if only_marks else []
    yield from forms
    for form in forms:
        yield from (form.lower(), form.upper())


def _typographic(cluster: str, *, opens_quote: bool) -> list[str]:
    """Return the curly and full-width variants of an ASCII sign, for a model that learned typeset text."""
    if len(cluster) != 1 or not "!" <= cluster <= "~":
        return []
    variants = _TYPOGRAPHIC.get(cluster, "")
    ordered = variants if opens_quote or cluster == "-" else variants[::-1]
    return [*ordered, chr(ord(cluster) + 0xFEE0)]
