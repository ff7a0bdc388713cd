"""Progress of reading a long text: a predictor that reads in blocks, and reports the share after each."""

from collections.abc import Sequence

from charrnn.language.predictor import Predictor, State, advance_each
from charrnn.network.arrays import Array, Ids
from charrnn.text.progress import OnShare

BLOCK = 1024
"""Tokens after which the share is reported; fewer are read without a report."""


class ReportingPredictor:
    """A predictor that reads with another one."""

    def __init__(self, predictor: Predictor, on_share: OnShare) -> None:
        self._predictor, self._on_share = predictor, on_share

    def start(self) -> State:
        return self._predictor.start()

    def advance(self, ids: Sequence[int] | Ids, state: State) -> tuple[Array, State]:
        if len(ids) <= BLOCK:
            return self._predictor.advance(ids, state)
        for begin in range(0, len(ids), BLOCK):
            logits, state = self._predictor.advance(ids[begin : begin + BLOCK], state)
            self._on_share(min(1.0, (begin + BLOCK) / len(ids)))
        return logits, state

    def advance_each(self, tokens: Sequence[int], states: Sequence[State]) -> list[tuple[Array, State]]:
        return advance_each(self._predictor, tokens, states)
