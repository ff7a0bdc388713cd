"""Networks over sequences of vectors: x (T, B, D) → recurrent layers, in one direction or both → a head.

All forms of use are these two networks under masks of time. A step of x that is padding is a row of NaN. A target
that is not counted is -1 for an id, NaN for a number. So:

    one-to-many           x stands at the first step, zeros follow; or x stands at every step
    many-to-one           only the last step has a target
    many-to-many, equal   every step has a target
    many-to-many, other   `EncoderDecoder`

Sequences of other lengths share a window: padding before the first step or behind the last is never read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Flags, Parameters, Workspace, within
from charrnn.network.bidirectional import DIRECTIONS, run_bidirectional
from charrnn.network.cells import CELLS, Cell
from charrnn.network.heads import HEADS
from charrnn.network.network import fresh_weights
from charrnn.network.stack import run_stack


class Back(Protocol):
    """The way back of a network or its layers."""

    def __call__(self, dy: Array, dlast: Array | None = None, /) -> tuple[Parameters, Array, Array]:
        """The gradients of what came out, and of the last state → those of the weights, of the first state, and of
        x (T, B, D), which are zero where x is padding."""


Targets: TypeAlias = NDArray[Any]
"""Ids (T, B) or numbers (T, B, N)."""
BackToSource: TypeAlias = Callable[[Array], tuple[Parameters, Array]]


@dataclass(frozen=True)
class RecurrentLayers:
    """L layers of H units over vectors of D entries; in both directions, a layer hands on 2H numbers."""

    D: int
    H: int
    L: int = 1
    cell_name: str = "tanh"
    bidirectional: bool = False
    initializer: str = "orthogonal"
    gain: float = 1.0

    @property
    def cell(self) -> Cell:
        return CELLS[self.cell_name]

    @property
    def width(self) -> int:
        """How many numbers a step hands on."""
        return self.H * (2 if self.bidirectional else 1)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`layers.{l}.Wx`, `.Wh` and `.b`; in both directions, `layers.{l}.forward.Wx` and so on."""
        shapes: dict[str, tuple[int, ...]] = {}
        for l in range(self.L):
            D, N = self.width if l else self.D, self.cell.gates * self.H
            own = {"Wx": (D, N), "Wh": (self.H, N), "b": (N,)}
            for direction in DIRECTIONS if self.bidirectional else ("",):
                prefix = f"layers.{l}.{direction}".rstrip(".")
                shapes |= {f"{prefix}.{name}": shape for name, shape in own.items()}
        return shapes

    def start(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """A state of zeros (L, S, B, H)."""
        return np.zeros((self.L, self.cell.states, B, self.H), dtype)

    def read(self, parameters: Parameters, x: Array, state: Array, workspace: Workspace) -> tuple[Array, Array, Back]:
        """y (T, B, width), the last state, and the way back.

        In both directions there is no state to begin with or to hand on: `state` is ignored, and comes back.
        """
        x, begins, ends = without_padding(x)
        if self.bidirectional:
            y, way_back = run_bidirectional(self.cell, parameters, self.L, x, workspace, begins, ends)

            def both_back(dy: Array, dlast: Array | None = None) -> tuple[Parameters, Array, Array]:
                del dlast
                dx, gradients = way_back(dy)
                return gradients, np.zeros_like(state), dx

            return y, state, both_back
        z, to_x = affine(x, parameters["layers.0.Wx"], parameters["layers.0.b"], "input", workspace)
        y, new_state, down_stack = run_stack(self.cell, parameters, z, state, None, workspace, begins)

        def back(dy: Array, dlast: Array | None = None) -> tuple[Parameters, Array, Array]:
            dz, gradients, dstate = down_stack(dy, dlast)
            dx, gradients["layers.0.Wx"], gradients["layers.0.b"] = to_x(dz)
            return gradients, dstate, dx

        return y, new_state, back


class OverSequences:
    """What training asks of a network, and all that read sequences answer alike."""

    def dropout_masks(self, B: int, rng: np.random.Generator) -> Array | None:
        """None: there is no dropout here."""
        del B, rng
        return None

    def counted(self, targets: Targets) -> Flags | None:
        """Which targets (T, B) or (T, B, N) have to be met; None if all have."""
        return counted_targets(targets)

    def loss_and_gradients(
        self,
        parameters: Parameters,
        inputs: Array,
        targets: Targets,
        state: Array,
        masks: Array | None,
        count: int,
        workspace: Workspace,
    ) -> tuple[float, Parameters, Array]:
        """One window there and back; see `learn`."""
        del masks
        return self.learn(parameters, inputs, targets, state, count, workspace)

    def learn(
        self,
        parameters: Parameters,
        inputs: Array,
        targets: Targets,
        state: Array,
        count: int,
        workspace: Workspace,
    ) -> tuple[float, Parameters, Array]:
        """The summed loss, the gradients of (sum / count), and the last state."""
        raise NotImplementedError


@dataclass(frozen=True)
class SequenceNetwork(OverSequences):
    """Recurrent layers and a head of N scores at every step."""

    layers: RecurrentLayers
    N: int
    head: str = "softmax"

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The layers' shapes, and `head.W` and `head.b`."""
        return self.layers.shapes() | {"head.W": (self.layers.width, self.N), "head.b": (self.N,)}

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Parameters:
        """Fresh weights: Wh by its initializer × gain, biases zero but where the cell has others, the rest Glorot."""
        return _fresh(self.shapes(), self.layers, rng, dtype)

    def start(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """A state of zeros (L, S, B, H)."""
        return self.layers.start(B, dtype)

    def forward(
        self, parameters: Parameters, x: Array, state: Array, workspace: Workspace
    ) -> tuple[Array, Array, Back]:
        """Scores (T, B, N), the last state, and the way back; all but the state is valid until the next call."""
        y, new_state, down = self.layers.read(parameters, x, state, workspace)
        scores, from_head = affine(y, parameters["head.W"], parameters["head.b"], "head", workspace)

        def back(dscores: Array, dlast: Array | None = None) -> tuple[Parameters, Array, Array]:
            dy, dW, db = from_head(dscores)
            gradients, dstate, dx = down(dy, dlast)
            return gradients | {"head.W": dW, "head.b": db}, dstate, dx

        return scores, new_state, back

    def output(self, parameters: Parameters, x: Array) -> Array:
        """What the head says at every step, (T, B, N), from a state of zeros."""
        workspace = Workspace(x.dtype)
        scores, _, _ = self.forward(parameters, x, self.start(x.shape[1], x.dtype), workspace)
        return HEADS[self.head].output(scores)

    def there_and_back(
        self,
        parameters: Parameters,
        x: Array,
        targets: Targets,
        state: Array,
        count: int,
        workspace: Workspace,
    ) -> tuple[float, Parameters, Array, Array]:
        """The summed loss, the gradients of (sum / count), that of the first state, and the last state."""
        scores, new_state, back = self.forward(parameters, x, state, workspace)
        total, dscores = HEADS[self.head].loss(scores, targets, count, workspace, self.counted(targets))
        gradients, dstate, _ = back(dscores)
        return total, gradients, dstate, new_state

    def learn(
        self,
        parameters: Parameters,
        inputs: Array,
        targets: Targets,
        state: Array,
        count: int,
        workspace: Workspace,
    ) -> tuple[float, Parameters, Array]:
        total, gradients, _, new_state = self.there_and_back(parameters, inputs, targets, state, count, workspace)
        return total, gradients, new_state


@dataclass(frozen=True)
class EncoderDecoder(OverSequences):
    """Two networks: the state in which the first ends, having read a source, is where the second begins (Cho et al.
    2014; Sutskever, Vinyals and Le 2014).

    Inputs (T, B, 2, D): the source at [:, :, 0], with its padding in front, so that it ends at the last step; what
    the decoder reads at [:, :, 1], padded behind. The names of the weights are those of the parts, with `encoder.`
    and `decoder.` in front.

    ValueError if the states do not fit: both have to be of one cell, depth and size, in one direction.
    """

    encoder: RecurrentLayers
    decoder: SequenceNetwork

    def __post_init__(self) -> None:
        one, other = self.encoder, self.decoder.layers
        if (one.cell_name, one.L, one.H) != (other.cell_name, other.L, other.H):
            raise ValueError("encoder and decoder must have the same cell, layers and units")
        if one.bidirectional or other.bidirectional:
            raise ValueError("encoder and decoder hand over a state, and so read in one direction")

    def shapes(self) -> dict[str, tuple[int, ...]]:
        parts = {"encoder": self.encoder.shapes(), "decoder": self.decoder.shapes()}
        return {f"{part}.{name}": shape for part, shapes in parts.items() for name, shape in shapes.items()}

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Parameters:
        """Fresh weights, as those of a `SequenceNetwork`."""
        return _fresh(self.shapes(), self.encoder, rng, dtype)

    def start(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """The state before the source: zeros (L, S, B, H)."""
        return self.encoder.start(B, dtype)

    def encode(self, parameters: Parameters, source: Array, workspace: Workspace) -> tuple[Array, BackToSource]:
        """The state (L, S, B, H) after the source (T, B, D), and `back(dstate) → gradients, dsource`."""
        own, workspace = within("encoder", parameters), workspace.part("encoder")
        y, state, back = self.encoder.read(own, source, self.start(source.shape[1], workspace.dtype), workspace)

        def from_state(dstate: Array) -> tuple[Parameters, Array]:
            gradients, _, dsource = back(np.zeros_like(y), dstate)
            return gradients, dsource

        return state, from_state

    def learn(
        self,
        parameters: Parameters,
        inputs: Array,
        targets: Targets,
        state: Array,
        count: int,
        workspace: Workspace,
    ) -> tuple[float, Parameters, Array]:
        """As any other; the state stays one of zeros."""
        encoded, to_source = self.encode(parameters, inputs[:, :, 0], workspace)
        own, part = within("decoder", parameters), workspace.part("decoder")
        total, of_decoder, dencoded, _ = self.decoder.there_and_back(
            own, inputs[:, :, 1], targets, encoded, count, part
        )
        of_encoder, _ = to_source(dencoded)
        named = {f"encoder.{name}": gradient for name, gradient in of_encoder.items()}
        return total, named | {f"decoder.{name}": gradient for name, gradient in of_decoder.items()}, state


def counted_targets(targets: Targets) -> Flags | None:
    """Which targets, ids (T, B) or numbers (T, B, N), are neither -1 nor NaN; None if all are."""
    counted: Flags = targets >= 0 if targets.ndim == 2 else ~np.isnan(targets[..., 0])
    return None if counted.all() else counted


def without_padding(x: Array) -> tuple[Array, Flags | None, Flags | None]:
    """x (T, B, D) with zeros for its padding, and where (T, B) sequences begin behind padding or end before it."""
    padding = np.isnan(x[..., 0])
    if not padding.any():
        return x, None, None
    begins, ends = np.zeros_like(padding), np.zeros_like(padding)
    begins[1:] = padding[:-1] & ~padding[1:]
    ends[:-1] = padding[1:] & ~padding[:-1]
    return np.where(padding[..., None], x.dtype.type(0.0), x), begins, ends


def _fresh(
    shapes: dict[str, tuple[int, ...]], layers: RecurrentLayers, rng: np.random.Generator, dtype: DTypeLike
) -> Parameters:
    return fresh_weights(shapes, layers.initializer, layers.cell.bias(layers.H), rng, dtype, layers.gain)
