"""Cloze: a text with a blank → the most likely fillings of one or more tokens, given the text on both sides.

Fillings of each length are proposed token by token, once from the left and once from the right. All are ranked by the
pseudo-log-likelihood of the text around the blank: the sum of the log probabilities of its tokens, each given all
others (Salazar et al. 2020). Each further token lowers the sum, unless it makes its neighbors more likely.
"""

import math
import re
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from charrnn.errors import UsageError
from charrnn.language.predictor import not_finite
from charrnn.language.trained_model import TrainedModel
from charrnn.network.affine import affine
from charrnn.network.arrays import Array, Ids, Workspace
from charrnn.network.losses import log_softmax, softmax, target_log_probabilities
from charrnn.text.dataset import Dataset
from charrnn.text.tokenizers import initial_id, never_sampled

BLANK = re.compile("_{3,}")
BEAM = 12
"""Number of partial fillings that are extended at each step."""
NEIGHBORS = 8
"""Number of tokens on either side of a filling that its score includes."""
SHOWN, BLANK_EVERY = 160, 8
"""Number of tokens of a training sample, and the distance between its blanks in tokens."""

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Filling:
    """A filling with its score in nats, and its share of the probability of all fillings that were considered."""

    text: str
    score: float
    probability: float


@dataclass(frozen=True, eq=False, repr=False)
class ClozeModel(TrainedModel):
    """A trained network that predicts a token from both sides, with its tokenizer.

    >>> model = ClozeModel.load(cloze_run)
    >>> model.fill("the old l____p at the end", n=1, longest=2)[0].text
    'am'
    """

    body: ClassVar[str] = "two_sided"
    wrong_body: ClassVar[str] = "{run} reads in one direction and cannot fill blanks; train a run with `cloze`"

    def fill(self, text: str, n: int = 5, longest: int = 3) -> list[Filling]:
        """Return the n best fillings of up to `longest` tokens for the one blank ____ of a text, best first.

        UsageError if the text has not one blank; ModelError if the predictions are not finite numbers.
        """
        with np.errstate(all="ignore"):
            return self._fill(text, n, longest)

    def _fill(self, text: str, n: int, longest: int) -> list[Filling]:
        left, right = self._sides(text)
        proposals = (tokens for length in range(1, longest + 1) for tokens in self._propose(left, right, length))
        candidates = [tokens for tokens in proposals if self._is_text(tokens)]
        if not candidates:
            return []
        scores = [self._score(left, tokens, right) for tokens in candidates]
        probabilities = softmax(np.array(scores))
        fillings: dict[str, Filling] = {}
        for index in np.argsort(-probabilities, kind="stable"):
            decoded = self.tokenizer.decode(candidates[index])
            filling_text = decoded.strip(" ") or decoded  # the space before a word is left out
            filling = fillings.get(filling_text, Filling(filling_text, scores[index], 0.0))
            probability = filling.probability + float(probabilities[index])
            fillings[filling_text] = replace(filling, probability=probability)
        return sorted(fillings.values(), key=lambda filling: -filling.probability)[:n]

    def training_sample(self, dataset: Dataset, rng: np.random.Generator) -> str:
        """Return some held-out text with every eighth token replaced by the model's prediction, in brackets."""
        del rng
        held_out = len(dataset.validation) > 0
        tokens = (dataset.validation if held_out else dataset.training)[:SHOWN].astype(np.int64)
        previous_id = int(dataset.training[-1]) if held_out else initial_id(self.tokenizer)
        with np.errstate(all="ignore"):
            logits, _, _ = self.network.forward(self.parameters, np.concatenate([[previous_id], tokens])[:, None])
        guesses = logits[:, 0].argmax(axis=-1)
        decode, pieces = self.tokenizer.decode, []
        for begin in range(0, len(tokens), BLANK_EVERY):
            segment, blank = tokens[begin : begin + BLANK_EVERY].tolist(), begin + BLANK_EVERY - 1
            if blank < len(tokens):
                pieces.append(f"{decode(segment[:-1])}[{decode([int(guesses[blank])])}]")
            else:
                pieces.append(decode(segment))
        return "".join(pieces)

    def gradient_flow(self, inputs: Ids, targets: Ids, state: Array) -> None:
        """Return None: the gradient flow is defined for a model with one forward stack only."""

    def _is_text(self, filling: Tokens) -> bool:
        """Return True if the bytes of a filling are valid UTF-8, without incomplete characters."""
        try:
            b"".join(self.tokenizer.token_bytes(token) for token in filling).decode()
        except UnicodeDecodeError:
            return False
        return True

    def _sides(self, text: str) -> tuple[Ids, Ids]:
        """Return the ids before the blank, beginning with the initial id, and the ids after it."""
        parts = BLANK.split(text)
        if len(parts) != 2:
            raise UsageError(f"a text to fill must have one blank, ____, and this has {len(parts) - 1}; mark one")
        before, after = (self.tokenizer.prepare(part)[0] for part in parts)
        if self.tokenizer.kind in ("word", "subword"):
            before = before.removesuffix(" ")  # the space belongs to the word that follows
        left = np.concatenate([[initial_id(self.tokenizer)], self.tokenizer.encode(before)])
        reach = self.network.body.lookahead
        return left[-reach:].astype(np.int64), self.tokenizer.encode(after)[:reach].astype(np.int64)

    def _propose(self, left: Ids, right: Ids, length: int) -> list[Tokens]:
        """Return the most likely fillings of this many tokens, found from the left and from the right."""
        proposals: dict[Tokens, None] = {}
        for from_left in (True, False):
            beam: list[tuple[float, Tokens]] = [(0.0, ())]
            for _ in range(length):
                beam = self._extend(beam, left, right, from_left=from_left)
            proposals |= dict.fromkeys(tokens for _, tokens in beam)
        return list(proposals)

    def _extend(
        self, beam: list[tuple[float, Tokens]], left: Ids, right: Ids, *, from_left: bool
    ) -> list[tuple[float, Tokens]]:
        """Return the BEAM best extensions of partial fillings by one token, with their log probabilities."""
        fillings = np.array([tokens for _, tokens in beam], np.int64).T.reshape(-1, len(beam))  # (k, B)
        before, after = (np.repeat(ids[:, None], len(beam), axis=1) for ids in (left, right))
        if from_left:
            before = np.concatenate([before, fillings])
        else:
            after = np.concatenate([fillings, after])
        logits = self._blank_logits(before, after)
        logits[:, self._never()] = -np.inf
        totals = log_softmax(logits.astype(np.float64)) + np.array([total for total, _ in beam])[:, None]
        best = np.argsort(-totals, axis=None, kind="stable")[: min(BEAM, int(np.isfinite(totals).sum()))]
        rows, tokens = np.unravel_index(best, totals.shape)
        return [
            (float(totals[row, token]), (*beam[row][1], int(token)) if from_left else (int(token), *beam[row][1]))
            for row, token in zip(rows, tokens, strict=True)
        ]

    def _blank_logits(self, before: Ids, after: Ids) -> Array:
        """Return logits (B, V) of one blank between `before` (n, B), n ≥ 1, and `after` (m, B)."""
        blank = before[:1]  # any token: the network does not see the one that it predicts
        y, _, _ = self.network.read(self.parameters, np.concatenate([before, blank, after]))
        n, workspace = len(before), Workspace.like(self.parameters)
        logits, _ = affine(self.parameters, "head.W", "head.b", np.ascontiguousarray(y[n - 1 : n]), workspace)
        blank_logits: Array = logits[0]
        if not np.isfinite(blank_logits).all():
            raise not_finite(self.name)
        return blank_logits

    def _score(self, left: Ids, filling: Tokens, right: Ids) -> float:
        """Return the pseudo-log-likelihood of a filling and of its neighbors."""
        tokens = np.concatenate([left, filling, right]).astype(np.int64)[:, None]
        logits, _, _ = self.network.forward(self.parameters, tokens)
        log_p = target_log_probabilities(logits, tokens[1:], self.network.loss_mask(tokens[1:]))[:, 0]
        begin = len(left) - 1  # log_p[i] belongs to tokens[i + 1]
        score = float(log_p[max(0, begin - NEIGHBORS) : begin + len(filling) + NEIGHBORS].sum(dtype=np.float64))
        if not math.isfinite(score):
            raise not_finite(self.name)
        return score

    def _never(self) -> list[int]:
        eos = [] if self.tokenizer.eos_id is None else [self.tokenizer.eos_id]
        return never_sampled(self.tokenizer) + eos
