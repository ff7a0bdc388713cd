"""Playing: the keys that lead from one screen over a model to the others, and out."""

from textual.binding import Binding

MODEL_BINDINGS = (
    Binding("f2", "app.play('sampler')", "Sampler", id="play.sampler"),
    Binding("f3", "app.play('completion')", "Complete", id="play.completion"),
    Binding("f4", "app.play('inspector')", "Inspect", id="play.inspector"),
    Binding("q", "app.leave", "Leave", id="play.leave"),
    Binding("escape,ctrl+c", "app.leave", show=False),
)
