"""The journal: it is read while it grows, and lines that a crash has torn do no harm."""

import math
from pathlib import Path

from charrnn.run.events import Event, GradientFlowMeasured, Sampled, Saved, StepDone
from charrnn.run.journal import Tail, append_event, open_journal, read_journal, read_milestones


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
