"""Cloze: a text with a blank → the likeliest fillings, of one token or several, from what stands on both sides.

A filling of one length is proposed token by token from either end, and all are ranked by the pseudo-log-likelihood
of the text around the blank: the sum of the log probabilities of each token there, given all others (Salazar et al.
2020). Longer fillings pay for their tokens, and gain where they make what stands beside them likelier.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from charrnn.config import RunConfig
from charrnn.errors import ModelError, UsageError
from charrnn.evaluation.evaluate import how_many
from charrnn.language.model import LanguageModel, read_tokenizer
from charrnn.network.arrays import Array, Ids, Parameters, Workspace
from charrnn.network.losses import log_softmax, softmax
from charrnn.network.two_sided import ClozeNetwork
from charrnn.run.evaluation import Evaluation
from charrnn.run.folder import RunFolder
from charrnn.text.dataset import Dataset
from charrnn.text.tokenizers import Tokenizer, initial_id, never_sampled

BLANK = re.compile("_{3,}")
BEAM = 12
BESIDE = 8
"""Tokens on either side of a filling whose likelihood counts."""
FARTHEST = 256
"""Tokens on either side that are read."""
ARC = 1024
SHOWN, SHOWN_EVERY = 160, 8
LARGEST_BATCH = 1 << 24
"""Numbers that the logits of a batch have at most."""


@dataclass(frozen=True)
class Filling:
    """What may stand in the blank: its score in nats, and its share among all fillings that were looked at."""

    text: str
    score: float
    probability: float


@dataclass(frozen=True, eq=False)
class ClozeModel:
    """A network that predicts a token from both sides, with its tokenizer.

    >>> model = ClozeModel.load(cloze_run)
    >>> model.fill("the old l____p at the end", n=1, longest=2)[0].text
    'am'
    """

    config: RunConfig
    network: ClozeNetwork
    parameters: Parameters
    tokenizer: Tokenizer

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The best weights of a run; ModelError if the folder is no run of this kind, or is damaged or doctored."""
        folder = RunFolder(Path(path))
        config = folder.read_config()
        if config.network.body != "two_sided":
            raise ModelError(f"{path} reads in one direction and fills no blanks; train a run with --cloze for that")
        network = ClozeNetwork(config.network)
        return cls(config, network, folder.read_model(network), read_tokenizer(folder, config))

    def fill(self, text: str, n: int = 5, longest: int = 3) -> list[Filling]:
        """The n best fillings, of up to `longest` tokens, for the one blank ____ in a text, the best first."""
        left, right = self._sides(text)
        proposed = (each for length in range(1, longest + 1) for each in self._propose(left, right, length))
        candidates = [each for each in proposed if self._is_text(each)]
        if not candidates:
            return []
        scores = [self._score(left, each, right) for each in candidates]
        weights = softmax(np.array(scores))
        found: dict[str, Filling] = {}
        for at in np.argsort(-weights, kind="stable"):
            said = self.tokenizer.decode(candidates[at])
            said = said.strip(" ") or said  # the space before a word is not worth telling
            before = found.get(said, Filling(said, scores[at], 0.0))
            found[said] = replace(before, probability=before.probability + float(weights[at]))
        return sorted(found.values(), key=lambda each: -each.probability)[:n]

    def _is_text(self, filling: tuple[int, ...]) -> bool:
        """Whether its bytes are whole characters."""
        try:
            b"".join(self.tokenizer.token_bytes(token) for token in filling).decode()
        except UnicodeDecodeError:
            return False
        return True

    def _sides(self, text: str) -> tuple[Ids, Ids]:
        """What stands before the blank, from the start token on, and behind it."""
        parts = BLANK.split(text)
        if len(parts) != 2:
            raise UsageError(f"a text to fill has one blank, ____, and this has {len(parts) - 1}; give it one")
        before, behind = (self.tokenizer.prepare(part)[0] for part in parts)
        if self.tokenizer.kind in ("word", "subword"):
            before = before.removesuffix(" ")  # it belongs to the word that follows
        left = np.concatenate([[initial_id(self.tokenizer)], self.tokenizer.encode(before)])
        return left[-FARTHEST:].astype(np.int64), self.tokenizer.encode(behind)[:FARTHEST].astype(np.int64)

    def _propose(self, left: Ids, right: Ids, length: int) -> list[tuple[int, ...]]:
        """Fillings of so many tokens: the likeliest as they are found from the left, and from the right."""
        found: dict[tuple[int, ...], None] = {}
        for from_left in (True, False):
            beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
            for _ in range(length):
                beam = self._lengthen(beam, left, right, from_left)
            found |= dict.fromkeys(tokens for _, tokens in beam)
        return list(found)

    def _lengthen(
        self, beam: list[tuple[float, tuple[int, ...]]], left: Ids, right: Ids, from_left: bool
    ) -> list[tuple[float, tuple[int, ...]]]:
        fillings = np.array([tokens for _, tokens in beam], np.int64).T.reshape(-1, len(beam))  # (k, B)
        sides = [np.repeat(ids[:, None], len(beam), axis=1) for ids in (left, right)]
        side = 0 if from_left else 1
        sides[side] = np.concatenate([sides[0], fillings] if from_left else [fillings, sides[1]])
        logits = self.network.blank_logits(self.parameters, sides[0], sides[1], self._workspace())
        logits[:, self._never()] = -np.inf
        totals = log_softmax(logits.astype(np.float64)) + np.array([total for total, _ in beam])[:, None]
        best = np.argsort(-totals, axis=None, kind="stable")[: min(BEAM, int(np.isfinite(totals).sum()))]
        rows, tokens = np.unravel_index(best, totals.shape)
        return [
            (float(totals[row, token]), (*beam[row][1], int(token)) if from_left else (int(token), *beam[row][1]))
            for row, token in zip(rows, tokens, strict=True)
        ]

    def _score(self, left: Ids, filling: tuple[int, ...], right: Ids) -> float:
        """The pseudo-log-likelihood of a filling and of the tokens beside it."""
        tokens = np.concatenate([left, filling, right]).astype(np.int64)
        logp = _window_log_probabilities(self.network, self.parameters, tokens[:, None], self._workspace())[:, 0]
        begin = len(left) - 1  # logp[i] is that of tokens[i + 1]
        return float(logp[max(0, begin - BESIDE) : begin + len(filling) + BESIDE].sum(dtype=np.float64))

    def _never(self) -> list[int]:
        marks = [] if self.tokenizer.eos_id is None else [self.tokenizer.eos_id]
        return never_sampled(self.tokenizer) + marks

    def _workspace(self) -> Workspace:
        return Workspace(self.parameters["head.b"].dtype)

    def evaluate(
        self,
        ids: Ids,
        *,
        characters: int,
        unknown: int,
        before: int | None = None,
        threads: int = 1,
        panels: bool = False,
    ) -> Evaluation:
        """How well each token of a text, read as ids (N,), N ≥ 1, is predicted from all others around it."""
        first = initial_id(self.tokenizer) if before is None else before
        return evaluate_cloze(
            self.network,
            self.parameters,
            ids,
            first,
            characters=characters,
            unknown=unknown,
            threads=threads,
            panels=panels,
        )


