"""Instruments: how a run looks at its own weights while it trains: an evaluation, a voice and a probe.

Each is a function of the weights, made once for a network and its text; none touches the training's random draws.
"""

import itertools
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from charrnn.evaluation.baselines import HIGHEST_ORDER, Loss, best_order, ngram_losses
from charrnn.evaluation.evaluate import evaluate
from charrnn.language.cloze import evaluate_cloze, filled
from charrnn.language.ngrams import Ngrams
from charrnn.language.predictor import RnnPredictor
from charrnn.language.sampling import Sampling, sample_tokens
from charrnn.network.arrays import Parameters, Workspace
from charrnn.network.gradient_flow import gradient_flow
from charrnn.network.network import Network
from charrnn.network.two_sided import ClozeNetwork
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Probed
from charrnn.text.batches import Windows
from charrnn.text.dataset import Dataset
from charrnn.text.tokenizers import initial_id, never_sampled
from charrnn.training.trainer import TrainingState

LARGEST_COUNTED, LARGEST_COMPARED = 2_000_000, 500_000
"""Tokens that the n-grams of a run learn from, and that they are measured on."""
SAMPLE_LENGTH = 200
SAMPLE_TEMPERATURE = 0.8
PROBED_STREAMS = 4
"""A probe reads so many streams of the batch: enough to see the flow, few enough to cost next to nothing."""


def evaluator(
    network: Network | ClozeNetwork, dataset: Dataset, threads: int, panels: bool
) -> Callable[[Parameters], Evaluation]:
    """Read the whole validation part, as it goes on from the last token of the training part."""
    before = int(dataset.training[-1])
    measure = partial(evaluate_cloze, network) if isinstance(network, ClozeNetwork) else partial(evaluate, network)

    def read(parameters: Parameters) -> Evaluation:
        characters, unknown = dataset.validation_characters, dataset.validation_unknown
        return measure(
            parameters,
            dataset.validation,
            before,
            characters=characters,
            unknown=unknown,
            threads=threads,
            panels=panels,
        )

    return read


def baseline(dataset: Dataset) -> tuple[int, Loss] | None:
    """The best order of an n-gram model of the training part, and its loss on the validation part, or on the first
    LARGEST_COMPARED tokens of it; None if nothing is held out. Of a long text, it learns from the beginning.
    """
    tokenizer, held_out = dataset.tokenizer, dataset.validation[:LARGEST_COMPARED]
    if not len(held_out):
        return None
    ngrams = Ngrams.count(
        dataset.training[:LARGEST_COUNTED], tokenizer.vocabulary_size, HIGHEST_ORDER, tokenizer.bos_id
    )
    characters = max(1, tokenizer.count_characters(held_out))
    losses = ngram_losses(ngrams, held_out, int(dataset.training[-1]), characters)
    order = best_order(losses)
    return order, losses[order - 1]


def speaker(network: Network | ClozeNetwork, dataset: Dataset, seed: int) -> Callable[[Parameters, int], str]:
    """A short sample; its draws are a matter of seed and step. What fills blanks shows how it fills some."""
    tokenizer = dataset.tokenizer
    if isinstance(network, ClozeNetwork):
        return lambda parameters, _: filled(network, parameters, dataset)
    prompt, never = np.array([initial_id(tokenizer)]), never_sampled(tokenizer)

    def speak(parameters: Parameters, step: int) -> str:
        rng, predictor = np.random.default_rng((seed, step)), RnnPredictor(network, parameters)
        tokens = sample_tokens(predictor, prompt, Sampling(SAMPLE_TEMPERATURE), rng, never=never)
        said = itertools.takewhile(lambda token: token != tokenizer.eos_id, itertools.islice(tokens, SAMPLE_LENGTH))
        return tokenizer.decode(list(said))

    return speak


def prober(network: Network | ClozeNetwork, windows: Windows) -> Callable[[TrainingState, float], Probed] | None:
    """How the gradient flows back through the window that comes next, on a few of its streams; forward alone."""
    if isinstance(network, ClozeNetwork):
        return None
    workspace = Workspace()

    def probe(state: TrainingState, time: float) -> Probed:
        inputs, targets = windows.window(state.window, np.random.default_rng(0))
        few = slice(0, PROBED_STREAMS)
        carried = np.ascontiguousarray(state.carried[:, :, few])
        flow = gradient_flow(network, state.parameters, inputs[:, few], targets[:, few], carried, workspace)
        return Probed(
            state.step,
            time,
            gradient_flow=tuple(tuple(layer) for layer in flow.norms.tolist()),
            saturated=tuple(flow.saturated.tolist()),
            memory=memory_in_use(),
        )

    return probe


def memory_in_use() -> int:
    """The bytes that this process has in RAM; its largest so far where the system tells no more, 0 where nothing."""
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
