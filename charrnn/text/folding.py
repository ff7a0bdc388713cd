"""Text a model has not learned → text it has: the nearest characters, and a sentence that says what was replaced.

In: any string, and the characters that are known. Out: a string and `Replacements`. Characters without a near
relative stay as they are; the tokenizer reads them as unknown.
"""

import unicodedata
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from charrnn.text.escape import visible_line
from charrnn.text.normal_form import is_mark, joins_previous

_QUOTES = dict.fromkeys("‘’‚‛′‹›`´", "'") | dict.fromkeys("“”„‟″«»", '"')
_DASHES = dict.fromkeys("‐‑‒–−", "-") | {"—": "--", "―": "--"}
_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "ı": "i"}
_CAPITALS = {letter.upper(): plain.capitalize() for letter, plain in _LETTERS.items() if letter not in "ßı"}
_PLAIN = _QUOTES | _DASHES | _LETTERS | _CAPITALS
_TYPOGRAPHIC = {"'": "‘’", '"': "“”", "-": "‐–—"}
_LINE_ENDS = frozenset("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_EXAMPLES = 5


@dataclass(frozen=True)
class Replacements:
    """What `prepare` did: how often each (original, replacement) and each unknown character occurred."""

    folded: dict[tuple[str, str], int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.folded or self.unknown)

    def __str__(self) -> str:
        """One clause for what was replaced and one for what is unknown; empty when nothing was."""
        pairs = [f"{visible_line(old)} → {visible_line(new) or 'nothing'}" for old, new in self.folded]
        clauses = [
            _clause(sum(self.folded.values()), "replaced by the nearest one the model knows", pairs),
            _clause(
                sum(self.unknown.values()), "unknown to the model", [visible_line(each) for each in self.unknown]
            ),
        ]
        return "; ".join(clause for clause in clauses if clause)


def _clause(count: int, what: str, examples: list[str]) -> str:
    if not count:
        return ""
    more = ", …" if len(examples) > _EXAMPLES else ""
    noun = "character is" if count == 1 else "characters are"
    return f"{count} {noun} {what} ({', '.join(examples[:_EXAMPLES])}{more})"


def prepare(text: str, known: Container[str], normal_form: str | None) -> tuple[str, Replacements]:
    """Bring `text` as near to the `known` characters as it goes: normal form, folding, case; in that order."""
    if normal_form == "NFC":
        text = unicodedata.normalize("NFC", text)
    if "\r" not in known:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    folded: Counter[tuple[str, str]] = Counter()
    unknown: Counter[str] = Counter()
    pieces: list[str] = []
    for cluster in _clusters(text):
        opening = not pieces or pieces[-1][-1:].isspace() or pieces[-1][-1:] in "([{"
        whole = _nearest(cluster, known, opening=opening)
        parts = [(cluster, whole)] if whole is not None else [(e, _nearest(e, known, opening=False)) for e in cluster]
        for old, new in parts:
            if new is None:
                unknown[old] += 1
            elif new != old:
                folded[old, new] += 1
            pieces.append(old if new is None else new)
    return "".join(pieces), Replacements(dict(folded), dict(unknown))


def _clusters(text: str) -> Iterator[str]:
    """Each character together with the marks that follow it."""
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or not joins_previous(text[index]):
            yield text[start:index]
            start = index


def _nearest(cluster: str, known: Container[str], *, opening: bool) -> str | None:
    candidates = _candidates(cluster, opening=opening)
    return next((each for each in candidates if all(character in known for character in each)), None)


def _candidates(cluster: str, *, opening: bool) -> Iterator[str]:
    """Ever coarser stand-ins for a cluster, the cluster itself first and a change of case last."""
    marks = all(is_mark(each) or unicodedata.category(each) == "Cf" for each in cluster)
    compatible = unicodedata.normalize("NFKC", cluster)
    bare = "".join(each for each in unicodedata.normalize("NFKD", cluster) if not is_mark(each))
    forms = [cluster, unicodedata.normalize("NFC", cluster), unicodedata.normalize("NFD", cluster)]
    forms += [_PLAIN.get(cluster, cluster), compatible, *_typographic(cluster, opening=opening)]
    forms += ["".join(_PLAIN.get(each, each) for each in bare)] if bare else []
    forms += [" "] if cluster.isspace() else []
    forms += ["\n"] if cluster in _LINE_ENDS else []
    forms += [""] if marks else []
    yield from forms
    for form in forms:
        yield from (form.lower(), form.upper())


def _typographic(cluster: str, *, opening: bool) -> list[str]:
    """Curly and full-width relatives of an ASCII sign, for a model that learned a typeset text."""
    if len(cluster) != 1 or not "!" <= cluster <= "~":
        return []
    marks = _TYPOGRAPHIC.get(cluster, "")
    ordered = marks if opening or cluster == "-" else marks[::-1]
    return [*ordered, chr(ord(cluster) + 0xFEE0)]