def load_model(path: str | Path) -> LanguageModel | ClozeModel:
    """The model of a run, of either kind; ModelError if there is none, or it is damaged or doctored."""
    kind = ClozeModel if RunFolder(Path(path)).read_config().network.body == "two_sided" else LanguageModel
    return kind.load(path)


def evaluate_cloze(
    network: ClozeNetwork,
    parameters: Parameters,
    ids: Ids,
    before: int,
    *,
    characters: int,
    unknown: int,
    threads: int = 1,
    panels: bool = False,
) -> Evaluation:
    """The figures of `charrnn eval`, where every token in its turn is the blank."""
    logp = cloze_log_probabilities(network, parameters, ids, before, threads=threads, panels=panels)
    nats = -float(logp.sum(dtype=np.float64))
    return Evaluation.from_nats(
        nats, tokens=how_many(network.counted(ids), ids), characters=characters, unknown=unknown
    )


def filled(network: ClozeNetwork, parameters: Parameters, dataset: Dataset) -> str:
    """What the network makes of a few characters of the text that is held out, if every SHOWN_EVERYth is a blank."""
    part = dataset.validation if len(dataset.validation) else dataset.training
    tokens = part[:SHOWN].astype(np.int64)
    before = int(dataset.training[-1]) if part is dataset.validation else initial_id(dataset.tokenizer)
    windows = np.concatenate([[before], tokens])[:, None]
    workspace = Workspace(parameters["head.b"].dtype)
    logits, _, _ = network.forward(
        parameters, windows[:-1], windows[1:], network.start(1, workspace.dtype), None, workspace
    )
    guesses = logits[:, 0].argmax(axis=-1)
    name, pieces = dataset.tokenizer.decode, []
    for begin in range(0, len(tokens), SHOWN_EVERY):
        run = tokens[begin : begin + SHOWN_EVERY].tolist()
        blank = begin + SHOWN_EVERY - 1
        pieces.append(f"{name(run[:-1])}[{name([int(guesses[blank])])}]" if blank < len(tokens) else name(run))
    return "".join(pieces)


