"""The registry: the model of a run is of the kind of its network's body."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.config import BODIES, Overrides, TextConfig
from charrnn.errors import ModelError
from charrnn.language.cloze import ClozeModel
from charrnn.language.model import LanguageModel
from charrnn.language.registry import MODELS, load_model, make_model
from charrnn.pipeline.start import start_run
from charrnn.run.folder import RunFolder


@pytest.fixture(scope="module")
def cloze_run(story: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "cloze"
    overrides = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=2, cloze=True)
    list(start_run(path, TextConfig((str(story),)), overrides).train())
    return path


def test_every_body_of_a_configuration_has_a_model() -> None:
    assert set(MODELS) == set(BODIES)


def test_a_run_is_loaded_as_the_model_of_its_body(tiny_run: Path, cloze_run: Path) -> None:
    assert isinstance(load_model(tiny_run), LanguageModel)
    assert isinstance(load_model(cloze_run), ClozeModel)


def test_a_model_of_the_wrong_kind_is_refused_with_the_remedy(tiny_run: Path, cloze_run: Path) -> None:
    with pytest.raises(ModelError, match="charrnn fill"):
        LanguageModel.load(cloze_run)
    with pytest.raises(ModelError, match="`cloze`"):
        ClozeModel.load(tiny_run)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path.name)):
        load_model(tmp_path)


@pytest.mark.parametrize("kind", ["tiny", "cloze"])
def test_a_model_can_be_made_of_weights_in_memory(tiny_run: Path, cloze_run: Path, kind: str) -> None:
    path = tiny_run if kind == "tiny" else cloze_run
    loaded = load_model(path)
    made = make_model(RunFolder(path).read_config(), loaded.parameters, loaded.tokenizer)
    assert type(made) is type(loaded)
    assert made.parameters is loaded.parameters
    assert np.isfinite(made.evaluate("the old lamp").nats_per_character)
    assert made.evaluate("the old lamp") == loaded.evaluate("the old lamp")
