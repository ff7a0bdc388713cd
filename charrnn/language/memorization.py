"""Memorization: which characters of a text also occur in the training text, in spans of at least a given length.

A `Match` is a small value that extending a text by one character updates, so that every position of a sample can keep
its own.
"""

from dataclasses import dataclass

SHORTEST = 20
LARGEST = 64 << 20
"""Characters of a training text that are searched at most."""


@dataclass(frozen=True)
class Match:
    """The longest end of a text that occurs in the training text: `length` characters at `place`, 0 if none does."""

    place: int = 0
    length: int = 0


NO_MATCH = Match()


@dataclass(frozen=True)
class CopyDetector:
    """Finds spans of at least `shortest` characters.

    A character that continues a match costs next to nothing; any other costs one or more searches through the whole
    training text, about 0.1 ms per million characters.
    """

    training_text: str
    shortest: int = SHORTEST

    def extend(self, match: Match, recent: str) -> Match:
        """Return the match after one more character, the last of `recent`; `match` is the one before it.

        `recent` is the end of the text: at least `match.length` + 1 characters and at least `shortest`, or all of it.
        """
        text, end = self.training_text, match.place + match.length
        if match.length and text[end : end + 1] == recent[-1:]:
            return Match(match.place, match.length + 1)
        if len(recent) < self.shortest or (place := text.find(recent[-self.shortest :])) < 0:
            return NO_MATCH
        # Bisect the longest end that occurs: if a long one does, so do all shorter ones.
        low, high = self.shortest, min(match.length + 1, len(recent))
        while low < high:
            middle = (low + high + 1) // 2
            longer = text.find(recent[-middle:])
            if longer >= 0:
                low, place = middle, longer
            else:
                high = middle - 1
        return Match(place, low)

    def covered(self, text: str) -> list[bool]:
        """Return for each character of a text whether it is part of a copied span."""
        matches, match = [], NO_MATCH
        for end in range(1, len(text) + 1):
            match = self.extend(match, text[max(0, end - max(match.length + 1, self.shortest)) : end])
            matches.append(match)
        return covered_pieces([(1, match) for match in matches])


def covered_pieces(pieces: list[tuple[int, Match]]) -> list[bool]:
    """Return for each piece of a text whether it is copied, given its length in characters and the match after it."""
    covered, reach = [False] * len(pieces), 0
    for index in reversed(range(len(pieces))):
        characters, match = pieces[index]
        reach = max(reach, match.length)
        covered[index] = reach > 0 and characters > 0
        reach -= characters
    return covered
