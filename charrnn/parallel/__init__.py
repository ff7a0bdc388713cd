"""Gradient engines: the serial one, and the one on several threads."""
