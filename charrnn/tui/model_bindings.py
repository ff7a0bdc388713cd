"""The keys that all screens over a model share: they lead to the other screens, and out."""

from textual.binding import Binding

MODEL_BINDINGS = (
    Binding("f2", "app.show_model_screen('sampler')", "Sampler", id="play.sampler", tooltip="Open the sampler"),
    Binding("f3", "app.show_model_screen('completion')", "Complete", id="play.completion", tooltip="Open completion"),
    Binding("f4", "app.show_model_screen('inspector')", "Inspect", id="play.inspector", tooltip="Open the inspector"),
    Binding("q", "app.leave", "Leave", id="play.leave", tooltip="Leave the model"),
    Binding("escape,ctrl+c", "app.leave", show=False),
)
