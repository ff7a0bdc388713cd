"""The library: opening a model for the screens that play with it, and what stands beside it on disk."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

from charrnn.language.model import LanguageModel, NgramModel
from charrnn.language.sample_tree import Tree, name_of
from charrnn.language.text_model import TextModel
from charrnn.run.folder import RunFolder, write_atomically
from charrnn.text.split import training_text


@dataclass(frozen=True, eq=False)
class OpenModel:
    """A model and the run that it is of."""

    path: Path
    model: LanguageModel
    voice: TextModel

    @classmethod
    def open(cls, path: Path, ngram: int | None = None) -> "OpenModel":
        """The best weights of a run so far; ModelError if there are none.

        With `ngram`, the voice is the n-gram model of this order, 0 for the best, of the run's text.
        """
        model = LanguageModel.load(path)
        return cls(path, model, model if ngram is None else model.ngrams(ngram))

    def reload(self) -> "OpenModel":
        """The same run with the weights of its last checkpoint; a table of counts stays as it is."""
        model = LanguageModel.load(self.path)
        newest = replace(model, parameters=RunFolder(self.path).read_newest(model.network))
        return OpenModel(self.path, newest, newest if self.voice is self.model else self.voice)

    @property
    def name(self) -> str:
        """The run, and what speaks if it is not its network."""
        return f"{self.path}, {self.voice.order}-gram" if isinstance(self.voice, NgramModel) else str(self.path)

    def training_text(self, largest: int) -> str:
        """What the model was trained on; TextError if it is not there any more."""
        return training_text(self.model.config.text, largest)

    def save_tree(self, tree: Tree) -> Path:
        """Write all branches of a sample to the run's folder, as text and as JSON; the path of the text."""
        folder = self.path / "samples"
        folder.mkdir(exist_ok=True)
        path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}.txt"
        branches = tree.to_json()
        write_atomically(path.with_suffix(".json"), json.dumps(branches, ensure_ascii=False).encode())
        texts = [
            f"== {name_of(leaf) or number}\n{each['text']}\n"
            for number, (leaf, each) in enumerate(zip(tree.branches(), branches["branches"], strict=True), start=1)
        ]
        write_atomically(path, "\n".join(texts).encode("utf-8", "replace"))
        return path
