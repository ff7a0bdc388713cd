"""Interleaved timing, by a clock that only the candidates move, and the load of other programs."""

from pathlib import Path

import pytest

from charrnn.benchmark import interleaved
from charrnn.benchmark.interleaved import CpuLoad, Timing, time_interleaved

MAX_TURN_STEPS = 3


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interleaved, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(interleaved, "MAX_TURN_STEPS", MAX_TURN_STEPS)


def time_two(A: float, B: float, turns: int, seconds: float = 0.0) -> tuple[str, list[Timing]]:
    """Time candidates whose steps take A and B seconds; return the order of all steps, and the timings."""
    order: list[str] = []
    now = [0.0]

    def step(name: str, duration: float) -> float:
        order.append(name)
        now[0] += duration
        return float(len(order))

    timings = time_interleaved([lambda: step("A", A), lambda: step("B", B)], turns, seconds, clock=lambda: now[0])
    return "".join(order), timings


def test_candidates_alternate_and_the_warm_up_does_not_count() -> None:
    order, timings = time_two(A=1.0, B=2.0, turns=4)
    assert order == "AB" * (interleaved.WARM_UP_STEPS + 4)
    assert timings == [Timing(1.0, 4, len(order) - 1), Timing(2.0, 4, len(order))]


def test_turn_has_several_steps_if_they_are_short() -> None:
    order, (A, B) = time_two(A=interleaved.TURN_SECONDS * 0.6, B=1.0, turns=3)
    assert order == "AB" * interleaved.WARM_UP_STEPS + "AAB" * 3
    assert (A.steps, B.steps) == (6, 3)
    assert A.seconds == pytest.approx(interleaved.TURN_SECONDS * 0.6)


def test_turn_has_a_maximum_of_steps() -> None:
    order, _ = time_two(A=1e-9, B=1.0, turns=1)
    assert order.removeprefix("AB" * interleaved.WARM_UP_STEPS) == "A" * MAX_TURN_STEPS + "B"


def test_turns_continue_until_the_time_is_over() -> None:
    _, timings = time_two(A=1.0, B=1.0, turns=1, seconds=9.5)
    assert [timing.steps for timing in timings] == [5, 5]


STAT = "cpu  9 9 9 9 9\ncpu0 100 20 3 4000 50 6\ncpu1 10 2 0 400 5 6\ncpu12 7 7 7 7 7\nintr 1 2 3\n"


@pytest.mark.parametrize(("processors", "ticks"), [({0}, 123), ({0, 1}, 135)])
def test_only_the_given_processors_count(processors: set[int], ticks: int) -> None:
    assert interleaved.busy_ticks(STAT, processors) == ticks


def test_load_is_unknown_without_its_source(tmp_path: Path) -> None:
    assert CpuLoad(tmp_path / "missing").others_busy() is None
