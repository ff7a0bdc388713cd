"""The status of a sample: its controls, its perplexity and the position in it, as numbers to show."""

from charrnn.language.sample_tree import SampleTree
from charrnn.tui.sampling_controls import SamplingControls
from charrnn.tui.styled_line import StyledLine
from charrnn.tui.widgets.stat_grid import Stat


def sample_stats(tree: SampleTree, controls: SamplingControls, line: StyledLine) -> list[Stat]:
    """Return the numbers below a sample; perplexity is per token of the text up to the cursor."""
    leaves, position = tree.branches(), tree.here.depth
    copied = f"{line.copied_share(position):.0%}" if tree.detector else "?"
    return [
        *controls.stats(),
        Stat("perplexity per token", f"{tree.perplexity():.3g}", short="perplexity"),
        Stat("copied from training", copied, short="copied"),
        Stat("position", f"{position} of {len(line.pieces)}"),
        Stat("branch", f"{leaves.index(tree.here.leaf()) + 1} of {len(leaves)}"),
    ]
