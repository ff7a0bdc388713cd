"""All cells: their gradients, and that each trains a language model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from charrnn.config import CELLS as CONFIGURED_CELLS
from charrnn.config import NetworkConfig, Overrides, TextConfig
from charrnn.language.model import LanguageModel
from charrnn.network.cells import CELLS
from charrnn.network.gradient_check import GradientCheck
from charrnn.network.network import Network
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.events import Saved, StepDone

V, H, B = 7, 5, 3


def test_every_cell_of_the_configuration_exists() -> None:
    assert set(CELLS) == set(CONFIGURED_CELLS)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("T", [1, 2, 5])
@pytest.mark.parametrize(("layers", "dropout", "bos_id"), [(1, 0.0, None), (2, 0.3, None), (3, 0.0, 2)])
def test_the_gradients_are_the_central_differences(
    cell: str, layers: int, dropout: float, bos_id: int | None, T: int, check_window: Callable[..., GradientCheck]
) -> None:
    network = Network.from_config(NetworkConfig(V, H, layers, 4, dropout, cell, bos_id=bos_id))
    ids = np.random.default_rng(1).integers(V, size=(T + 1, B))
    masks = network.dropout_masks(B, np.random.default_rng(3), np.float64)
    check = check_window(network, ids[:-1], ids[1:], dropout_masks=masks, entries=8)
    assert check.passed, check.suspects


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_trains_a_language_model_and_resumes_to_the_bit(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the lamp was lit by ottoline, who had never been late\n" * 40, "utf-8")
    text = TextConfig((str(path),))
    overrides = Overrides(hidden=16, layers=2, bptt=8, batch=8, steps=40, evaluate_every=20, cell=cell, lr=0.02)
    overrides |= {"dropout": 0.1, "threads": 2}
    events = list(start_run(tmp_path / "whole", text, overrides).train())
    losses = [event.loss for event in events if isinstance(event, StepDone)]
    assert losses[-1] < losses[0] - 0.5
    for event in start_run(tmp_path / "interrupted", text, overrides).train():
        if isinstance(event, Saved) and event.step == 20:
            break
    list(resume_run(tmp_path / "interrupted").train())
    whole, resumed = (LanguageModel.load(tmp_path / name).parameters for name in ("whole", "interrupted"))
    for name, array in whole.items():
        np.testing.assert_array_equal(array, resumed[name])
