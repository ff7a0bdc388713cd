"""Word completion: best-first search over next characters, and token healing."""
