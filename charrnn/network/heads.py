"""The head: the last layer's y (T, B, H) → logits (T, B, V), whose softmax is the distribution of the next token."""

from charrnn.network.affine import Back, affine
from charrnn.network.arrays import Array, Workspace


def softmax_head(W: Array, b: Array, y: Array, workspace: Workspace) -> tuple[Array, Back]:
    """Logits and the way back: `back(dlogits) → dy (T, B, H), dW (H, V), db (V)`."""
    return affine(y, W, b, "head", workspace)
