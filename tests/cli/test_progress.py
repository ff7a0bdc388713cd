"""Events of a run as plain lines, JSON lines, or messages about problems alone."""

import json
from collections.abc import Iterator

import pytest

from charrnn.cli.progress import JsonProgress, PlainProgress, QuietProgress
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Evaluated, Evaluating, Event, Finished, Recovered, Sampled, Saved, Started, StepDone
from charrnn.run.progress import RunProgress


def step(number: int, loss: float = 2.0, *, of: int = 100) -> StepDone:
    return StepDone(
        number,
        float(number),
        loss=loss,
        learning_rate=0.002,
        gradient_norm=0.5,
        clipped=False,
        characters_per_second=12345.0,
        progress=number / of,
        epoch=number / 10,
    )


def evaluated(number: int, nats: float, *, best: bool) -> Evaluated:
    evaluation = Evaluation.from_nats(10 * nats, tokens=10, characters=10, unknown=0)
    return Evaluated(number, float(number), evaluation, best)


STARTED = Started(0, 0.0, False, 10, 10, 10, 1e4, steps=100, minutes=None, best=None)
RECOVERED = Recovered(30, 30.0, "the loss is not finite", 20, 0.5, 1)


def clock(seconds_per_call: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += seconds_per_call


def test_plain_progress_has_a_line_every_five_seconds_of_steps() -> None:
    lines: list[str] = []
    ticks = clock(0.5)
    progress = PlainProgress(RunProgress(STARTED), lines.append, lambda: next(ticks))
    for number in range(1, 21):
        progress.show(step(number))
    assert [line.split(",")[0] for line in lines] == ["step 1 of 100", "step 11 of 100"]
    assert lines[1].endswith("loss 2.0000, 12,345 characters/s, rate 0.002, 11 s elapsed, 1 min 29 s left")


def test_plain_progress_has_a_line_for_every_other_event_with_a_text() -> None:
    lines: list[str] = []
    progress = PlainProgress(RunProgress(), lines.append, lambda: 0.0)
    for event in (
        STARTED,
        evaluated(20, 2.0, best=True),
        Sampled(20, 20.0, "a\nb"),
        Saved(20, 20.0),
        RECOVERED,
        Finished(30, 30.0, "done", 2.0),
    ):
        progress.show(event)
    assert lines == [
        "step 0: training begins",
        "step 20: validation 2.0000 nats, 2.8854 bits, perplexity 7.389 per character; the best so far",
        "step 20: sample\n  a\n  b",
        "step 30: the loss is not finite; back to step 20 with the learning rate at 0.5 of the schedule "
        "(recovery 1 in a row)",
        "step 30: done after 30 s, best validation 2.0000 nats per character",
    ]


def test_plain_progress_has_a_line_every_five_seconds_of_an_evaluation() -> None:
    lines: list[str] = []
    ticks = clock(0.25)
    progress = PlainProgress(RunProgress(STARTED, step(7)), lines.append, lambda: next(ticks))
    for number in range(40):
        progress.show(Evaluating(7, 7.0, number / 40))
    assert lines == ["step 7, evaluating 0%", "step 7, evaluating 50%"]


def test_the_end_of_a_run_without_patience_has_its_reason() -> None:
    lines: list[str] = []
    progress = PlainProgress(RunProgress(), lines.append, lambda: 0.0)
    progress.show(Finished(30, 30.0, "done", None, "no new best in the last 5 evaluations"))
    assert lines == ["step 30: done after 30 s; no new best in the last 5 evaluations"]


def test_quiet_progress_prints_recoveries_alone() -> None:
    messages: list[str] = []
    for event in (STARTED, step(1), evaluated(1, 2.0, best=True), RECOVERED):
        QuietProgress(messages.append).show(event)
    assert len(messages) == 1
    assert "the loss is not finite" in messages[0]


def test_json_progress_writes_every_event_and_prints_recoveries(capsys: pytest.CaptureFixture[str]) -> None:
    messages: list[str] = []
    events: list[Event] = [step(1), evaluated(1, float("inf"), best=False), RECOVERED]
    for event in events:
        JsonProgress(messages.append).show(event)
    assert len(messages) == 1
    lines = [json.loads(line, parse_constant=pytest.fail) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["step", "evaluation", "recovery"]
    assert lines[1]["nats_per_character"] is None
