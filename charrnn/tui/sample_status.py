"""How a sample stands: what its choices are drawn from, how surprising it is, and where in it one is."""

from charrnn.language.sample_tree import Tree
from charrnn.tui.glyphs import Glyphs
from charrnn.tui.sampling_controls import SamplingControls
from charrnn.tui.widgets.stat_grid import Figure


def standing(tree: Tree, knobs: SamplingControls, glyphs: Glyphs) -> list[Figure]:
    """The numbers below a sample."""
    leaves, here = tree.branches(), tree.here.depth
    return [
        *(Figure(name, value) for name, value in knobs.words().items()),
        Figure("perplexity", f"{tree.perplexity():.3g}"),
        Figure("copied", f"{glyphs.copied_share(here):.0%}" if tree.detector else "?"),
        Figure("place", f"{here} of {len(glyphs.all)}"),
        Figure("branch", f"{leaves.index(tree.here.leaf()) + 1} of {len(leaves)}"),
    ]
