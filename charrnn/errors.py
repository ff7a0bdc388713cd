"""Errors, in one family. Every message is one sentence that names the fault and the remedy.

A message of the core has the names of options in backticks (`val_fraction`), as they are in Python; the command line
writes them as they are typed there (--val-fraction).
"""


class CharrnnError(Exception):
    """Something the person at the keyboard can mend; the command line prints it and exits with `exit_code`."""

    exit_code = 1


class UsageError(CharrnnError):
    """An option, or a combination of options, that cannot be meant."""

    exit_code = 2


class TextError(CharrnnError):
    """A text that is missing, unreadable, undecodable, empty or too short."""


class ModelError(CharrnnError):
    """A run folder or a model file that is missing, damaged, doctored or of another version."""


class RunError(CharrnnError):
    """A training run that cannot start or cannot go on."""
