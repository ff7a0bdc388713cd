"""What is shown of a run, over events made by hand: lines, JSON; and text made safe to show."""

import json
from collections.abc import Iterator

import pytest

from charrnn.cli.console import write_json
from charrnn.cli.progress import JsonProgress, PlainProgress, QuietProgress
from charrnn.run.evaluation import Evaluation
from charrnn.run.events import Evaluated, Event, Finished, Recovered, Sampled, Started, StepDone
from charrnn.run.progress import RunProgress
from charrnn.text.escape import visible


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


def fake_clock(every: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += every


def test_plain_progress_has_a_step_every_few_seconds_and_everything_that_is_more() -> None:
    said: list[str] = []
    ticks = fake_clock(0.5)
    progress = PlainProgress(RunProgress(STARTED), said.append, lambda: next(ticks))
    for number in range(1, 21):
        progress.show(step(number))
    assert [line.split(",")[0] for line in said] == ["step 1 of 100", "step 11 of 100"]
    assert said[1].endswith("loss 2.0000, 12,345 characters/s, rate 0.002, 11 s elapsed, 1 min 29 s left")
    said.clear()
    for event in (
        evaluated(20, 2.0, best=True),
        Sampled(20, 20.0, "a\nb"),
        RECOVERED,
        Finished(30, 30.0, "done", 2.0),
    ):
        progress.show(event)
    assert said == [
        "step 20: validation 2.0000 nats, 2.8854 bits, perplexity 7.389 per character; the best so far",
        "step 20 says:\n  a\n  b",
        "step 30: the loss is not finite; back to step 20 with the learning rate at 0.5 of the schedule, 1 in a row",
        "step 30: done after 30 s, best validation 2.0000 nats a character",
    ]


def test_quiet_and_json_tell_of_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    events: list[Event] = [step(1), evaluated(1, float("inf"), best=False), RECOVERED]
    for event in events:
        QuietProgress(said.append).show(event)
    assert len(said) == 1
    for event in events:
        JsonProgress(said.append).show(event)
    assert len(said) == 2
    lines = [json.loads(line, parse_constant=pytest.fail) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["step", "evaluation", "recovery"]
    assert lines[1]["nats_per_character"] is None


def test_json_has_no_number_that_json_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"a": [float("nan"), {"b": float("-inf")}], "c": 1.5})
    assert json.loads(capsys.readouterr().out) == {"a": [None, {"b": None}], "c": 1.5}


def test_visible_keeps_text_and_shows_what_a_terminal_would_obey() -> None:
    assert visible("naïve\t漢字\n\u3000Straße\u00a0!") == "naïve\t漢字\n\u3000Straße\u00a0!"
    assert visible("\x1b[2J\r\x07\x7f\x9b\u202e\u2066\ufeff\ud800") == (
        "\\x1b[2J\\r\\x07\\x7f\\x9b\\u202e\\u2066\\ufeff\\ud800"
    )
