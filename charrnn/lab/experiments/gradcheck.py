"""Gradient check: comparison of all gradients with central differences, and planted bugs that the check must find.

Reports each group of networks, each cell and architecture, and each planted bug.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np

from charrnn.config import NetworkConfig
from charrnn.lab.planted_bugs import PLANTED_BUGS
from charrnn.lab.protocol import Figure, Finding, claim
from charrnn.lab.sequence_check import FORMS, check_form, mean_loss
from charrnn.network.arrays import Parameters, Workspace
from charrnn.network.cells import CELLS
from charrnn.network.gradient_check import GradientCheck, check_gradients
from charrnn.network.network import Network

TITLE = "Gradient check"
EXPLANATION = """\
The gradient that back-propagation computes is compared with its definition: the change of the loss when one number is
moved by a hundred-thousandth to either side. The check covers every array of the network and the initial state of the
window, in float64, over windows of 1, 2, 5 and 6 steps, with and without dropout. The relative error of a right
gradient is below 1e-8. The same check covers networks over sequences of vectors: every cell; one direction, both, or
an encoder and a decoder; one layer or two; every head; sequences of different lengths.
Last, the check itself is checked. Each planted bug is a classic mistake in a backward pass, and the check must find
it. A careless check (one step, a zero state, weights only) misses some of them, which is why the check uses several
steps and a state."""

WINDOWS = tuple(itertools.product((1, 2, 5, 6), (0.0, 0.4)))
"""Steps T of a window, and dropout."""

STREAMS, TOKENS, SAMPLE = 3, 5, 24


@dataclass(frozen=True)
class Group:
    """Networks that differ in their windows and dropout only.

    All entries of small networks are checked, and a sample of the entries of large ones. A vocabulary of 300 is
    larger than the window, and large enough for gradients to be summed over sorted ids. H = 32 can be split into
    panels, H = 5 cannot.
    """

    vocabulary: int
    embedding: int
    layers: int
    hidden: int
    panels: bool
    cell: str = "tanh"

    def config(self, dropout: float) -> NetworkConfig:
        return NetworkConfig(self.vocabulary, self.hidden, self.layers, self.embedding, dropout, self.cell)

    @property
    def entries(self) -> int | None:
        return None if self.vocabulary * self.hidden < 100 else SAMPLE


GROUPS = tuple(
    Group(vocabulary, embedding, layers, hidden, panels)
    for vocabulary, embedding in ((7, 0), (7, 4), (300, 0), (300, 4))
    for layers in (1, 2, 3)
    for hidden, panels in ((5, False), (32, True))
) + tuple(Group(7, 4, 2, 5, False, cell) for cell in CELLS if cell != "tanh")

SEQUENCES = tuple(itertools.product(CELLS, FORMS))


def run(seed: int, steps: int) -> Iterator[Finding]:
    del steps  # nothing is trained
    worst_error = 0.0
    for number, group in enumerate(GROUPS):
        finding = check_group(group, np.random.default_rng([seed, number]))
        worst_error = max(worst_error, cast(float, finding.figures["relative_error"]))
        yield finding
    for number, (cell, form) in enumerate(SEQUENCES):
        checks = check_form(form, cell, np.random.default_rng([seed, len(GROUPS) + number]))
        figures = {"cell": cell, "form": form, **_worst(checks)}
        worst_error = max(worst_error, cast(float, figures["relative_error"]))
        yield Finding("sequences", figures, all(check.passed for check in checks))
    bugs = [check_bug(bug, np.random.default_rng(seed)) for bug in PLANTED_BUGS]
    yield from bugs
    yield claim(
        "relative error of every gradient", "3.5e-10; below 1e-8", f"{worst_error:.1e}", passed=worst_error < 1e-8
    )
    errors = [cast(float, bug.figures["relative_error"]) for bug in bugs if bug.passed]
    text = "planted bugs found, and the smallest error"
    reached = f"{len(errors)} of {len(bugs)}, from {min(errors, default=0.0):.1g}"
    yield claim(text, "6e-3 and more", reached, passed=len(errors) == len(bugs))


def check_group(group: Group, rng: np.random.Generator) -> Finding:
    """Check the networks of a group over all windows; return their worst figures."""
    checks = [
        check_network(Network.from_config(group.config(dropout)), T, rng, panels=group.panels, entries=group.entries)
        for T, dropout in WINDOWS
    ]
    return Finding(
        "gradients",
        {
            "cell": group.cell,
            "input": f"embedding of {group.embedding}" if group.embedding else "one-hot",
            "vocabulary": group.vocabulary,
            "layers": group.layers,
            "hidden": group.hidden,
            "panels": group.panels,
            **_worst(checks),
        },
        all(check.passed for check in checks),
    )


def _worst(checks: list[GradientCheck]) -> dict[str, Figure]:
    """Return the worst figures of several checks."""
    return {
        "windows": len(checks),
        "entries": sum(check.overall.entries for check in checks),
        "relative_error": max(check.overall.relative_error for check in checks),
        "largest_difference": max(check.overall.largest_difference for check in checks),
        "worst_relative": max(check.overall.worst_relative for check in checks),
    }


def check_bug(bug: str, rng: np.random.Generator) -> Finding:
    """Check a broken network of two layers, carefully and carelessly; passed if the careful check finds the bug."""
    network = PLANTED_BUGS[bug](NetworkConfig(7, 5, 2, dropout=0.4))
    check, careless = check_network(network, 6, rng), check_network(network, 1, rng, careless=True)
    return Finding(
        "planted bugs",
        {
            "bug": bug,
            "relative_error": check.overall.relative_error,
            "noticed": not check.passed,
            "by_a_careless_check": not careless.passed,
            "wrong": ", ".join(check.suspects),
        },
        not check.passed,
    )


def check_network(
    network: Network,
    T: int,
    rng: np.random.Generator,
    *,
    panels: bool = False,
    entries: int | None = None,
    careless: bool = False,
) -> GradientCheck:
    """Check the gradients of one window of T steps of 3 streams.

    Weights and initial state are drawn from N(0, 0.5²) for H = 5, and with a smaller deviation for more units, so
    that the network is nonlinear but not chaotic. The ids are drawn from a few tokens, so that some occur twice.
    `entries` is that of `check_gradients`. A careless check starts from a zero state and ignores the state's
    gradient.
    """
    V, workspace = network.N, Workspace(np.float64, column_panels=panels)
    deviation = 0.5 * math.sqrt(5 / network.body.H)
    parameters: Parameters = {name: rng.normal(0.0, deviation, shape) for name, shape in network.shapes().items()}
    state = network.initial_state(STREAMS, np.float64)
    if not careless:
        state += rng.normal(0.0, deviation, state.shape)
    masks = network.dropout_masks(STREAMS, rng, np.float64)
    inputs = rng.choice(rng.permutation(V)[:TOKENS], (T, STREAMS))
    targets = rng.integers(V, size=(T, STREAMS))

    def loss(arrays: Parameters) -> float:
        initial = arrays.get("state", state)
        return mean_loss(network, arrays, inputs, targets, initial, dropout_masks=masks, workspace=workspace)

    gradients = network.loss_and_gradients(
        parameters, inputs, targets, state, dropout_masks=masks, workspace=workspace
    ).gradients
    arrays, checked = parameters, gradients.parameters
    if not careless:
        arrays, checked = arrays | {"state": state}, checked | {"state": gradients.state}
    return check_gradients(loss, arrays, checked, entries=entries, rng=rng)
