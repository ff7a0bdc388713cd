"""Training: gradients in, weights out, step by step, with all that a long run needs."""
