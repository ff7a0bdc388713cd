"""What is inside a trained network: weights, units, gradient flow over a text."""
