"""The key count of a text that is written with suggestions."""

from dataclasses import dataclass


@dataclass
class KeyCount:
    """Keys pressed to write a text, and characters in it."""

    pressed: int = 0
    characters: int = 0

    @property
    def saved(self) -> float:
        """The share of keys saved compared to typing every character, 0 to 1."""
        return max(0.0, 1.0 - self.pressed / self.characters) if self.characters else 0.0
