"""Memorization: detection of passages of a text that occur word for word in the training text.

A `Match` describes the copied passage that ends at one position of a text. It is computed from the match of the
position before, so that every position of a sample tree can store one.
"""

from dataclasses import dataclass

SHORTEST = 20
LARGEST = 64 << 20
"""Largest number of characters of a training text that are searched."""


@dataclass(frozen=True)
class Match:
    """The longest suffix of a text that occurs in the training text: `length` characters at `position` there.

    `length` is 0 if no suffix is long enough.
    """

    position: int = 0
    length: int = 0


NO_MATCH = Match()


@dataclass(frozen=True)
class CopyDetector:
    """Finds copied passages of at least `shortest` characters.

    A character that continues a match takes constant time. Any other takes one or more searches of the whole training
    text, about 0.1 ms per million characters each.
    """

    training_text: str
    shortest: int = SHORTEST

    def extend(self, match: Match, recent: str) -> Match:
        """Return the match after one more character, given the match before that character.

        `recent` is the end of the text with the new character: at least `match.length` + 1 characters and at least
        `shortest`, or the whole text.
        """
        text, end = self.training_text, match.position + match.length
        if match.length and text[end : end + 1] == recent[-1:]:
            return Match(match.position, match.length + 1)
        if len(recent) < self.shortest or (position := text.find(recent[-self.shortest :])) < 0:
            return NO_MATCH
        # Find the longest suffix that occurs by bisection: if a suffix occurs, so do all shorter ones.
        low, high = self.shortest, min(match.length + 1, len(recent))
        while low < high:
            middle = (low + high + 1) // 2
            longer = text.find(recent[-middle:])
            if longer >= 0:
                low, position = middle, longer
            else:
                high = middle - 1
        return Match(position, low)

    def covered(self, text: str) -> list[bool]:
        """Return for each character of a text True if it is part of a copied passage."""
        matches, match = [], NO_MATCH
        for end in range(1, len(text) + 1):
            match = self.extend(match, text[max(0, end - max(match.length + 1, self.shortest)) : end])
            matches.append(match)
        return covered_pieces([(1, match) for match in matches])


def covered_pieces(pieces: list[tuple[int, Match]]) -> list[bool]:
    """Return for each piece of a text True if it is copied, from its length in characters and the match after it."""
    covered, reach = [False] * len(pieces), 0
    for index in reversed(range(len(pieces))):
        characters, match = pieces[index]
        reach = max(reach, match.length)
        covered[index] = reach > 0 and characters > 0
        reach -= characters
    return covered
