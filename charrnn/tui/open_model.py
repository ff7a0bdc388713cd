"""An open model: the weights of a run, and the files beside them that the screens read and write."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

from charrnn.language.model import LanguageModel, NgramModel
from charrnn.language.sample_tree import SampleTree, branch_name
from charrnn.language.text_model import TextModel
from charrnn.run.files import run_file, write_atomically
from charrnn.run.folder import RunFolder
from charrnn.text.progress import OnProgress
from charrnn.text.split import training_text


@dataclass(frozen=True, eq=False)
class OpenModel:
    """The model of the run at `path`, and the text model to sample from: the same, or its n-gram model."""

    path: Path
    model: LanguageModel
    text_model: TextModel

    @classmethod
    def open(cls, path: Path, ngram: int | None = None, on_progress: OnProgress | None = None) -> "OpenModel":
        """Open the best weights of a run so far; ModelError if there are none, or their predictions are not finite.

        With `ngram`, the text model is the n-gram model of this order (0: of the best order) of the run's text.
        """
        model = LanguageModel.load(path)
        model.next("")
        return cls(path, model, model if ngram is None else model.ngrams(ngram, on_progress=on_progress))

    def reload(self) -> "OpenModel":
        """Return the same run with the weights of its last checkpoint; an n-gram model stays as it is."""
        model = LanguageModel.load(self.path)
        newest = replace(model, parameters=RunFolder(self.path).read_latest(model.network.shapes()))
        return OpenModel(self.path, newest, newest if self.text_model is self.model else self.text_model)

    @property
    def name(self) -> str:
        """The path of the run, and the order of an n-gram model."""
        order = f", {self.text_model.order}-gram model" if isinstance(self.text_model, NgramModel) else ""
        return f"{self.path}{order}"

    def training_text(self, limit: int) -> str:
        """Return up to `limit` characters of the training text; TextError if it cannot be read any more."""
        return training_text(self.model.config.text, limit)

    def save_branches(self, tree: SampleTree) -> Path:
        """Write all branches of a sample to the run's folder, as text and as JSON; return the path of the text."""
        path = run_file(self.path, f"samples/{time.strftime('%Y%m%d-%H%M%S')}.txt")
        path.parent.mkdir(exist_ok=True)
        branches = tree.to_json()
        write_atomically(path.with_suffix(".json"), json.dumps(branches, ensure_ascii=False).encode())
        texts = [
            f"== {branch_name(leaf) or number}\n{branch['text']}\n"
            for number, (leaf, branch) in enumerate(zip(tree.branches(), branches["branches"], strict=True), start=1)
        ]
        write_atomically(path, "\n".join(texts).encode("utf-8", "replace"))
        return path
