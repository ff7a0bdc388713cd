"""Anatomy: the weights of a trained network → figures of its arrays, its layers and its gradient flow over a text."""

from dataclasses import dataclass

import numpy as np

from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.gradient_flow import SATURATED, GradientFlow, gradient_flow
from charrnn.network.network import Network

FLOW_STEPS = 128
FLOW_STREAMS = 16


@dataclass(frozen=True)
class ParameterFigures:
    """An array of weights: how many numbers, their mean, standard deviation and Frobenius norm."""

    name: str
    shape: tuple[int, ...]
    count: int
    mean: float
    deviation: float
    norm: float


@dataclass(frozen=True)
class LayerFigures:
    """A layer's recurrence Wh, and the share of its h over a text, all units and tokens, with |h| above 0.97.

    A step back through time multiplies the gradient by Wh and by tanh' ≤ 1, so that it grows by no more than the
    largest singular value; below 1, that makes it vanish. The spectral radius is the rate at which it grows or
    vanishes in the long run if no unit saturates (Pascanu, Mikolov and Bengio 2013). Of a cell with gates, both are
    the largest of its gates'.
    """

    layer: int
    spectral_radius: float
    largest_singular_value: float
    saturated: float


def parameter_figures(parameters: Parameters) -> list[ParameterFigures]:
    """Every array by name, in the order of the file; computed in float64."""
    figures = []
    for name, array in parameters.items():
        values = array.astype(np.float64)
        norm = float(np.linalg.norm(values))
        figures.append(
            ParameterFigures(name, array.shape, array.size, float(values.mean()), float(values.std()), norm)
        )
    return figures


def layer_figures(network: Network, parameters: Parameters, activations: Array) -> list[LayerFigures]:
    """Every layer, bottom to top; activations (N, L, H) over a text of N ≥ 1 tokens."""
    figures = []
    for l in range(network.config.layers):
        gates = np.split(parameters[f"layers.{l}.Wh"].astype(np.float64), network.cell.gates, axis=1)  # G × (H, H)
        figures.append(
            LayerFigures(
                layer=l,
                spectral_radius=max(map(spectral_radius, gates)),
                largest_singular_value=max(float(np.linalg.norm(Wh, 2)) for Wh in gates),
                saturated=float((np.abs(activations[:, l]) > SATURATED).mean()),
            )
        )
    return figures


def spectral_radius(Wh: Array) -> float:
    """The largest absolute value among the eigenvalues of Wh (H, H)."""
    return float(np.abs(np.linalg.eigvals(Wh)).max())


def flow_over(network: Network, parameters: Parameters, ids: Ids, before: int) -> GradientFlow:
    """The gradient flow over a text of ids (N,), N ≥ 1, after the token `before`.

    The text is cut into windows of up to FLOW_STEPS + 1 tokens, read side by side, each from a fresh state. In
    float64, so that a gradient may vanish without being lost.
    """
    T = min(FLOW_STEPS + 1, len(ids))
    B = min(FLOW_STREAMS, len(ids) // T)
    targets = ids[: T * B].reshape(B, T).T  # (T, B)
    inputs = np.concatenate([[before], ids[: T * B - 1]]).reshape(B, T).T
    exact: Parameters = {name: array.astype(np.float64) for name, array in parameters.items()}
    return gradient_flow(network, exact, inputs, targets, network.start(B, np.float64), Workspace(np.float64))


def steps_back(flow: GradientFlow) -> list[int]:
    """0, 1, 2, 4, 8, … as far as the flow's window reaches."""
    T = flow.norms.shape[1]
    return [0, *(1 << n for n in range(T.bit_length()) if 1 << n < T)]
