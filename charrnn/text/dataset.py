"""A corpus → the ids to train on and the ids held out, in memory or, if there are many, mapped from a file.

The text is read chunk by chunk and never held as a whole. Its last `val_fraction`, counted in characters, is
held out; the vocabulary comes from the rest alone. The same text gives the same arrays.
"""

import itertools
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
from charrnn.text.split import count_characters, normalised, reopen_corpus, split_at, training_length
from charrnn.text.tokenizers import Tokenizer, make_tokenizer

MakeTokenizer: TypeAlias = Callable[[Callable[[], Iterable[str]], int], Tokenizer]


@dataclass(frozen=True, eq=False)
class Dataset:
    """(N,) ids to train on and (M,) ids held out, of the smallest unsigned type; M may be 0.

    `counts` (V,) says how often each id occurs in the training part; `validation_unknown` is how many
    characters of the validation part the tokenizer does not know. Characters are those of the normal form.
    """

    tokenizer: Tokenizer
    training: Ids
    validation: Ids
    training_characters: int
    validation_characters: int
    counts: npt.NDArray[np.int64]
    validation_unknown: int

    def rare(self) -> npt.NDArray[np.bool_]:
        """(V,) which tokens are rare; the marks of documents are not, however few there are."""
        counts = self.counts.copy()
        counts[[mark for mark in (self.tokenizer.bos_id, self.tokenizer.eos_id) if mark is not None]] = 0
        return rare_tokens(counts)

    def validation_text(self) -> EncodedText:
        """The validation part, preceded by the last token of the training part."""
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
) -> Dataset:
    """Make the tokenizer that `config` asks for from the training part, and encode both parts with it.

    `make` makes another one, from what gives the training part and from its length in characters. More than
    `memory_threshold` bytes of ids go to an unnamed file in `scratch`, by default the system's temporary folder,
    which vanishes with the arrays. TextError if fewer than 2 tokens are left to train on.
    """
    characters = count_characters(corpus, config.normal_form)
    cut = training_length(characters, config.val_fraction)
    if cut < 1:
        raise _too_short(characters, cut)

    def training() -> Iterator[str]:
        parts = split_at(normalised(corpus, config.normal_form), cut)
        return (piece for piece, _ in itertools.takewhile(lambda part: part[1], parts))

    tokenizer = make(training, cut) if make else make_tokenizer(config, training, cut)
    return dataset_from(
        corpus, tokenizer, val_fraction=config.val_fraction, scratch=scratch, memory_threshold=memory_threshold
    )


def dataset_from(
    corpus: Corpus,
    tokenizer: Tokenizer,
    *,
    val_fraction: float = 0.1,
    scratch: Path | None = None,
    memory_threshold: int = MEMORY_THRESHOLD,
) -> Dataset:
    """Split a text and encode it with a tokenizer that exists already, as a resumed run does."""
    characters = count_characters(corpus, tokenizer.normal_form)
    cut = training_length(characters, val_fraction)
    counts = np.zeros(tokenizer.vocabulary_size, np.int64)
    unknown = 0
    with IdWriter(id_dtype(tokenizer.vocabulary_size), scratch, memory_threshold) as writer:
        for piece, is_training in split_at(normalised(corpus, tokenizer.normal_form), cut):
            ids = encode_chunk(tokenizer, piece, writer.last_id)
            writer.write(ids)
            if is_training:
                counts += np.bincount(ids, minlength=counts.size)
            else:
                unknown += count_unknown(ids, tokenizer)
        tokens = int(counts.sum())
        if tokens < 2:
            raise TextError(
                f"at least 2 tokens are needed to train on, and this text leaves {tokens}; give a longer text, or a "
                "smaller --val-fraction"
            )
        array = writer.array()
    return Dataset(tokenizer, array[:tokens], array[tokens:], cut, characters - cut, counts, unknown)


def dataset_of(config: TextConfig, tokenizer: Tokenizer) -> Dataset:
    """The dataset of a run, from its own text; TextError if that has moved or changed."""
    return dataset_from(reopen_corpus(config), tokenizer, val_fraction=config.val_fraction)


def _too_short(characters: int, training: int) -> TextError:
    return TextError(
        f"at least 2 characters are needed to train on, and this text leaves {training} of {characters}; "
        "give a longer text or a smaller --val-fraction"
    )
