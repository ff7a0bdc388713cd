"""The branches of a sample: a list of them, and two side by side."""

from pathlib import Path
from typing import Any

import numpy as np

from charrnn.language.sample_tree import Node
from charrnn.tui.app import CharrnnApp
from charrnn.tui.open_model import OpenModel
from charrnn.tui.sample_session import SampleSession
from charrnn.tui.screens.branches import Branches


def test_the_current_branch_stands_beside_the_highlighted_one_and_a_leaf_is_chosen(run: Path, drive: Any) -> None:
    tree = SampleSession(OpenModel.open(run).text_model, np.random.default_rng(0)).tree
    tree.write("the lamp")
    tree.back(4)
    tree.write("quay")
    leaves, chosen = tree.branches(), list[Node | None]()

    async def script(screen: Any) -> None:
        await screen.shows("…the lamp", "…the quay")
        panels = [screen.app.screen.query_one(f"#{side}") for side in ("current", "highlighted")]
        assert [panel.border_title for panel in panels] == ["2", "1"]
        await screen.press("down")
        await screen.until(lambda: panels[1].border_title == "2")
        await screen.press("up", "enter")

    drive(CharrnnApp(lambda app: app.push_screen(Branches(tree), chosen.append)), script, (120, 40))
    assert chosen == [leaves[0]]
