"""Text from anywhere → text that a screen may have: nothing in it that a terminal would obey."""

import unicodedata

_HARMLESS = frozenset("\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")


def visible(text: str) -> str:
    """ESC, C1, bidi marks and other unprintable characters as escapes such as `\\x1b`; \\n and \\t stay."""
    return text if text.isprintable() else "".join(map(_visible, text))


def visible_line(text: str) -> str:
    """The same on one line: \\n and \\t are escapes too."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _visible(character: str) -> str:
    plain = character.isprintable() or character in _HARMLESS or unicodedata.category(character) == "Zs"
    return character if plain else ascii(character)[1:-1]
