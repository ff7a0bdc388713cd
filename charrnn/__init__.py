"""charrnn: a character-level language model, from text to weights and back to text.

    run = charrnn.train("corpus.txt", minutes=3, on_event=print)
    model = run.model                      # or charrnn.load("runs/corpus")
    model.sample("The ", length=200)

The path of the data, by package:

    text      → ids → windows           charrnn.text
    windows   → vectors → states        charrnn.network: vectorizers, stack, bptt
    states    → distribution → loss     charrnn.network: heads, losses
    loss      → gradients               charrnn.network: the backward functions in the same files
    gradients → weights                 charrnn.parallel, charrnn.training
    weights   → disk                    charrnn.run
    text      → state → distribution    charrnn.language
    distribution → token → screen       charrnn.language.sampling, charrnn.cli, charrnn.tui

NumPy is not imported until a public name is used. The BLAS kernel is chosen here, because it must be set before NumPy
is imported; see `charrnn.blas`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from charrnn.blas import choose_kernel

if TYPE_CHECKING:
    from charrnn.errors import CharrnnError
    from charrnn.language.cloze import ClozeModel
    from charrnn.language.model import LanguageModel
    from charrnn.pipeline.library import TrainedRun, load, train

__version__ = "0.5.0"
__all__ = [
    "CharrnnError",
    "ClozeModel",
    "LanguageModel",
    "TrainedRun",
    "__version__",
    "kernel_choice",
    "load",
    "train",
]

_MODULES = {
    "CharrnnError": "charrnn.errors",
    "ClozeModel": "charrnn.language.cloze",
    "LanguageModel": "charrnn.language.model",
    "TrainedRun": "charrnn.pipeline.library",
    "load": "charrnn.pipeline.library",
    "train": "charrnn.pipeline.library",
}
"""Modules of the public names, which are imported on first use."""

kernel_choice = choose_kernel()
"""The choice of the BLAS kernel, and its reason."""


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'charrnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
