"""Escapes: any text → text without control characters, which a terminal would execute."""

import unicodedata

_KEPT = frozenset("\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")


def visible(text: str) -> str:
    """Return the text with unprintable characters, such as ESC and bidi marks, as `\\x1b`; \\n and \\t are kept."""
    return text if text.isprintable() else "".join(map(_visible, text))


def visible_line(text: str) -> str:
    """Return the text on one line, with all unprintable characters, including \\n and \\t, as escapes."""
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _visible(character: str) -> str:
    kept = character.isprintable() or character in _KEPT or unicodedata.category(character) == "Zs"
    return character if kept else _escape(character)


def _escape(character: str) -> str:
    return ascii(character)[1:-1]
