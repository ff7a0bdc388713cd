"""The setup of a run: network, trainer and initial state, made from a config and a dataset, and their speed."""

import time
from dataclasses import dataclass, replace

import numpy as np

from charrnn.blas import single_threaded
from charrnn.config import RunConfig, TrainingConfig, plan_evaluations
from charrnn.network.arrays import Parameters
from charrnn.network.network import Network
from charrnn.parallel.threads import threaded
from charrnn.text.batches import Windows
from charrnn.text.dataset import Dataset
from charrnn.text.progress import OnProgress
from charrnn.training.optimizers import initial_moments, make_optimizer
from charrnn.training.state import TrainingState
from charrnn.training.trainer import Trainer

MEASURED_STEPS, MEASURED_SECONDS = (4, 20), 0.5
"""Steps that are measured: at least 4, and up to 20 within this many seconds."""
MEASURING = "measuring the speed"
"""Stage of the preflight."""


@dataclass(frozen=True, eq=False)
class Setup:
    """Config, dataset, network, trainer and initial state of a run, and the duration of a step on this machine."""

    config: RunConfig
    dataset: Dataset
    network: Network
    trainer: Trainer[Windows]
    state: TrainingState
    seconds_per_step: float

    @property
    def steps(self) -> int:
        """Length of the run in steps; an estimate if it ends after some minutes."""
        training = self.config.training
        if training.steps is not None:
            return training.steps
        if training.epochs is not None:
            return max(1, round(training.epochs * self.trainer.windows.per_epoch))
        assert training.minutes is not None
        return max(1, round(60.0 * training.minutes / self.seconds_per_step))

    @property
    def window_tokens(self) -> int:
        """Tokens per step."""
        return self.config.training.bptt * self.config.training.batch

    @property
    def characters_per_token(self) -> float:
        """Characters of the text per token, on average over the training part."""
        return self.dataset.training_characters / len(self.dataset.training)

    def with_evaluations(self, interval: int | None) -> "Setup":
        """Return the setup with evaluations planned for the length of the run, or every `interval` steps."""
        interval, sample = plan_evaluations(
            self.steps,
            window_tokens=self.window_tokens,
            validation_tokens=len(self.dataset.validation),
            interval=interval,
        )
        training = replace(self.config.training, evaluate_every=interval, evaluation_sample=sample)
        return replace(self, config=replace(self.config, training=training))


def set_up(
    config: RunConfig, dataset: Dataset, parameters: Parameters | None = None, on_progress: OnProgress | None = None
) -> Setup:
    """Make network, trainer and initial state, with these weights or random ones, and measure the time per step."""
    network = Network.from_config(config.network)
    trainer = _make_trainer(network, dataset, config.training)
    state = _initial_state(network, trainer, config.training, parameters)
    with single_threaded():
        seconds_per_step = _measure_step(trainer, state, on_progress)
    return Setup(config, dataset, network, trainer, state, seconds_per_step)


def _make_trainer(network: Network, dataset: Dataset, config: TrainingConfig) -> Trainer[Windows]:
    unk_id, rare = dataset.tokenizer.unk_id, dataset.rare()
    windows = Windows(dataset.training, config.bptt, config.batch, config.seed, unk_id, rare)
    engine = threaded(network, config.threads)
    return Trainer(windows, engine, make_optimizer(config), config.clip, config.clip_by)


def _initial_state(
    network: Network, trainer: Trainer[Windows], config: TrainingConfig, parameters: Parameters | None
) -> TrainingState:
    rng = np.random.default_rng(config.seed)
    parameters = network.initialize(rng) if parameters is None else parameters
    moments = initial_moments(trainer.optimizer, parameters)
    return TrainingState(parameters, moments, network.initial_state(config.batch), rng)


def _measure_step(trainer: Trainer[Windows], state: TrainingState, on_progress: OnProgress | None) -> float:
    """Return the median time of a step in seconds, measured on a copy of the state."""
    least, most = MEASURED_STEPS
    durations: list[float] = []
    trial, began = state.copy(), time.perf_counter()
    while len(durations) < least or (len(durations) < most and time.perf_counter() - began < MEASURED_SECONDS):
        if on_progress is not None:
            on_progress(MEASURING, min(1.0, len(durations) / least))
        step_began = time.perf_counter()
        trainer.step(trial, 0.0)
        durations.append(time.perf_counter() - step_began)
    return float(np.median(durations[1:]))  # the first one fills the workspace
