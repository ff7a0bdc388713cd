"""Probes: the measurements that a run makes of its weights while it trains.

Each is a function of the weights, made once per config and dataset. A probe does not use the random generator of the
training, so that it does not change the run.
"""

import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np

from charrnn.config import RunConfig
from charrnn.errors import ModelError
from charrnn.evaluation.baselines import Baseline
from charrnn.language.ngrams import HIGHEST_ORDER, Ngrams
from charrnn.language.registry import make_model
from charrnn.network.arrays import Parameters
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import GradientFlowMeasured
from charrnn.text.batches import Windows
from charrnn.text.dataset import Dataset
from charrnn.text.progress import COUNTING, OnProgress
from charrnn.text.tokenizers import Tokenizer
from charrnn.training.interfaces import EvaluationProbe
from charrnn.training.state import TrainingState

BASELINE_VALIDATION_TOKENS = 1_000_000
"""Tokens of the validation part on which n-gram models are measured; of a longer one, a sample is."""
COUNTING_SHARE = 0.9
"""Share of the work that counting is; the rest is measuring."""
PROBED_STREAMS = 4
"""Number of streams of the batch on which the gradient flow is measured."""


def evaluation_probe(config: RunConfig, dataset: Dataset) -> EvaluationProbe:
    """Return a probe that evaluates weights on the validation part of a dataset, or on a sample of it."""
    text, threads = dataset.validation_text(), config.training.threads

    def evaluate(parameters: Parameters, sample: int | None) -> Generator[float, None, Evaluation]:
        model = make_model(config, parameters, dataset.tokenizer)
        return model.evaluation_steps(text, sample=sample, threads=threads)

    return evaluate


def sample_probe(config: RunConfig, dataset: Dataset) -> Callable[[Parameters, int], str]:
    """Return a probe that samples from weights; the seed of the run and the step determine its random numbers."""

    def sample(parameters: Parameters, step: int) -> str:
        rng = np.random.default_rng((config.training.seed, step))
        try:
            return make_model(config, parameters, dataset.tokenizer).training_sample(dataset, rng)
        except ModelError as error:
            return f"(no sample: {error})"

    return sample


def flow_probe(
    config: RunConfig, tokenizer: Tokenizer, windows: Windows
) -> Callable[[TrainingState, float], GradientFlowMeasured | None]:
    """Return a probe of the gradient flow through the next window of a state, on a few streams of the batch.

    The probe returns None for a network in which the flow is not defined.
    """

    def measure(state: TrainingState, time: float) -> GradientFlowMeasured | None:
        inputs, targets = windows.window(state.window, np.random.default_rng(0))
        streams = slice(0, PROBED_STREAMS)
        model = make_model(config, state.parameters, tokenizer)
        hidden_state = np.ascontiguousarray(state.hidden_state[:, :, streams])
        flow = model.gradient_flow(inputs[:, streams], targets[:, streams], hidden_state)
        if flow is None:
            return None
        return GradientFlowMeasured(
            state.step,
            time,
            gradient_flow=tuple(tuple(layer) for layer in flow.norms.tolist()),
            saturated=tuple(flow.saturated.tolist()),
            memory=memory_in_use(),
        )

    return measure


def measure_baseline(dataset: Dataset, on_progress: OnProgress | None = None) -> Baseline | None:
    """Return the best n-gram model of the training part on the validation part; None if there is no validation part.

    All of the training part is counted, as far as about 1 GB of memory allows.
    """
    tokenizer, report = dataset.tokenizer, on_progress or (lambda stage, share: None)
    if not len(dataset.validation):
        return None
    ngrams = Ngrams.count(
        dataset.training,
        tokenizer.vocabulary_size,
        HIGHEST_ORDER,
        tokenizer.bos_id,
        lambda share: report(COUNTING, COUNTING_SHARE * share),
    )
    return Baseline.measure(
        ngrams,
        len(dataset.training),
        dataset.validation_text(),
        tokenizer,
        BASELINE_VALIDATION_TOKENS,
        lambda share: report(COUNTING, COUNTING_SHARE + (1.0 - COUNTING_SHARE) * share),
    )


def memory_in_use() -> int:
    """Return the RAM that this process uses, in bytes; its peak on macOS, 0 if unknown."""
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    if sys.platform == "win32":
        return 0
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
