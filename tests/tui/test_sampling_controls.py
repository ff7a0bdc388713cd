"""The sampling controls: steps within their scales, and what they give to the sampler."""

from charrnn.language.sampling import Sampling
from charrnn.tui.sampling_controls import DEFAULTS, SCALES, SamplingControls


def test_the_defaults_change_nothing_about_the_distribution() -> None:
    assert SamplingControls().sampling == Sampling()
    assert all(DEFAULTS[name] in scale for name, scale in SCALES.items())


def test_a_control_stops_at_the_ends_of_its_scale() -> None:
    controls = SamplingControls()
    for name, scale in SCALES.items():
        for _ in range(30):
            controls.step(name, -1)
        assert controls.values[name] == scale[0]
        for _ in range(30):
            controls.step(name, 1)
        assert controls.values[name] == scale[-1]


def test_values_that_switch_a_control_off_have_names() -> None:
    controls = SamplingControls({"temperature": 0.5, "top_k": 0, "top_p": 1.0, "speed": SCALES["speed"][-1]})
    assert [stat.value for stat in controls.stats()] == ["0.5", "all", "1", "max"]
