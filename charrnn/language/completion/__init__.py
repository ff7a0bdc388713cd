"""Word completion: best-first search over what may come next, and token healing."""
