"""Inspection of trained networks: weights, units, gradient flow over a text."""