def cloze_log_probabilities(
    network: ClozeNetwork,
    parameters: Parameters,
    ids: Ids,
    before: int,
    *,
    threads: int = 1,
    panels: bool = False,
) -> Array:
    """log p (N,) in nats of each token of ids (N,), from the FARTHEST tokens or more on either side of it.

    It is 0 for the beginning of a document, which nothing predicts.
    """
    tokens = np.concatenate([[before], ids]).astype(np.int64)
    found = np.zeros(len(ids), parameters["head.b"].dtype)

    def read(batch: list[tuple[int, int, int, int]]) -> None:
        windows = np.stack([tokens[low : high + 1] for low, _, _, high in batch], axis=1)  # (T + 1, B)
        workspace = Workspace(found.dtype, panels=panels)
        with np.errstate(all="ignore"):
            logp = _window_log_probabilities(network, parameters, windows, workspace)
        for column, (low, begin, end, _) in enumerate(batch):
            found[begin:end] = logp[begin - low : end - low, column]

    batches = list(_batches(len(ids), network.config.vocabulary))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, batches))
    return found


def _batches(N: int, V: int) -> Iterator[list[tuple[int, int, int, int]]]:
    """Arcs [begin, end) of a text of N tokens and windows [low, high] around them, those of one length together."""
    by_length: dict[int, list[tuple[int, int, int, int]]] = {}
    for begin in range(0, N, ARC):
        end = min(begin + ARC, N)
        low, high = max(0, begin - FARTHEST), min(N, end + FARTHEST)
        by_length.setdefault(high - low, []).append((low, begin, end, high))
    for length, arcs in by_length.items():
        size = max(1, min(16, LARGEST_BATCH // (length * V)))
        for at in range(0, len(arcs), size):
            yield arcs[at : at + size]


def _window_log_probabilities(
    network: ClozeNetwork, parameters: Parameters, tokens: Ids, workspace: Workspace
) -> Array:
    """log p (T, B) of tokens[1:] of windows (T + 1, B), each from the others of its window."""
    inputs, targets = tokens[:-1], tokens[1:]
    state = network.start(tokens.shape[1], workspace.dtype)
    logits, _, _ = network.forward(parameters, inputs, targets, state, None, workspace)
    logp: Array = np.take_along_axis(log_softmax(logits), targets[..., None], axis=-1)[..., 0]
    if (counted := network.counted(targets)) is not None:
        logp *= counted
    return logp
