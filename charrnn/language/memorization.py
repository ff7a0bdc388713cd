"""Copies: which characters of a text stand in the training text too, in a span of so many or more.

A `Match` is to a text what a state is to a network: a small value that one character carries on, so that every
position of a text can keep its own.
"""

from dataclasses import dataclass

SHORTEST = 20
LARGEST = 64 << 20
"""Characters of a training text that are searched at most."""


@dataclass(frozen=True)
class Match:
    """The longest end of a text that was found in the training text, `length` characters at `place`; 0 if none."""

    place: int = 0
    length: int = 0


NO_MATCH = Match()


@dataclass(frozen=True)
class CopyDetector:
    """Looks for spans of `shortest` characters or more.

    A character that goes on with a match costs next to nothing; any other costs a search or a few through the whole
    training text, about 0.1 ms for a million characters.
    """

    training_text: str
    shortest: int = SHORTEST

    def extend(self, match: Match, recent: str) -> Match:
        """The match after one more character, the last of `recent`, of a text whose match was `match` before it.

        `recent` is the end of the text: at least `match.length` + 1 characters and at least `shortest` of them, or
        the whole text.
        """
        text, end = self.training_text, match.place + match.length
        if match.length and text[end : end + 1] == recent[-1:]:
            return Match(match.place, match.length + 1)
        if len(recent) < self.shortest or (place := text.find(recent[-self.shortest :])) < 0:
            return NO_MATCH
        # The longest end that stands somewhere: if a long one does, so do all shorter ones.
        low, high = self.shortest, min(match.length + 1, len(recent))
        while low < high:
            middle = (low + high + 1) // 2
            found = text.find(recent[-middle:])
            if found >= 0:
                low, place = middle, found
            else:
                high = middle - 1
        return Match(place, low)

    def covered(self, text: str) -> list[bool]:
        """Of each character of a text, whether it is part of a copied span."""
        matches, match = [], NO_MATCH
        for end in range(1, len(text) + 1):
            match = self.extend(match, text[max(0, end - max(match.length + 1, self.shortest)) : end])
            matches.append(match)
        return cover([(1, match) for match in matches])


def cover(pieces: list[tuple[int, Match]]) -> list[bool]:
    """Pieces of a text, each with its number of characters and the match after it → whether each is in a span."""
    covered, reach = [False] * len(pieces), 0
    for index in reversed(range(len(pieces))):
        characters, match = pieces[index]
        reach = max(reach, match.length)
        covered[index] = reach > 0 and characters > 0
        reach -= characters
    return covered
