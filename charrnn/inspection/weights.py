"""Statistics of the weights of a trained network, by array and by layer."""

from dataclasses import dataclass

import numpy as np

from charrnn.network.arrays import Array, Parameters
from charrnn.network.gradient_flow import SATURATED
from charrnn.network.network import Network


@dataclass(frozen=True)
class ParameterStatistics:
    """Statistics of an array of weights: number of entries, mean, standard deviation, and Frobenius norm."""

    name: str
    shape: tuple[int, ...]
    count: int
    mean: float
    deviation: float
    norm: float


@dataclass(frozen=True)
class LayerStatistics:
    """Statistics of a layer's Wh, and the share of saturated h: |h| > 0.97, over all units and tokens of a text.

    A step back through time multiplies the gradient by Wh and by tanh' ≤ 1, so that its norm grows by at most the
    largest singular value; if that is below 1, the gradient vanishes. The spectral radius is its long-term growth per
    step if no unit saturates (Pascanu, Mikolov and Bengio 2013). For a cell with gates, both are the largest over the
    gates.
    """

    layer: int
    spectral_radius: float
    largest_singular_value: float
    saturated: float


def parameter_statistics(parameters: Parameters) -> list[ParameterStatistics]:
    """Return the statistics of every array, in the order of the file; computed in float64."""
    figures = []
    for name, array in parameters.items():
        values = array.astype(np.float64)
        norm = float(np.linalg.norm(values))
        figures.append(
            ParameterStatistics(name, array.shape, array.size, float(values.mean()), float(values.std()), norm)
        )
    return figures


def layer_statistics(network: Network, parameters: Parameters, activations: Array) -> list[LayerStatistics]:
    """Return the statistics of every layer, bottom to top; activations (N, L, H) over a text of N ≥ 1 tokens."""
    figures = []
    for l in range(network.body.L):
        Wh = parameters[f"layers.{l}.Wh"].astype(np.float64)
        gates = np.split(Wh, network.body.cell.gates, axis=1)  # G × (H, H)
        figures.append(
            LayerStatistics(
                layer=l,
                spectral_radius=max(map(spectral_radius, gates)),
                largest_singular_value=max(float(np.linalg.norm(gate, 2)) for gate in gates),
                saturated=float((np.abs(activations[:, l]) > SATURATED).mean()),
            )
        )
    return figures


def spectral_radius(Wh: Array) -> float:
    """Return the largest absolute value of the eigenvalues of Wh (H, H)."""
    return float(np.abs(np.linalg.eigvals(Wh)).max())
