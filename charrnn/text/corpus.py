"""What was named on the command line → documents → one text in chunks, and a report on what was found.

A `Corpus` can be read again and again, and never holds a whole text.
"""

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charrnn.errors import TextError, UsageError
from charrnn.text.documents import Document, Tally
from charrnn.text.sources import find_sources, is_shadowed


@dataclass(frozen=True)
class CorpusReport:
    """What was found: documents read, bytes (unpacked), characters, and what was set right on the way.

    `bom` and `crlf` count the documents with a byte order mark and with line ends other than LF; `skipped`
    counts binary files in folders; `shadowed` are paths that bear the name of a built-in text.
    `sha256` is that of the text as UTF-8, newlines between documents included.
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
        """One line for people."""
        notes = [
            f"{self.files:,} {'document' if self.files == 1 else 'documents'}",
            f"{self.characters:,} characters",
            f"byte order mark dropped in {self.bom:,}" if self.bom else "",
            f"line ends turned into LF in {self.crlf:,}" if self.crlf else "",
            f"{self.skipped:,} binary {'file' if self.skipped == 1 else 'files'} skipped" if self.skipped else "",
            *(f"{name} is the path of that name, not the built-in text" for name in self.shadowed),
        ]
        return ", ".join(note for note in notes if note)


@dataclass(frozen=True)
class Corpus:
    """Documents in order, one text: a newline stands between two wherever the first does not end in one."""

    documents: tuple[Document, ...]
    report: CorpusReport

    def chunks(self) -> Iterator[str]:
        """The whole text from its beginning, in pieces; an empty one stands behind each document.

        TextError if it has changed since.
        """
        characters = 0
        for chunk in _joined(self.documents, Tally()):
            characters += len(chunk)
            yield chunk
        if characters != self.report.characters:
            raise TextError("the text has changed while it was read; begin again when it is at rest")


def read_corpus(sources: Sequence[str | Path], *, encoding: str = "utf-8", stdin: BinaryIO | None = None) -> Corpus:
    """Find and read through the texts that `sources` name, once, so that every fault is told before work begins.

    A source is a file, a folder, a glob pattern, `-` for `stdin`, a built-in name or one of the catalogue; an
    existing path comes before a name. TextError for a text that is missing, unreadable, undecodable, binary or
    empty; UsageError for an unknown encoding.
    """
    encoding = known_encoding(encoding)
    names = [str(each) for each in sources]
    documents: list[Document] = []
    skipped = 0
    for source in find_sources(names):
        document = Document.from_source(source, encoding, stdin)
        fault = document.fault()
        if fault is not None and not source.in_folder:
            raise TextError(fault)
        skipped += fault is not None
        if fault is None and not (source.in_folder and document.is_empty()):
            documents.append(document)
    if not documents:
        found = f" ({skipped:,} binary files)" if skipped else ""
        raise TextError(f"there is no text in {', '.join(names)}{found}; name a file or a folder that holds one")
    shadowed = tuple(name for name in names if is_shadowed(name))
    return Corpus(tuple(documents), _survey(documents, encoding, skipped, shadowed))


def known_encoding(encoding: str) -> str:
    """Python's own name of an encoding of text; UsageError if there is none."""
    try:
        "a".encode(encoding)
        name = codecs.lookup(encoding).name
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError) as error:
        known = "utf-8, utf-16, cp1252, latin-1, gb18030, big5, shift_jis or koi8-r"
        raise UsageError(f"--encoding {encoding!r} is not an encoding of text; take one such as {known}") from error
    return "utf-8" if name == "utf-8-sig" else name


def _survey(documents: list[Document], encoding: str, skipped: int, shadowed: tuple[str, ...]) -> CorpusReport:
    """Read everything once: count it, and take its SHA-256. An empty text is refused."""
    tally, digest, characters = Tally(), hashlib.sha256(), 0
    for chunk in _joined(documents, tally):
        characters += len(chunk)
        digest.update(chunk.encode("utf-8", "surrogatepass"))
    if not characters:
        raise TextError(f"{' and '.join(each.name for each in documents[:3])} is empty; give a text")
    return CorpusReport(
        files=len(documents),
        bytes=tally.bytes,
        characters=characters,
        encoding=encoding,
        bom=tally.bom,
        crlf=tally.crlf,
        skipped=skipped,
        shadowed=shadowed,
        sha256=digest.hexdigest(),
    )


def _joined(documents: Sequence[Document], tally: Tally) -> Iterator[str]:
    for number, document in enumerate(documents, 1):
        last = "\n"
        for chunk in document.chunks(tally):
            yield chunk
            last = chunk[-1]
        if last != "\n" and number < len(documents):
            yield "\n"
        yield ""
