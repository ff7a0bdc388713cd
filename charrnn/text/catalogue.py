"""The catalogue of public texts that `charrnn corpora get` downloads: address, size, license and SHA-256 of each."""

import os
from dataclasses import dataclass
from pathlib import Path

_MAHONEY = "http://mattmahoney.net/dc"
_STORIES = "https://huggingface.co/datasets/roneneldan/TinyStories/resolve/f54c09fd23315a6f9c86f9dc80f725de7d8f9c64"


@dataclass(frozen=True)
class Entry:
    """One text. `size` (bytes) and `sha256` are those of the file at `url`; `member` is the path within a .zip."""

    name: str
    title: str
    url: str
    size: int
    sha256: str
    license: str
    member: str | None = None


CATALOGUE = (
    Entry(
        name="tiny-shakespeare",
        title="40,000 lines of Shakespeare's plays",
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        size=1_115_394,
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        license="public domain",
    ),
    Entry(
        name="wikitext-2",
        title="Good articles of Wikipedia, 2 million words, with case and numbers kept",
        url="https://wikitext.smerity.com/wikitext-2-raw-v1.zip",
        size=4_721_645,
        sha256="ef7edb566e3e2b2d31b29c1fdb0c89a4cc683597484c3dc2517919c615435a11",
        license="CC BY-SA 3.0",
        member="wikitext-2-raw/wiki.train.raw",
    ),
    Entry(
        name="wikitext-103",
        title="Good articles of Wikipedia, 100 million words, with case and numbers kept",
        url="https://wikitext.smerity.com/wikitext-103-raw-v1.zip",
        size=191_984_949,
        sha256="91c00ae287f0d699e18605c84afc9e45c192bc6b7797ff8837e5474655a33794",
        license="CC BY-SA 3.0",
        member="wikitext-103-raw/wiki.train.raw",
    ),
    Entry(
        name="tiny-stories",
        title="Stories in the vocabulary of a four-year-old: the validation part of TinyStories",
        url=f"{_STORIES}/TinyStories-valid.txt",
        size=19_447_282,
        sha256="94e431816c4cce81ff71e4408ff8d3bda9a42e8d2663986697c3954288cb38b4",
        license="CDLA-Sharing-1.0",
    ),
    Entry(
        name="tiny-stories-2",
        title="Stories in the vocabulary of a four-year-old: the validation part of TinyStories V2",
        url=f"{_STORIES}/TinyStoriesV2-GPT4-valid.txt",
        size=22_502_601,
        sha256="6874bae9a4c1a4e7edcf0e53b86c17817e9cf881fc75ff2368da457b80c0585d",
        license="CDLA-Sharing-1.0",
    ),
    Entry(
        name="tiny-stories-train",
        title="Stories in the vocabulary of a four-year-old: the training part of TinyStories",
        url=f"{_STORIES}/TinyStories-train.txt",
        size=1_924_281_556,
        sha256="c5cf5e22ff13614e830afbe61a99fbcbe8bcb7dd72252b989fa1117a368d401f",
        license="CDLA-Sharing-1.0",
    ),
    Entry(
        name="text8",
        title="Wikipedia of 2006, 100 million characters, only the letters a to z and spaces",
        url=f"{_MAHONEY}/text8.zip",
        size=31_344_016,
        sha256="a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232",
        license="GFDL",
        member="text8",
    ),
    Entry(
        name="enwik8",
        title="Wikipedia of 2006 as XML, the first 100 million bytes",
        url=f"{_MAHONEY}/enwik8.zip",
        size=36_445_475,
        sha256="547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
        license="GFDL",
        member="enwik8",
    ),
    Entry(
        name="enwik9",
        title="Wikipedia of 2006 as XML, the first 1,000 million bytes",
        url=f"{_MAHONEY}/enwik9.zip",
        size=322_592_222,
        sha256="99cdb5ac84392252d3f0912ccedd195bc95bd80cbef3b0cdf2eee4ad9a3b7a51",
        license="GFDL",
        member="enwik9",
    ),
)


def entry_names() -> tuple[str, ...]:
    """Return the names of the texts, in the order of the catalogue."""
    return tuple(entry.name for entry in CATALOGUE)


def find_entry(name: str) -> Entry | None:
    """Return the entry of that name, or None."""
    return next((entry for entry in CATALOGUE if entry.name == name), None)


def catalogue_folder() -> Path:
    """Return the folder of downloaded texts: CHARRNN_DATA if it is set, else one in the user's data folder."""
    folder = os.environ.get("CHARRNN_DATA")
    if folder:
        return Path(folder)
    from platformdirs import user_data_path

    return user_data_path("charrnn", appauthor=False) / "corpora"


def text_path(name: str, folder: Path) -> Path:
    """Return the path of a downloaded text in this folder."""
    return folder / f"{name}.txt"


def downloaded_path(name: str) -> Path | None:
    """Return the path of a text of the catalogue, or None if it has not been downloaded."""
    path = text_path(name, catalogue_folder())
    return path if path.is_file() else None
