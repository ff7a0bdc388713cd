"""charrnn: a character-level language model, from text to weights and back to text.

    text      → ids → windows           charrnn.text
    windows   → vectors → states        charrnn.network.vectorizers, charrnn.network.bptt
    states    → distribution → loss     charrnn.network.heads, charrnn.network.losses
    loss      → gradients               the way back through the same files
    gradients → weights                 charrnn.parallel, charrnn.training
    weights   → disk                    charrnn.run.folder
    text      → state → distribution    charrnn.language.predictor, charrnn.language.model
    distribution → choice → screen      charrnn.language.sampling, charrnn.cli

    counts, in place of a network       charrnn.language.ngrams

Nothing heavy is imported until a public name is used. The BLAS kernel is chosen here, since that must come before
NumPy is imported; see `charrnn.blas` for what to do where NumPy comes first.
"""

from typing import TYPE_CHECKING, Any

from charrnn.blas import choose_kernel

if TYPE_CHECKING:
    from charrnn.language.model import LanguageModel

__version__ = "0.5.0"
__all__ = ["LanguageModel", "__version__", "kernel_choice"]

kernel_choice = choose_kernel()
"""What was done about the BLAS kernel, and why."""


def __getattr__(name: str) -> Any:
    if name == "LanguageModel":
        from charrnn.language.model import LanguageModel

        return LanguageModel
    raise AttributeError(f"module 'charrnn' has no attribute {name!r}")
