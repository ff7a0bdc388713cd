"""The keys of the sampler. Keys of the same tooltip share a row of the help."""

from textual.binding import Binding

PAGE = 20
"""Tokens per press of page up and page down."""
_BRANCH, _PAGE, _ENDS = "Previous branch, next branch", f"{PAGE} tokens back, forward", "To the beginning, to the end"
_TEMPERATURE, _SPEED = "Lower temperature, higher", "Slower, faster"
_TOP_K, _TOP_P = "Smaller top-k, larger", "Smaller top-p, larger"
_FORWARD = "One token forward; at the end of the text, a new one"
_TAKE = "Choose the n-th likeliest token; or click on its bar"

SAMPLER_BINDINGS = (
    Binding("space", "run", "Run", id="sampler.run", tooltip="Run, stop"),
    Binding(
        "right", "forward(1)", "Step", key_display="→", id="sampler.step", tooltip="One token forward, or a new token"
    ),
    Binding("left,backspace", "back(1)", "Back", key_display="←", id="sampler.back", tooltip="One token back"),
    Binding("up", "beside(-1)", show=False, id="sampler.branch_before", tooltip=_BRANCH),
    Binding("down", "beside(1)", "Branch", key_display="↓", id="sampler.branch_after", tooltip=_BRANCH),
    Binding("pageup", f"back({PAGE})", show=False, tooltip=_PAGE),
    Binding("pagedown", f"forward({PAGE})", show=False, tooltip=_PAGE),
    Binding("home", "to_start", show=False, tooltip=_ENDS),
    Binding("end", "to_end", show=False, tooltip=_ENDS),
    Binding("i", "write", "Type", id="sampler.write", tooltip="Type text of your own; Escape ends it"),
    Binding("t", "adjust('temperature', -1)", "Temp.", key_display="tT", id="sampler.cooler", tooltip=_TEMPERATURE),
    Binding("T", "adjust('temperature', 1)", show=False, key_display="tT", id="sampler.hotter", tooltip=_TEMPERATURE),
    Binding("k", "adjust('top_k', -1)", "Top-k", key_display="kK", id="sampler.top_k_down", tooltip=_TOP_K),
    Binding("K", "adjust('top_k', 1)", show=False, key_display="kK", id="sampler.top_k_up", tooltip=_TOP_K),
    Binding("p", "adjust('top_p', -1)", "Top-p", key_display="pP", id="sampler.top_p_down", tooltip=_TOP_P),
    Binding("P", "adjust('top_p', 1)", show=False, key_display="pP", id="sampler.top_p_up", tooltip=_TOP_P),
    Binding(
        "less_than_sign,comma",
        "adjust('speed', -1)",
        show=False,
        key_display="<>",
        id="sampler.slower",
        tooltip=_SPEED,
    ),
    Binding(
        "greater_than_sign,full_stop",
        "adjust('speed', 1)",
        "Speed",
        key_display="<>",
        id="sampler.faster",
        tooltip=_SPEED,
    ),
    *(Binding(f"{n}", f"take({n - 1})", show=False, key_display="1-9", tooltip=_TAKE) for n in range(1, 10)),
    Binding("b", "branches", "Branches", id="sampler.branches", tooltip="List the branches, and compare two"),
    Binding("n", "name", show=False, id="sampler.name", tooltip="Name this branch"),
    Binding("d", "prune", show=False, id="sampler.delete", tooltip="Delete this branch"),
    Binding("w", "save", show=False, id="sampler.save", tooltip="Write all branches to files in the run's folder"),
    Binding("r", "reload", show=False, id="sampler.reload", tooltip="Load the newest weights of a run in training"),
)
