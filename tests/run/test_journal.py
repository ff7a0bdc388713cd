"""The journal: it is read while it grows, and lines that a crash has torn do no harm."""

import json
import math
import time
import tracemalloc
from pathlib import Path

import pytest

from charrnn.run.events import Event, GradientFlowMeasured, Sampled, Saved, StepDone
from charrnn.run.journal import LONGEST_LINE, NAME, Tail, append_event, open_journal, read_journal, read_milestones


def step(number: int) -> StepDone:
    return StepDone(number, float(number), 2.0, 0.01, 1.0, 100.0, 0.5, 0.1)


def write(run: Path, *events: Event) -> None:
    with open_journal(run) as journal:
        for event in events:
            append_event(journal, event)


def test_a_growing_journal_is_read_piece_by_piece(tmp_path: Path) -> None:
    tail = Tail(tmp_path)
    assert tail.read() == []
    with open_journal(tmp_path) as journal:
        append_event(journal, Saved(1, 1.0))
        journal.write('{"event": "checkpoint", "st')
        assert tail.read() == [Saved(1, 1.0)]
        journal.write('ep": 2, "time": 2.0}\n')
    assert tail.read() == [Saved(2, 2.0)]


def test_a_journal_that_was_replaced_is_read_from_its_beginning(tmp_path: Path) -> None:
    write(tmp_path, Saved(1, 1.0), Saved(2, 2.0))
    tail = Tail(tmp_path)
    assert len(list(tail.read_all())) == 2
    (tmp_path / "metrics.jsonl").write_text('{"event": "checkpoint", "step": 3, "time": 3.0}\n', "utf-8")
    assert tail.read() == [Saved(3, 3.0)]


def test_a_torn_line_is_skipped_and_the_next_event_has_a_line_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, Saved(1, 1.0))
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"event": "step", "st')
    assert list(read_journal(tmp_path)) == [Saved(1, 1.0)]
    write(tmp_path, Saved(2, 2.0))
    assert list(read_journal(tmp_path)) == [Saved(1, 1.0), Saved(2, 2.0)]


def test_milestones_are_all_events_but_steps_and_the_last_one(tmp_path: Path) -> None:
    write(tmp_path, Saved(0, 0.0), *map(step, range(1, 50)), Saved(49, 49.0), *map(step, range(50, 60)))
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"event": "step", "step": 60')
    assert list(read_milestones(tmp_path)) == [Saved(0, 0.0), Saved(49, 49.0), step(59)]
    assert list(read_milestones(tmp_path / "nowhere")) == []


def test_a_journal_that_was_replaced_by_a_longer_one_is_read_from_its_beginning(tmp_path: Path) -> None:
    write(tmp_path, Saved(1, 1.0))
    tail = Tail(tmp_path)
    assert tail.read() == [Saved(1, 1.0)]
    (tmp_path / "other").mkdir()
    write(tmp_path / "other", Saved(2, 2.0), Saved(3, 3.0))
    (tmp_path / "other" / NAME).replace(tmp_path / NAME)
    assert tail.read() == [Saved(2, 2.0), Saved(3, 3.0)]


def test_a_line_without_an_end_is_skipped_in_linear_time_and_bounded_memory(tmp_path: Path) -> None:
    with (tmp_path / NAME).open("wb") as file:
        file.truncate(90 << 20)
    tail, began = Tail(tmp_path), time.perf_counter()
    tracemalloc.start()
    assert tail.read() == []
    assert list(read_milestones(tmp_path)) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.perf_counter() - began < 5.0
    assert peak < 3 * LONGEST_LINE
    write(tmp_path, Saved(1, 1.0))
    assert tail.read() == [Saved(1, 1.0)]
    assert list(read_milestones(tmp_path)) == [Saved(1, 1.0)]


def test_a_line_is_read_up_to_the_longest_length(tmp_path: Path) -> None:
    line = json.dumps(Sampled(1, 1.0, "x" * 1_000_000).to_json())
    (tmp_path / NAME).write_text(f'{line}\n{line[:-2]}{"x" * LONGEST_LINE}"}}\n{line}\n', "utf-8")
    assert [type(event) for event in read_journal(tmp_path)] == [Sampled, Sampled]


@pytest.mark.slow
def test_the_journal_of_a_day_is_read_quickly_in_little_memory(tmp_path: Path) -> None:
    line = json.dumps(step(1_234_567).to_json())
    with (tmp_path / NAME).open("w") as file:
        for _ in range(1000):
            file.write(f"{line}\n" * 1000)
    tracemalloc.start()
    assert list(read_milestones(tmp_path)) == [step(1_234_567)]
    assert sum(1 for _, _ in zip(range(10_000), read_journal(tmp_path), strict=False)) == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 << 20


@pytest.mark.parametrize("time", ["1e999", "-1e999", "NaN", "null", "Infinity", str(10**400)])
def test_an_event_without_a_time_is_skipped(time: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(f'{{"event": "checkpoint", "step": 1, "time": {time}}}\n', "utf-8")
    assert list(read_journal(tmp_path)) == []


def test_text_and_numbers_of_every_kind_can_be_written(tmp_path: Path) -> None:
    write(
        tmp_path,
        Sampled(1, 1.0, "naïve\n\u2028漢字 \x00"),
        GradientFlowMeasured(2, 2.0, ((math.nan,),), (math.inf,), 0),
    )
    sample, probe = read_journal(tmp_path)
    assert sample == Sampled(1, 1.0, "naïve\n\u2028漢字 \x00")
    assert isinstance(probe, GradientFlowMeasured)
    assert math.isnan(probe.gradient_flow[0][0])
