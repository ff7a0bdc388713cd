"""Documents in language models: each is read from the initial state, and sampling stops at its end."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.config import NetworkConfig, Overrides, TextConfig
from charrnn.language.log_probabilities import token_log_probabilities
from charrnn.language.model import LanguageModel
from charrnn.language.predictor import RnnPredictor
from charrnn.language.sample_tree import SampleTree
from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Parameters
from charrnn.network.network import Network
from charrnn.pipeline.start import start_run
from charrnn.text.encoded import EncodedText

BOS = 3
NETWORK = Network.from_config(NetworkConfig(7, 5, 2, 4, bos_id=BOS))
OVERRIDES = Overrides(hidden=24, layers=1, bptt=16, batch=4, steps=150, lr=0.01, dropout=0.0, threads=1)


def weights() -> Parameters:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in NETWORK.shapes().items()}


def train(run: Path, sources: tuple[str, ...], **options: object) -> LanguageModel:
    text = TextConfig(sources, val_fraction=0.0, **options)  # type: ignore[arg-type]
    list(start_run(run, text, OVERRIDES).train())
    return LanguageModel.load(run)


def test_a_document_start_has_log_probability_zero() -> None:
    ids = np.array([1, 2, BOS, 4, BOS, BOS, 5])
    log_p = token_log_probabilities(NETWORK, weights(), EncodedText(ids, 0, 7, 0))
    assert (log_p == 0.0).tolist() == [False, False, True, False, True, True, False]


def test_the_predictor_resets_its_state_as_the_network_does() -> None:
    parameters, ids = weights(), [1, 2, BOS, 4, 5, BOS, 0]
    expected, _, _ = NETWORK.forward(parameters, np.array(ids)[:, None])
    predictor = RnnPredictor(NETWORK, parameters)
    state = predictor.start()
    for token, next_token, logits in zip(ids, [*ids[1:], 1], expected[:, 0], strict=True):
        predicted, state = predictor.advance([token], state)
        if next_token != BOS:  # the logits before a document start are not used, and the network may overwrite them
            np.testing.assert_allclose(predicted, logits, atol=1e-12)


def test_all_six_transitions_of_a_sentence_are_learned(tmp_path: Path) -> None:
    sentence = "我 昨天 上学 迟到 了\n"
    (tmp_path / "text.txt").write_text(sentence, "utf-8")
    model = train(tmp_path / "run", (str(tmp_path / "text.txt"),), tokenizer="word", documents="lines")
    tokenizer, predictor = model.tokenizer, model.predictor()
    assert tokenizer.bos_id is not None
    tokens = [tokenizer.bos_id, *tokenizer.encode(sentence).tolist()[:-1]]
    names = [tokenizer.token_text(token) for token in tokens]
    assert names == ["<s>", "我", " 昨天", " 上学", " 迟到", " 了", "</s>"]
    state, predicted = predictor.start(), []
    for token in tokens[:-1]:
        logits, state = predictor.advance([token], state)
        predicted.append(int(logits.argmax()))
    assert predicted == tokens[1:]
    assert model.complete("我 昨天", 1)[0].word == "上学"
    assert model.complete("我 昨天 ", 1)[0].word == "上学"


@pytest.fixture(scope="module", params=["lines", "files"])
def names_model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """A model of three names, each a document."""
    folder = tmp_path_factory.mktemp("names")
    for name in ("anna", "bert", "carl"):
        (folder / f"{name}.txt").write_text(f"{name}\n", "utf-8")
    return train(folder / "run", (f"{folder}/*.txt",), documents=request.param)


def test_sampling_stops_at_the_end_of_a_document(names_model: LanguageModel) -> None:
    for seed in range(8):
        assert names_model.sample(length=100, seed=seed).rstrip("\n") in ("anna", "bert", "carl")
    assert names_model.sample("be", length=100, temperature=0.0).rstrip("\n") == "rt"


def test_a_sample_tree_continues_with_a_new_document_after_an_end(names_model: LanguageModel) -> None:
    tree = SampleTree(names_model.predictor(), names_model.tokenizer)
    for _ in range(60):
        tree.step(Sampling(), np.random.default_rng(len(tree.text())))
    assert set(tree.text().split()[:-1]) <= {"anna", "bert", "carl"}
    tree.write("\nbe")
    assert tree.take(int(tree.logits().argmax())).text == "r"
