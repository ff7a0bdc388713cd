"""The storage of a session: its best weights and its state, in the folder of the run."""

from dataclasses import dataclass

from charrnn.errors import ModelError
from charrnn.network.arrays import Parameters
from charrnn.run.arrays import Shapes
from charrnn.run.folder import RunFolder
from charrnn.training.state import TrainingState


@dataclass(frozen=True)
class RunStorage:
    """Writes weights of the given shapes, and states that hold them, to a run folder, and reads them."""

    folder: RunFolder
    shapes: Shapes

    def write_best(self, parameters: Parameters) -> None:
        self.folder.write_model(parameters)

    def read_best(self) -> Parameters:
        return self.folder.read_model(self.shapes)

    def write_checkpoint(self, state: TrainingState) -> None:
        self.folder.write_checkpoint(state.to_arrays(), state.to_notes())

    def read_checkpoint(self, initial: TrainingState) -> TrainingState:
        """Return the state of the last checkpoint, or `initial`, which has the same shapes, if there is none.

        ModelError if the checkpoint is damaged.
        """
        checkpoint = self.folder.read_checkpoint(initial.shapes())
        if checkpoint is None:
            return initial
        try:
            return TrainingState.from_arrays(*checkpoint)
        except ModelError as error:
            raise ModelError(f"{self.folder.checkpoint_path} is damaged: {error}") from error
