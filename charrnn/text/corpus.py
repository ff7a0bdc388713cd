"""Corpora: names of texts → documents → one text in chunks, and a report on it.

A `Corpus` can be read any number of times. It never holds the whole text in memory.
"""

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charrnn.errors import TextError, UsageError
from charrnn.text.chunks import DOCUMENT_END, Chunk
from charrnn.text.documents import Document, ReadingCounts
from charrnn.text.progress import READING, OnProgress
from charrnn.text.sources import Source, find_sources, is_shadowed


@dataclass(frozen=True)
class CorpusReport:
    """Facts about a corpus: numbers of documents, of bytes (unpacked) and of characters, and corrections made.

    `bom` and `crlf` count the documents with a byte order mark and with line ends other than LF; `skipped` counts the
    binary files of folders; `shadowed` are the paths that have the name of a built-in text. `sha256` is that of the
    text as UTF-8, with the newlines that were inserted between documents.
    """

    files: int
    bytes: int
    characters: int
    encoding: str
    bom: int
    crlf: int
    skipped: int
    shadowed: tuple[str, ...]
    sha256: str

    def __str__(self) -> str:
        """Return a summary in one line."""
        notes = [
            f"{self.files:,} {'document' if self.files == 1 else 'documents'}",
            f"{self.characters:,} characters",
            f"byte order mark dropped in {self.bom:,}" if self.bom else "",
            f"line ends turned into LF in {self.crlf:,}" if self.crlf else "",
            f"{self.skipped:,} binary {'file' if self.skipped == 1 else 'files'} skipped" if self.skipped else "",
            *(f"{name} is a path here, which takes precedence over the built-in text" for name in self.shadowed),
        ]
        return ", ".join(note for note in notes if note)


@dataclass(frozen=True)
class Corpus:
    """Documents in order, read as one text: a newline is inserted between two if the first does not end in one."""

    documents: tuple[Document, ...]
    report: CorpusReport

    def chunks(self) -> Iterator[Chunk]:
        """Yield the whole text, and DOCUMENT_END after each document.

        Raises TextError if the length of the text has changed since the report was made.
        """
        characters = 0
        for chunk in _concatenate(self.documents, ReadingCounts()):
            characters += len(chunk) if isinstance(chunk, str) else 0
            yield chunk
        if characters != self.report.characters:
            raise TextError("the text changed while it was being read; start again when nothing writes to it")


def read_corpus(
    sources: Sequence[str | Path],
    *,
    encoding: str = "utf-8",
    stdin: BinaryIO | None = None,
    builtin_first: bool = False,
    on_progress: OnProgress | None = None,
) -> Corpus:
    """Return the corpus of these sources, after reading all of it once, so that faults are found before work begins.

    A source is a file, a folder, a glob pattern, `-` for `stdin`, a built-in name or one of the catalogue; an
    existing path takes precedence over a name, unless `builtin_first`. Raises TextError for a text that is
    unreadable, undecodable, binary or empty, and UsageError for an unknown source or encoding.
    """
    encoding = canonical_encoding(encoding)
    names = [str(source) for source in sources]
    documents, skipped = _open_documents(find_sources(names, builtin_first=builtin_first), encoding, stdin)
    if not documents:
        note = f" ({skipped:,} binary files)" if skipped else ""
        raise TextError(f"there is no text in {', '.join(names)}{note}; name a file or a folder that holds one")
    shadowed = tuple(name for name in names if is_shadowed(name))
    return Corpus(tuple(documents), _survey(documents, encoding, skipped, shadowed, on_progress))


def canonical_encoding(encoding: str) -> str:
    """Return Python's name of a text encoding. Raises UsageError if there is no such encoding."""
    try:
        "a".encode(encoding)
        name = codecs.lookup(encoding).name
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError) as error:
        examples = "utf-8, utf-16, cp1252, latin-1, gb18030, big5, shift_jis or koi8-r"
        raise UsageError(f"`encoding` must be a text encoding such as {examples}, got {encoding!r}") from error
    return "utf-8" if name == "utf-8-sig" else name


def _open_documents(sources: list[Source], encoding: str, stdin: BinaryIO | None) -> tuple[list[Document], int]:
    """Return the documents of the sources, and the number of binary files that were skipped in folders."""
    documents: list[Document] = []
    skipped = 0
    for source in sources:
        document = Document.from_source(source, encoding, stdin)
        fault = document.binary_fault()
        if fault is not None and not source.in_folder:
            raise TextError(fault)
        skipped += fault is not None
        if fault is None and not (source.in_folder and document.is_empty()):
            documents.append(document)
    return documents, skipped


def _survey(
    documents: list[Document],
    encoding: str,
    skipped: int,
    shadowed: tuple[str, ...],
    on_progress: OnProgress | None,
) -> CorpusReport:
    """Read all documents once and return the report. Raises TextError if they have no character."""
    counts, digest, characters, done = ReadingCounts(), hashlib.sha256(), 0, 0
    size = sum(document.size() for document in documents)
    for chunk in _concatenate(documents, counts):
        if isinstance(chunk, str):
            data = chunk.encode("utf-8", "surrogatepass")
            characters, done = characters + len(chunk), done + len(data)
            digest.update(data)
            if on_progress is not None:
                on_progress(READING, min(1.0, done / max(1, size)))  # a guess if it is packed or not UTF-8
    if not characters:
        names = " and ".join(document.name for document in documents[:3])
        raise TextError(f"{names} is empty; name a file that holds text")
    return CorpusReport(
        files=len(documents),
        bytes=counts.bytes,
        characters=characters,
        encoding=encoding,
        bom=counts.bom,
        crlf=counts.crlf,
        skipped=skipped,
        shadowed=shadowed,
        sha256=digest.hexdigest(),
    )


def _concatenate(documents: Sequence[Document], counts: ReadingCounts) -> Iterator[Chunk]:
    for number, document in enumerate(documents, 1):
        last = "\n"
        for chunk in document.chunks(counts):
            yield chunk
            last = chunk[-1]
        if last != "\n" and number < len(documents):
            yield "\n"
        yield DOCUMENT_END
