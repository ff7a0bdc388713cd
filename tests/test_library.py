"""The library: every example in a docstring does what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import charrnn
from charrnn import LanguageModel
from charrnn.config import Overrides, TextConfig
from charrnn.pipeline.start import start_run
from charrnn.text.tokenizers import initial_id

WITHOUT = ("charrnn.tui", "charrnn.cli", "charrnn.__main__")


@pytest.fixture(scope="session")
def cloze_run(story: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "cloze"
    overrides = Overrides(hidden=24, layers=1, bptt=16, batch=8, steps=150, lr=0.01, cloze=True)
    list(start_run(path, TextConfig((str(story),)), overrides).train())
    return path


def test_the_examples_are_right(tiny_run: Path, cloze_run: Path) -> None:
    given = {
        "run": tiny_run,
        "cloze_run": cloze_run,
        "LanguageModel": LanguageModel,
        "initial_id": initial_id,
    }
    tried = 0
    for module in pkgutil.walk_packages(charrnn.__path__, "charrnn."):
        if not module.name.startswith(WITHOUT):
            failed, examples = doctest.testmod(importlib.import_module(module.name), extraglobs=given)
            assert failed == 0, module.name
            tried += examples
    assert tried > 25


def test_the_modules_of_the_public_classes_have_examples() -> None:
    language = [f"language.{name}" for name in ("model", "cloze", "ngrams", "scoring", "ranking", "stopping")]
    for name in [*language, *(f"evaluation.{name}" for name in ("dynamic", "baselines", "keystrokes"))]:
        module = importlib.import_module(f"charrnn.{name}")
        assert any(test.examples for test in doctest.DocTestFinder().find(module)), name
