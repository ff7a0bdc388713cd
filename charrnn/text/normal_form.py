"""Normal forms: text, whole or in chunks → text in Unicode's composed form (NFC), or unchanged."""

import unicodedata
from collections.abc import Iterable, Iterator

from charrnn.errors import ModelError
from charrnn.text.chunks import DOCUMENT_END, Chunk


def normalize(text: str, normal_form: str | None) -> str:
    """Return the text in NFC, or unchanged if `normal_form` is None."""
    return text if normal_form is None or text.isascii() else unicodedata.normalize("NFC", text)


def normalized_chunks(chunks: Iterable[Chunk], normal_form: str | None) -> Iterator[Chunk]:
    """Yield the chunks of a text in NFC, or unchanged if `normal_form` is None.

    The last character of a chunk is held back until the next chunk, which may begin with marks that merge with it.
    """
    if normal_form is None:
        yield from chunks
        return
    pending = ""
    for chunk in chunks:
        if chunk is DOCUMENT_END:
            if pending:
                yield normalize(pending, normal_form)
            pending = ""
            yield chunk
            continue
        text = pending + chunk
        end = len(text) - 1
        while end > 0 and joins_previous(text[end]):
            end -= 1
        pending = text[end:]
        if end:
            yield normalize(text[:end], normal_form)


def check_normal_form(normal_form: object) -> None:
    """Raise ModelError if `normal_form` is neither None nor NFC."""
    if normal_form not in (None, "NFC"):
        raise ModelError(f"the normal form {normal_form!r} is not supported; it must be NFC or null")


def joins_previous(character: str) -> bool:
    """Return True if NFC may merge the character with the one that precedes it: text must not be cut between them."""
    code = ord(character)
    jamo = 0x1160 <= code <= 0x11FF or 0x16D63 <= code <= 0x16D6A
    return code > 0x7F and (jamo or unicodedata.combining(character) != 0 or is_mark(character))


def is_mark(character: str) -> bool:
    """Return True if the character is a combining mark."""
    return unicodedata.category(character).startswith("M")
