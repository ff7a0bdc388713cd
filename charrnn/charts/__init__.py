"""Numbers to characters: canvas, axes and renderer. Knows no screen."""
