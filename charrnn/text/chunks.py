"""Chunks: a text in reading order, as strings of any length and a marker at the end of each document."""

import enum
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias


class DocumentEnd(enum.Enum):
    """The type of DOCUMENT_END."""

    DOCUMENT_END = enum.auto()


DOCUMENT_END: Final = DocumentEnd.DOCUMENT_END
"""Marker of the end of a document among the chunks of a text."""

Chunk: TypeAlias = str | DocumentEnd


def strings(chunks: Iterable[Chunk]) -> Iterator[str]:
    """Yield the text of the chunks, without the document ends."""
    return (chunk for chunk in chunks if isinstance(chunk, str))


def head(chunks: Iterable[Chunk], limit: int) -> str:
    """Return the first `limit` characters of a text, or all if it has fewer; read no chunk beyond them."""
    parts: list[str] = []
    for chunk in strings(chunks):
        parts.append(chunk[:limit])
        limit -= len(parts[-1])
        if limit == 0:
            break
    return "".join(parts)
