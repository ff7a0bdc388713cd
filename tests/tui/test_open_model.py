"""An open model: what it samples from, and the files that it writes."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from charrnn.errors import ModelError
from charrnn.language.sample_tree import SampleTree
from charrnn.tui.open_model import OpenModel


def test_an_n_gram_model_keeps_its_counts_when_the_weights_are_reloaded(run: Path) -> None:
    opened = OpenModel.open(run, ngram=3)
    assert opened.name == f"{run}, 3-gram model"
    reloaded = opened.reload()
    assert reloaded.text_model is opened.text_model
    assert reloaded.model is not opened.model
    plain = OpenModel.open(run)
    assert plain.name == str(run)
    assert plain.reload().text_model is not plain.text_model


def test_branches_are_saved_under_their_names(run: Path) -> None:
    opened = OpenModel.open(run)
    tree = SampleTree(opened.text_model.predictor(), opened.text_model.tokenizer)
    tree.write("the old")
    tree.here.name = "first"
    tree.back(3)
    tree.write("end")
    path = opened.save_branches(tree)
    assert path.read_text("utf-8") == "== first\nthe old\n\n== 2\nthe end\n"
    branches = json.loads(path.with_suffix(".json").read_text("utf-8"))["branches"]
    assert [(branch["name"], branch["leaves_at_token"]) for branch in branches] == [("first", 0), ("", 4)]


def test_a_model_whose_predictions_are_not_finite_is_not_opened(run: Path) -> None:
    path = run / "model.safetensors"
    save_file({name: np.full_like(w, 3e38) for name, w in load_file(path).items()}, path)
    with pytest.raises(ModelError, match="are not finite numbers"):
        OpenModel.open(run)
