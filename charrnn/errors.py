"""Errors of charrnn. Every message is one sentence that names the fault and the remedy.

Messages name options in backticks as Python arguments (`val_fraction`); the command line prints them as its options
(--val-fraction).
"""


class CharrnnError(Exception):
    """Base of all errors that a user can correct; the command line prints the message and exits with `exit_code`."""

    exit_code = 1


class UsageError(CharrnnError):
    """An invalid option or combination of options."""

    exit_code = 2


class TextError(CharrnnError):
    """A text that is missing, unreadable, undecodable, empty or too short."""


class ModelError(CharrnnError):
    """A run folder or a model file that is missing, damaged, manipulated or of another version."""


class RunError(CharrnnError):
    """A training run that cannot start or continue."""
