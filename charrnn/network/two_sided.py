"""The cloze network: a forward and a backward stack whose states on either side of a blank meet in one softmax.

inputs, targets (T, B) → logits (T, B, V) of each target from all that stands before it and all that stands behind it
in the window. The two stacks are never mixed below the head, so that no layer can see the blank itself, at any depth
(Schuster and Paliwal 1997 join them so; Mousa and Schuller 2017 use that for language).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from charrnn.config import NetworkConfig
from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Flags, Ids, Parameters, Workspace, within
from charrnn.network.losses import cross_entropy
from charrnn.network.network import Network, fresh_weights

Back: TypeAlias = Callable[[Array], tuple[Parameters, Array]]
DIRECTIONS = ("forward", "backward")


@dataclass(frozen=True)
class ClozeNetwork:
    """Two stacks of the given sizes, one vectorizer, and one head of 2H rows.

    The names of the weights are those of `Network`, with `forward.` or `backward.` before those of the layers.
    """

    config: NetworkConfig

    @property
    def stack(self) -> Network:
        """A stack in one direction, as the network that it would be alone."""
        return Network(self.config)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter, by name."""
        alone = self.stack.shapes()
        layers = {name: shape for name, shape in alone.items() if name.startswith("layers.")}
        shapes = {name: shape for name, shape in alone.items() if name.startswith("vectorizer.")}
        for direction in DIRECTIONS:
            shapes |= {f"{direction}.{name}": shape for name, shape in layers.items()}
        return shapes | {"head.W": (2 * self.config.hidden, self.config.vocabulary), "head.b": alone["head.b"]}

    def parameter_count(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes().values())

    def initialize(self, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Parameters:
        """Fresh weights, as those of a `Network`."""
        bias = self.stack.cell.bias(self.config.hidden)
        return fresh_weights(self.shapes(), self.config.initializer, bias, rng, dtype)

    def start(self, B: int, dtype: DTypeLike = np.float32) -> Array:
        """The state of the forward stack before the first token: zeros (L, S, B, H); the other carries none."""
        return self.stack.start(B, dtype)

    def dropout_masks(self, B: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Array | None:
        """Masks (2L, B, H), those of the forward stack first."""
        masks = [self.stack.dropout_masks(B, rng, dtype) for _ in DIRECTIONS]
        return None if masks[0] is None or masks[1] is None else np.concatenate([masks[0], masks[1]])

    def counted(self, targets: Ids) -> Flags | None:
        """Which targets (T, B) are predicted: all (None) but the beginnings of documents."""
        return self.stack.counted(targets)

    def forward(
        self,
        parameters: Parameters,
        inputs: Ids,
        targets: Ids,
        state: Array,
        masks: Array | None,
        workspace: Workspace,
    ) -> tuple[Array, Array, Back]:
        """Logits (T, B, V) of the targets, the new forward state, and `back(dlogits) → gradients, dstate`.

        targets[t] is predicted from inputs[: t + 1], and from targets[t + 1 :] read backwards from an empty state;
        behind the last target there is nothing.
        """
        (T, B), L, H = inputs.shape, self.config.layers, self.config.hidden
        left_masks, right_masks = (None, None) if masks is None else (masks[:L], masks[L:])
        left, new_state, from_left = self.stack.read(
            _own("forward", parameters), inputs, state, left_masks, workspace.part("forward")
        )
        both = workspace.array("cloze.both", T, B, 2 * H)
        both[:, :, :H] = left
        both[T - 1 :, :, H:] = 0.0
        from_right = None
        if T > 1:
            right, _, from_right = self.stack.read(
                _own("backward", parameters),
                targets[:0:-1],  # from the last target to the second
                self.start(B, workspace.dtype),
                right_masks,
                workspace.part("backward"),
            )
            both[: T - 1, :, H:] = right[::-1]
        logits, from_head = affine(both, parameters["head.W"], parameters["head.b"], "head", workspace)

        def back(dlogits: Array) -> tuple[Parameters, Array]:
            dboth, dW, db = from_head(dlogits)
            dleft = workspace.array("cloze.dleft", T, B, H)
            dleft[...] = dboth[:, :, :H]
            gradients, dstate = from_left(dleft)
            named = _named("forward", gradients) | {"head.W": dW, "head.b": db}
            if from_right is None:
                unused = (name for name in parameters if name.startswith("backward."))
                return named | {name: np.zeros_like(parameters[name]) for name in unused}, dstate
            dright = workspace.array("cloze.dright", T - 1, B, H)
            dright[...] = dboth[: T - 1, :, H:][::-1]
            for name, gradient in _named("backward", from_right(dright)[0]).items():
                named[name] = named[name] + gradient if name in named else gradient  # the embedding is of both
            return named, dstate

        return logits, new_state, back

    def blank_logits(self, parameters: Parameters, left: Ids, right: Ids, workspace: Workspace) -> Array:
        """Logits (B, V) of one blank between left (n, B), n ≥ 1, and right (m, B), each read from its far end."""
        B, H = left.shape[1], self.config.hidden
        both = np.zeros((B, 2 * H), workspace.dtype)
        for ids, own, direction in ((left, slice(0, H), "forward"), (right[::-1], slice(H, None), "backward")):
            if len(ids):
                y, _, _ = self.stack.read(
                    _own(direction, parameters), ids, self.start(B, workspace.dtype), None, workspace.part(direction)
                )
                both[:, own] = y[-1]
        logits: Array = both @ parameters["head.W"] + parameters["head.b"]
        return logits

    def loss_and_gradients(
        self,
        parameters: Parameters,
        inputs: Ids,
        targets: Ids,
        state: Array,
        masks: Array | None,
        count: int,
        workspace: Workspace,
    ) -> tuple[float, Parameters, Array]:
        """One window forward and back: summed nats, gradients of (sum / count), and the state to carry on."""
        logits, new_state, back = self.forward(parameters, inputs, targets, state, masks, workspace)
        nats, dlogits = cross_entropy(logits, targets, count, workspace, self.counted(targets))
        gradients, _ = back(dlogits)
        return nats, gradients, new_state


def network_of(config: NetworkConfig) -> Network | ClozeNetwork:
    """The network of these sizes, of either kind."""
    return ClozeNetwork(config) if config.body == "two_sided" else Network(config)


def _own(direction: str, parameters: Parameters) -> Parameters:
    """The weights of one stack, under the names that it has alone."""
    shared = {name: array for name, array in parameters.items() if name.startswith("vectorizer.")}
    return shared | within(direction, parameters)


def _named(direction: str, gradients: Parameters) -> Parameters:
    return {name if name.startswith("vectorizer.") else f"{direction}.{name}": g for name, g in gradients.items()}
