"""Echo: windows are pieces of one stream, and only those that reach back to the bit teach it."""

from collections.abc import Callable

import numpy as np

from charrnn.lab.experiments import echo
from charrnn.lab.protocol import Finding


def test_windows_continue_one_stream() -> None:
    stream = echo.windows(3, 5, np.random.default_rng(0))
    pieces = [next(stream) for _ in range(3)]
    bits = np.concatenate([x.argmax(axis=-1) for x, _ in pieces])
    targets = np.concatenate([targets for _, targets in pieces])
    np.testing.assert_array_equal(targets[3:], bits[:-3])
    assert (targets[:3] == -1).all()


def test_shorter_training_reaches_the_figures(run_experiment: Callable[..., list[Finding]]) -> None:
    assert [finding for finding in run_experiment("echo", 1000) if not finding.passed] == []
