"""The two-sided body: a forward and a backward stack; the head reads their states on either side of a token.

Inputs (T + 1, B) → y (T, B, 2H): y[t] is computed from the tokens before inputs[t + 1] and the tokens after it, but
not from that token itself. The two stacks are joined in the head only, so that no layer sees the predicted token, at
any depth (Schuster and Paliwal 1997; for language models: Mousa and Schuller 2017).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import DTypeLike

from charrnn.network.arrays import (
    Array,
    Backward,
    Gradients,
    Inputs,
    Parameters,
    Targets,
    Workspace,
    prefixed,
    select,
)
from charrnn.network.bidirectional import DIRECTIONS, add_gradients
from charrnn.network.body import Body, draw_masks
from charrnn.network.stack import Stack
from charrnn.network.vectorizers import Vectorizer


@dataclass(frozen=True)
class TwoSided(Body):
    """Two stacks of L layers of H units. Weights are those of `Stack`, prefixed by `forward.` or `backward.`

    The forward stack carries its state from window to window; the backward stack begins each window with zeros.
    """

    directions: ClassVar[int] = 2
    lookahead: ClassVar[int] = 256

    @property
    def stack(self) -> Stack:
        """The stack of one direction."""
        return Stack(self.H, self.L, self.cell, self.dropout)

    def shapes(self, D: int) -> dict[str, tuple[int, ...]]:
        shapes = self.stack.shapes(D)
        return {f"{direction}.{name}": shape for direction in DIRECTIONS for name, shape in shapes.items()}

    def dropout_masks(self, B: int, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Array | None:
        """Return masks (2L, B, H), those of the forward stack first."""
        return draw_masks((2 * self.L, B, self.H), self.dropout, rng, dtype)

    def visible(self, inputs: Inputs, targets: Targets) -> Inputs:
        """Return the inputs followed by the last target, since the tokens after a target are read too."""
        return np.concatenate([inputs, targets[-1:]])

    def forward(
        self,
        parameters: Parameters,
        vectorizer: Vectorizer,
        inputs: Inputs,
        state: Array,
        dropout_masks: Array | None,
        workspace: Workspace,
    ) -> tuple[Array, Array, Backward]:
        """Run both stacks; nothing follows the last token, so that the backward half of the last y is zero."""
        T, B, H = len(inputs) - 1, inputs.shape[1], self.H
        masks = (None, None) if dropout_masks is None else (dropout_masks[: self.L], dropout_masks[self.L :])
        y = workspace.array("two_sided.y", T, B, 2 * H)
        left, new_state, to_left = self.stack.forward(
            direction_parameters("forward", parameters),
            vectorizer,
            inputs[:-1],
            state,
            masks[0],
            workspace.part("forward"),
        )
        y[:, :, :H] = left
        y[T - 1 :, :, H:] = 0.0
        if T > 1:
            right, _, to_right = self.stack.forward(
                direction_parameters("backward", parameters),
                vectorizer,
                inputs[:1:-1],  # from the last to the third
                self.initial_state(B, workspace.dtype),
                masks[1],
                workspace.part("backward"),
            )
            y[: T - 1, :, H:] = right[::-1]

        def backward(dy: Array, dlast: Array | None = None, /) -> Gradients:
            dleft = workspace.array("two_sided.dleft", T, B, H)
            dleft[...] = dy[:, :, :H]
            dinputs, gradients, dstate = to_left(dleft, dlast)
            if dinputs.size:
                dinputs = np.concatenate([dinputs, np.zeros_like(dinputs[:1])])  # the last is not read forward
            gradients = with_direction("forward", gradients)
            if T == 1:
                unused = {name: np.zeros_like(w) for name, w in parameters.items() if name.startswith("backward.")}
                return Gradients(dinputs, gradients | unused, dstate)
            dright = workspace.array("two_sided.dright", T - 1, B, H)
            dright[...] = dy[: T - 1, :, H:][::-1]
            dinputs_right, right_gradients, _ = to_right(dright)
            if dinputs_right.size:
                dinputs[:1:-1] += dinputs_right
            return Gradients(dinputs, add_gradients(gradients, with_direction("backward", right_gradients)), dstate)

        return y, new_state, backward


def direction_parameters(direction: str, parameters: Parameters) -> Parameters:
    """Return the weights of one stack, under the names of `Stack`, and those of the shared vectorizer."""
    return select(direction, parameters) | _vectorizer(parameters)


def with_direction(direction: str, gradients: Parameters) -> Parameters:
    """Return the gradients of one stack under the names of `TwoSided`: the inverse of `direction_parameters`."""
    shared = _vectorizer(gradients)
    return prefixed(direction, {name: g for name, g in gradients.items() if name not in shared}) | shared


def _vectorizer(parameters: Parameters) -> Parameters:
    return {name: array for name, array in parameters.items() if name.startswith("vectorizer.")}
