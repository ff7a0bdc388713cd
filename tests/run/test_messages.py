"""Messages: they come back from their JSON, which is always valid, and anything else is not taken for one."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.run.evaluation import Evaluation
from charrnn.run.events import CommandApplied, Evaluated, Event, GradientFlowMeasured, Sampled, StepDone

HUGE = 10**400
INTEGERS = st.integers(0, 2**63 - 1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
PROBES = st.builds(
    GradientFlowMeasured,
    INTEGERS,
    FINITE,
    st.lists(st.lists(FINITE).map(tuple)).map(tuple),
    st.lists(st.floats(0.0, 1.0)).map(tuple),
    INTEGERS,
)
EVALUATIONS = st.builds(
    Evaluated,
    INTEGERS,
    FINITE,
    st.builds(Evaluation, *[INTEGERS] * 3, *[FINITE] * 5),
    st.booleans(),
    st.none() | FINITE,
)
EVALUATED = Evaluated(
    7, 1.5, Evaluation.from_nats(20.0, tokens=8, characters=10, unknown=1), best=True, previous_loss=2.25
)


def lines(event: Event) -> Any:
    """Return the values that a reader of strict JSON finds in the line of an event."""
    return json.loads(json.dumps(event.to_json(), allow_nan=False), parse_constant=pytest.fail)


@given(PROBES | EVALUATIONS | st.builds(Sampled, INTEGERS, st.floats(0.0, 1e9), st.text()))
def test_events_come_back_from_their_json(event: Event) -> None:
    assert Event.from_json(lines(event)) == event


def test_the_figures_of_an_evaluation_lie_flat_in_its_json() -> None:
    values = EVALUATED.to_json()
    assert list(values) == [
        *("event", "step", "time", "characters", "tokens", "unknown", "nats_per_character", "bits_per_character"),
        *("perplexity_per_character", "nats_per_token", "perplexity_per_token", "best", "before", "scope"),
    ]
    assert (values["nats_per_character"], values["tokens"], values["before"]) == (2.0, 8, 2.25)


def test_a_number_that_json_cannot_hold_is_null_at_any_depth() -> None:
    probe = GradientFlowMeasured(1, math.inf, ((1.0, math.nan), (-math.inf,)), (math.nan,), 0)
    assert lines(probe) == {
        "event": "probe",
        "step": 1,
        "time": None,
        "gradient_flow": [[1.0, None], [None]],
        "saturated": [None],
        "memory": 0,
    }
    copy = Event.from_json(lines(probe))
    assert isinstance(copy, GradientFlowMeasured)
    assert math.isnan(copy.gradient_flow[0][1])
    lost = Evaluated(1, 0.0, Evaluation.from_nats(1e9, tokens=1, characters=1, unknown=0), best=False)
    assert lines(lost)["perplexity_per_character"] is None


@pytest.mark.parametrize(
    "values",
    [
        {"event": "checkpoint", "step": 1, "time": HUGE},
        {"event": "checkpoint", "step": True, "time": 1.0},
        {"event": "checkpoint", "step": 1, "time": "1"},
        {"event": "checkpoint", "step": 1},
        {"event": ["checkpoint"], "step": 1, "time": 1.0},
        {"event": "unheard-of", "step": 1, "time": 1.0},
        {"command": "stop"},
        EVALUATED.to_json() | {"tokens": "8"},
        {key: value for key, value in EVALUATED.to_json().items() if key != "tokens"},
        {"event": "probe", "step": 1, "time": 1.0, "gradient_flow": 5, "saturated": [], "memory": 0},
        [1],
        None,
    ],
)
def test_other_values_are_not_an_event(values: object) -> None:
    assert Event.from_json(values) is None


def test_a_field_with_a_default_may_be_missing() -> None:
    values = {key: value for key, value in EVALUATED.to_json().items() if key != "before"}
    assert Event.from_json(values) == Evaluated(7, 1.5, EVALUATED.evaluation, best=True)
    step = StepDone(1, 0.5, 2.0, 0.01, 1.0, 100.0, 0.5, 0.1, clipped=False)
    assert Event.from_json({key: value for key, value in step.to_json().items() if key != "clipped"}) == step


@pytest.mark.parametrize(("old", "new"), [("go-on", "resume"), ("back", "restore-best"), ("stop", "stop")])
def test_an_old_name_of_a_command_is_read_as_the_new_one(old: str, new: str) -> None:
    values = {"event": "steering", "step": 3, "time": 1.0, "command": old, "outcome": "done"}
    assert Event.from_json(values) == CommandApplied(3, 1.0, new, "done")
