"""What a word is: letters, digits and marks with apostrophes and hyphens inside, or a run of Han or kana.

A script without spaces does not tell where its words end: a token that holds several of its characters is taken for
a word, and so is each character that stands alone.
"""

import unicodedata

JOINERS = "'’-"
"""They are part of a word when something stands before them in it."""
HAN = ((0x2E80, 0x303F), (0x3041, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
"""Han and kana, among which there are signs that are no letters."""


def is_han(character: str) -> bool:
    """Whether it is a letter of a script without spaces."""
    code = ord(character)
    return code >= HAN[0][0] and character.isalpha() and any(low <= code <= high for low, high in HAN)


def is_letter(character: str) -> bool:
    """Whether it may stand anywhere in a word of a script with spaces."""
    if character.isalnum():
        return not is_han(character)
    return ord(character) > 0x7F and unicodedata.category(character).startswith("M")


def trailing_word(text: str) -> str:
    """The word that a text ends in, as far as it is typed; empty if it does not end in one."""
    begin = len(text)
    while begin and (text[begin - 1] in JOINERS or is_letter(text[begin - 1])):
        begin -= 1
    return text[begin:].lstrip(JOINERS)


def continuation_end(text: str) -> int | None:
    """Where a word that is under way ends in what follows it; None if it does not end there."""
    ends = (at for at, each in enumerate(text) if not (each in JOINERS or is_letter(each)))
    return next(ends, None)


def leading_word_end(text: str, *, spaced: bool) -> int | None:
    """Where the word ends that a text begins with, before which one space may stand if `spaced`.

    0 if it begins with none; None if it may go on behind the text.
    """
    begin = 1 if spaced and text.startswith(" ") else 0
    if begin == len(text):
        return None
    if is_han(text[begin]):
        return next((at for at in range(begin, len(text)) if not is_han(text[at])), len(text))
    if not is_letter(text[begin]):
        return 0
    end = continuation_end(text[begin:])
    return None if end is None else begin + end
