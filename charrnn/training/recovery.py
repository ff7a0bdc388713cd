"""Recovery from a loss or gradient that is not finite: the last saved state, at half the learning rate."""

from charrnn.errors import RunError
from charrnn.training.state import TrainingState

MOST_RECOVERIES = 5
"""Largest number of recoveries between two checkpoints; one more ends the run."""


class Recovery:
    """The last saved state, and the number of recoveries since it was saved."""

    def __init__(self, state: TrainingState) -> None:
        self.count = 0
        self._saved = state.copy()

    @property
    def saved_time(self) -> float:
        """Time of the run, in seconds, at which the state was saved."""
        return self._saved.time

    def save(self, state: TrainingState) -> None:
        """Keep a copy of a state that is known to be finite."""
        self.count = 0
        self._saved = state.copy()

    def scale_rate(self, factor: float) -> None:
        """Apply a change of the learning rate to the saved state too."""
        self._saved.rate_scale *= factor

    def restore(self, failed: TrainingState, reason: str) -> TrainingState:
        """Return the saved state with the learning rate halved once per recovery, and the position in the text kept.

        RunError after MOST_RECOVERIES recoveries.
        """
        self.count += 1
        if self.count > MOST_RECOVERIES:
            raise RunError(
                f"training diverged at step {failed.step} ({reason}), and {MOST_RECOVERIES} halvings of the learning "
                "rate did not help; start again with a lower `lr` or a lower `clip`"
            )
        state = self._saved.copy()
        state.window, state.best_loss = failed.window, failed.best_loss
        state.rate_scale *= 0.5**self.count
        return state
