"""Datasets: a corpus → token ids for training and for validation, in memory or mapped from a file.

The text is read chunk by chunk and never held in memory as a whole. The vocabulary is made from the training part
alone. The same text gives the same arrays.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from charrnn.config import TextConfig
from charrnn.errors import TextError
from charrnn.text.batches import rare_tokens
from charrnn.text.corpus import Corpus
from charrnn.text.encoded import MEMORY_THRESHOLD, EncodedText, IdWriter, count_unknown, encode_chunk
from charrnn.text.ids import Ids, id_dtype
from charrnn.text.progress import ENCODING, LEARNING, OnProgress, report_chunks
from charrnn.text.split import Split, choose_split, reopen_corpus, split_corpus
from charrnn.text.tokenizers import Tokenizer, make_tokenizer

MakeTokenizer: TypeAlias = Callable[[Callable[[], Iterable[str]], int], Tokenizer]
"""A function that makes a tokenizer from a function that returns the chunks of a training text, and its length."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Token ids of the training part (N,) and of the validation part (M,), of the smallest unsigned type; M may be 0.

    `counts` (V,) has the number of occurrences of each id in the training part; `validation_unknown` is the number
    of <unk> in the validation part.
    """

    tokenizer: Tokenizer
    split: Split
    training: Ids
    validation: Ids
    counts: npt.NDArray[np.int64]
    validation_unknown: int

    @property
    def training_characters(self) -> int:
        """Length of the training part in characters of the normal form."""
        return self.split.training_characters

    @property
    def validation_characters(self) -> int:
        """Length of the validation part in characters of the normal form."""
        return self.split.validation_characters

    def rare(self) -> npt.NDArray[np.bool_]:
        """Return a mask (V,) of the rare tokens, without <s> and </s>, which may be few."""
        counts = self.counts.copy()
        counts[[token for token in (self.tokenizer.bos_id, self.tokenizer.eos_id) if token is not None]] = 0
        return rare_tokens(counts)

    def validation_text(self) -> EncodedText:
        """Return the validation part, preceded by the last token of the training part."""
        return EncodedText(
            self.validation, int(self.training[-1]), self.validation_characters, self.validation_unknown
        )


def build_dataset(
    corpus: Corpus,
    config: TextConfig,
    make: MakeTokenizer | None = None,
    *,
    scratch: Path | None = None,
    memory_threshold: int = MEMORY_THRESHOLD,
    on_progress: OnProgress | None = None,
) -> Dataset:
    """Make a tokenizer from the training part, by `make` or else as `config` says, and encode both parts.

    Where `config` leaves open which part is held out, the config of the split says it. More than `memory_threshold`
    bytes of ids go to an unnamed file in the folder `scratch`, by default the system's temporary folder; the file
    vanishes with the arrays. Raises TextError for fewer than 2 tokens to train on.
    """
    split = choose_split(corpus, config, on_progress)
    characters = split.training_characters
    if characters < 1:
        raise TextError(
            f"training needs at least 2 characters, but only {characters} of {split.characters} are in the training "
            "part; give a longer text or a smaller `val_fraction`"
        )

    def chunks() -> Iterator[str]:
        return report_chunks(split.training(), LEARNING, characters, on_progress)

    tokenizer = make(chunks, characters) if make else make_tokenizer(config, chunks, characters)
    return _encode(split, tokenizer, scratch, memory_threshold, on_progress)


def dataset_from(
    corpus: Corpus,
    tokenizer: Tokenizer,
    config: TextConfig,
    *,
    scratch: Path | None = None,
    memory_threshold: int = MEMORY_THRESHOLD,
    on_progress: OnProgress | None = None,
) -> Dataset:
    """Split a text as its config says and encode both parts with an existing tokenizer, as a resumed run does."""
    split = split_corpus(corpus, config, on_progress)
    return _encode(split, tokenizer, scratch, memory_threshold, on_progress)


def dataset_of_run(
    config: TextConfig, tokenizer: Tokenizer, corpus: Corpus | None = None, on_progress: OnProgress | None = None
) -> Dataset:
    """Return the dataset of a run, from its text if that is open already; TextError if it has moved or changed."""
    corpus = corpus or reopen_corpus(config, on_progress=on_progress)
    return dataset_from(corpus, tokenizer, config, on_progress=on_progress)


def _encode(
    split: Split, tokenizer: Tokenizer, scratch: Path | None, memory_threshold: int, on_progress: OnProgress | None
) -> Dataset:
    """Encode both parts, each in the order of the text, and count the ids."""
    counts, unknown, dtype = np.zeros(tokenizer.vocabulary_size, np.int64), 0, id_dtype(tokenizer.vocabulary_size)
    with (
        IdWriter(dtype, scratch, memory_threshold) as training,
        IdWriter(dtype, scratch, memory_threshold) as validation,
    ):
        chunks = report_chunks(split.chunks(), ENCODING, split.characters, on_progress)
        for chunk, in_training in split.parts(chunks):
            writer = training if in_training else validation
            ids = encode_chunk(tokenizer, chunk, writer.last_id)
            writer.write(ids)
            if in_training:
                counts += np.bincount(ids, minlength=counts.size)
            else:
                unknown += count_unknown(ids, tokenizer)
        tokens = int(counts.sum())
        if tokens < 2:
            raise TextError(
                f"training needs at least 2 tokens, but the training part has {tokens}; give a longer text or a "
                "smaller `val_fraction`"
            )
        return Dataset(tokenizer, split, training.array(), validation.array(), counts, unknown)
