"""The PyTorch twin: the same model and the same steps as ours; absent or old versions are left out."""

import sys

import numpy as np
import pytest

from charrnn.benchmark.pytorch import TorchTwin, load_torch
from charrnn.benchmark.speed import BenchSettings, Size, make_trainer, measure_sampling, measure_training
from charrnn.config import TrainingConfig
from charrnn.network import Network


def tiny(cell: str = "tanh") -> Size:
    return Size(16, 2, 8, 8, cell)


@pytest.mark.parametrize("version", ["1.13.1", "2.3.0+cpu"])
def test_old_version_counts_as_absent(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    class Old:
        __version__ = version

    monkeypatch.setitem(sys.modules, "torch", Old())
    assert load_torch() is None


def test_missing_module_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # an import raises ImportError
    assert load_torch() is None


@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
def test_twin_takes_the_same_steps(cell: str) -> None:
    torch = pytest.importorskip("torch")
    size, training, rng = tiny(cell), TrainingConfig(steps=1), np.random.default_rng(0)
    trainer, state = make_trainer(size, 2, training)
    twin = TorchTwin(torch, size.config, state.parameters, rate=training.lr, clip=training.clip)
    assert twin.parameter_count() == Network.from_config(size.config).parameter_count()
    for number in range(4):
        loss = trainer.step(state, training.lr).loss
        assert twin.step(*trainer.windows.window(number, rng)) == pytest.approx(loss, abs=1e-4)


def test_twin_samples_tokens_of_the_vocabulary() -> None:
    torch, config = pytest.importorskip("torch"), tiny().config
    parameters = Network.from_config(config).initialize(np.random.default_rng(0))
    tokens = TorchTwin(torch, config, parameters, rate=0.0, clip=1.0).sample(0, 20)
    assert len(tokens) == 20
    assert all(0 <= token < config.vocabulary for token in tokens)


def test_ratio_is_that_of_the_speeds_and_the_threads_are_restored() -> None:
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    settings = BenchSettings((tiny(),), turns=2, seconds=0.0)
    rows = (
        measure_training(tiny(), settings, threads=1, peak=1e9, torch=torch),
        measure_sampling(tiny(), settings, torch),
    )
    for row in rows:
        assert row.torch_characters_per_second is not None
        assert row.ratio == pytest.approx(row.characters_per_second / row.torch_characters_per_second)
    assert torch.get_num_threads() == threads
