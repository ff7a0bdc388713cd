"""Sampling controls: temperature, cuts and speed of the sampler, changed step by step."""

from dataclasses import dataclass, field

from charrnn.language.sampling import Sampling
from charrnn.tui.widgets.stat_grid import Stat

SCALES: dict[str, tuple[float, ...]] = {
    "temperature": (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.7, 2, 3, 5),
    "top_k": (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100, 0),
    "top_p": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1),
    "speed": (1, 2, 5, 10, 20, 50, 100, 1_000_000),
}
"""The values of each control. Top-k 0 and top-p 1 keep all tokens. Speeds are in tokens per second."""
DEFAULTS: dict[str, float] = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "speed": 20}


@dataclass
class SamplingControls:
    """The value that each control is set to."""

    values: dict[str, float] = field(default_factory=DEFAULTS.copy)

    def step(self, name: str, direction: int) -> None:
        """Move a control one step up (1) or down (-1), within its scale."""
        scale = SCALES[name]
        index = scale.index(self.values[name]) + direction
        self.values[name] = scale[min(max(index, 0), len(scale) - 1)]

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.values["temperature"], int(self.values["top_k"]), self.values["top_p"])

    @property
    def speed(self) -> float:
        """Tokens per second."""
        return self.values["speed"]

    def stats(self) -> list[Stat]:
        """Return name and value of each control, to show."""
        top_k, speed = int(self.values["top_k"]), self.speed
        return [
            Stat("temperature", f"{self.values['temperature']:g}"),
            Stat("top-k", f"{top_k}" if top_k else "all"),
            Stat("top-p", f"{self.values['top_p']:g}"),
            Stat("tokens/s", f"{speed:g}" if speed < SCALES["speed"][-1] else "max"),
        ]
