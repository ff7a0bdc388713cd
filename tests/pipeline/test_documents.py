"""Runs over documents, words and subwords: the default for documents, and resuming to the bit."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.config import Overrides, TextConfig
from charrnn.language.model import LanguageModel
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.folder import RunFolder

OVERRIDES = Overrides(hidden=8, layers=1, bptt=8, batch=4, steps=12, evaluate_every=6, threads=1)


@pytest.mark.parametrize(
    ("files", "given", "expected"),
    [(2, None, "files"), (1, None, "none"), (2, "none", "none"), (2, "lines", "lines")],
)
def test_several_files_are_documents_unless_another_value_is_given(
    tmp_path: Path, files: int, given: str | None, expected: str
) -> None:
    sources = tuple(str(tmp_path / f"{number}.txt") for number in range(files))
    for source in sources:
        Path(source).write_text("some words in a file\n" * 9, "utf-8")
    run = start_run(tmp_path / "run", TextConfig(sources, documents=given), OVERRIDES)
    config = RunFolder(run.folder.path).read_config()
    assert config.text.documents == expected
    assert (config.network.bos_id is None) == (expected == "none")


@pytest.mark.parametrize(
    "options", [{"tokenizer": "word", "documents": "lines"}, {"tokenizer": "subword", "vocab_size": 280}]
)
def test_a_run_of_words_or_subwords_resumes_to_the_bit(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the lamp was lit by ottoline, who had never been late\n" * 30, "utf-8")
    text = TextConfig((str(path),), **options)  # type: ignore[arg-type]
    list(start_run(tmp_path / "whole", text, OVERRIDES).train())
    events = start_run(tmp_path / "stopped", text, OVERRIDES).train()
    for event in events:
        if event.kind == "checkpoint" and event.step == 6:
            break
    events.close()  # type: ignore[attr-defined]
    list(resume_run(tmp_path / "stopped").train())
    whole, resumed = (LanguageModel.load(tmp_path / name).parameters for name in ("whole", "stopped"))
    for name, array in whole.items():
        np.testing.assert_array_equal(resumed[name], array)
