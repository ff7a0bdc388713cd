"""Word boundaries: a word is letters, digits and marks with apostrophes and hyphens inside, or a run of Han or kana.

Text in Han or kana has no spaces between words. Each token of Han or kana counts as a word.
"""

from charrnn.text.normal_form import is_mark

JOINERS = "'’-"
"""Signs that belong to a word if they follow one of its letters."""
HAN = ((0x2E80, 0x303F), (0x3041, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
"""Ranges of code points of Han and kana, including signs that are not letters."""


def is_han(character: str) -> bool:
    """Return True for a letter of Han or kana."""
    code = ord(character)
    return code >= HAN[0][0] and character.isalpha() and any(low <= code <= high for low, high in HAN)


def is_letter(character: str) -> bool:
    """Return True for a letter, digit or mark of a script with spaces between words."""
    if character.isalnum():
        return not is_han(character)
    return ord(character) > 0x7F and is_mark(character)


def trailing_word(text: str) -> str:
    """Return the complete or incomplete word at the end of the text; empty if there is none."""
    start = len(text)
    while start and (text[start - 1] in JOINERS or is_letter(text[start - 1])):
        start -= 1
    return text[start:].lstrip(JOINERS)


def continuation_end(text: str) -> int | None:
    """Return the length of the rest of a word at the beginning of a text; None if the word may continue after it."""
    ends = (end for end, character in enumerate(text) if not (character in JOINERS or is_letter(character)))
    return next(ends, None)


def leading_word_end(text: str, *, spaced: bool) -> int | None:
    """Return the end offset of the leading word; one leading space is allowed if `spaced`.

    0 if the text does not begin with a word; None if the word may continue after the text.
    """
    start = 1 if spaced and text.startswith(" ") else 0
    if start == len(text):
        return None
    if is_han(text[start]):
        return next((end for end in range(start, len(text)) if not is_han(text[end])), len(text))
    if not is_letter(text[start]):
        return 0
    length = continuation_end(text[start:])
    return None if length is None else start + length
