"""Documents: the state begins anew with each of them, an end closes it, and generation stops there."""

import io
from pathlib import Path

import numpy as np
import pytest

from charrnn import LanguageModel
from charrnn.config import NetworkConfig, Overrides, TextConfig
from charrnn.evaluation.evaluate import log_probabilities, surprise
from charrnn.language.predictor import RnnPredictor
from charrnn.language.sample_tree import Tree
from charrnn.language.sampling import Sampling
from charrnn.network.arrays import Ids, Parameters, Workspace
from charrnn.network.gradient_check import check_gradients
from charrnn.network.losses import cross_entropy
from charrnn.network.network import Network
from charrnn.parallel.threads import serial, threaded
from charrnn.pipeline.start import resume_run, start_run
from charrnn.run.folder import RunFolder
from charrnn.text.corpus import Corpus, read_corpus
from charrnn.text.dataset import build_dataset
from charrnn.text.encoded import encode_corpus

START = 3


def network(layers: int = 2, embedding: int = 4) -> Network:
    return Network(NetworkConfig(7, 5, layers, embedding, bos_id=START))


def weights(net: Network) -> Parameters:
    rng = np.random.default_rng(0)
    return {name: rng.normal(0.0, 0.5, shape) for name, shape in net.shapes().items()}


def reopen_corpus(folder: Path, *texts: str) -> Corpus:
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / f"{number}.txt")
        paths[-1].write_text(text, "utf-8")
    return read_corpus(paths)


# --- the network ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("T", [1, 2, 5])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_gradients_are_right_where_documents_begin(layers: int, T: int) -> None:
    net = network(layers)
    tokens = np.random.default_rng(4).integers(7, size=(T + 1, 4))
    tokens[0, 1] = tokens[T // 2, 2] = START
    inputs, targets = tokens[:-1], tokens[1:]
    arrays = weights(net) | {"state": np.random.default_rng(1).normal(size=net.start(4).shape)}

    def loss(at: Parameters) -> float:
        workspace = Workspace(np.float64)
        logits, _, _ = net.forward(at, inputs, at["state"], None, workspace)
        return cross_entropy(logits, targets, 1, workspace, net.counted(targets))[0]

    workspace = Workspace(np.float64)
    logits, _, back = net.forward(arrays, inputs, arrays["state"], None, workspace)
    _, dlogits = cross_entropy(logits, targets, 1, workspace, net.counted(targets))
    gradients, dstate = back(dlogits)
    check = check_gradients(loss, arrays, gradients | {"state": dstate})
    assert check.passed, check.suspects


def test_nothing_of_a_document_is_left_in_the_next_one() -> None:
    net = network()
    p = weights(net)
    one, two = np.array([[1, 2, START, 4, 5]]).T, np.array([[6, 0, START, 4, 5]]).T
    ends = []
    for ids in (one, two):
        logits, state, _ = net.forward(p, ids, net.start(1, np.float64), None, Workspace(np.float64))
        ends.append((logits[2:].copy(), state))
    np.testing.assert_array_equal(ends[0][0], ends[1][0])
    np.testing.assert_array_equal(ends[0][1], ends[1][1])


def test_the_beginning_of_a_document_is_never_predicted() -> None:
    net = network()
    p = weights(net)
    ids = np.array([1, 2, START, 4, START, START, 5])
    logp = log_probabilities(net, p, ids, 0)
    assert [bool(each) for each in logp == 0.0] == [False, False, True, False, True, True, False]
    assert surprise(net, p, ids, 0) == pytest.approx(-logp.sum())


def test_a_predictor_begins_anew_as_the_network_does() -> None:
    net = network()
    p = weights(net)
    predictor, ids = RnnPredictor(net, p), [1, 2, START, 4, 5, START, 0]
    logits, _, _ = net.forward(p, np.array(ids)[:, None], net.start(1, np.float64), None, Workspace(np.float64))
    state = predictor.start()
    for token, expected in zip(ids, logits[:, 0], strict=True):
        if token != 2 and token != 5:  # what the network says before a beginning is not asked for
            found, state = predictor.advance([token], state)
            np.testing.assert_allclose(found, expected, atol=1e-12)
        else:
            _, state = predictor.advance([token], state)


def test_the_mean_is_of_what_is_predicted_and_threads_agree() -> None:
    net = network()
    p: Parameters = {name: array.astype(np.float32) for name, array in weights(net).items()}
    tokens = np.random.default_rng(2).integers(7, size=(9, 8))
    tokens[3:6, :] = START
    losses = []
    for engine in (serial(net, Workspace), threaded(net, 2, Workspace)):
        loss, _, _ = engine(p, tokens[:-1], tokens[1:], net.start(8), np.random.default_rng(0))
        losses.append(loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    logits, _, _ = net.forward(p, tokens[:-1], net.start(8), None, Workspace())
    counted = tokens[1:] != START
    logp = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    at_target = np.take_along_axis(logp, tokens[1:][..., None], axis=-1)[..., 0]
    assert losses[0] == pytest.approx(-float(at_target[counted].mean()), rel=1e-5)


# --- the text ------------------------------------------------------------------------------------------------


def ids_of(corpus: Corpus, documents: str, val_fraction: float = 0.0) -> tuple[Ids, Ids]:
    config = TextConfig(("x",), documents=documents, val_fraction=val_fraction)
    dataset = build_dataset(corpus, config)
    return dataset.training, dataset.validation


def test_files_are_closed_and_begun(tmp_path: Path) -> None:
    """a is 2, b is 3, the line break 1; </s> is 4 and <s> 5."""
    training, _ = ids_of(reopen_corpus(tmp_path, "ab", "b\n"), "files")
    assert training.tolist() == [2, 3, 1, 4, 5, 3, 1, 4, 5]


def test_lines_are_closed_and_begun_also_the_last_one(tmp_path: Path) -> None:
    """a is 2, b is 3; </s> is the line break, 1, and <s> 4."""
    training, _ = ids_of(reopen_corpus(tmp_path, "a\nb", "b\n"), "lines")
    assert training.tolist() == [2, 1, 4, 3, 1, 4, 3, 1, 4]


def test_the_marks_of_the_cut_are_on_its_right_side(tmp_path: Path) -> None:
    training, validation = ids_of(reopen_corpus(tmp_path, "aaaa\n", "bbbbb"), "files", 0.5)
    assert training.tolist() == [2, 2, 2, 2, 1, 3, 4]
    assert validation.tolist() == [0, 0, 0, 0, 0, 3, 4]


def test_without_documents_there_are_no_marks(tmp_path: Path) -> None:
    training, _ = ids_of(reopen_corpus(tmp_path, "ab", "b\n"), "none")
    assert training.tolist() == [2, 3, 1, 3, 1]


def test_a_text_to_evaluate_is_closed_too(tmp_path: Path) -> None:
    corpus = reopen_corpus(tmp_path, "ab", "b")
    tokenizer = build_dataset(corpus, TextConfig(("x",), documents="files", val_fraction=0.0)).tokenizer
    assert encode_corpus(corpus, tokenizer).ids.tolist() == [2, 3, 1, 4, 5, 3, 4, 5]


# --- runs ----------------------------------------------------------------------------------------------------

SMALL = Overrides(hidden=24, layers=1, bptt=16, batch=4, steps=150, lr=0.01, dropout=0.0, threads=1)


def trained(folder: Path, text: str, overrides: Overrides = SMALL, **settings: object) -> LanguageModel:
    path = folder / "text.txt"
    path.write_text(text, "utf-8")
    run = start_run(folder / "run", TextConfig((str(path),), val_fraction=0.0, **settings), overrides)  # type: ignore[arg-type]
    list(run.train())
    return LanguageModel.load(folder / "run")


def test_the_sentence_of_the_tutorials_is_learned_in_all_six_pairs(tmp_path: Path) -> None:
    model = trained(tmp_path, "我 昨天 上学 迟到 了\n", tokenizer="word", documents="lines")
    tokenizer, predictor = model.tokenizer, model.predictor()
    assert tokenizer.bos_id is not None
    tokens = [tokenizer.bos_id, *tokenizer.encode("我 昨天 上学 迟到 了\n").tolist()[:-1]]
    names = [tokenizer.token_text(token) for token in tokens]
    assert names == ["<s>", "我", " 昨天", " 上学", " 迟到", " 了", "</s>"]
    state, said = predictor.start(), []
    for token in tokens[:-1]:
        logits, state = predictor.advance([token], state)
        said.append(int(logits.argmax()))
    assert said == tokens[1:]
    assert model.complete("我 昨天", 1)[0].word == "上学"
    assert model.complete("我 昨天 ", 1)[0].word == "上学"


def test_generation_stops_where_a_document_ends(tmp_path: Path) -> None:
    names = ["anna", "bert", "carl"]
    model = trained(tmp_path, "".join(f"{name}\n" for name in names) * 3, documents="lines")
    for seed in range(8):
        assert model.sample(length=100, seed=seed) in names
    assert model.sample("be", length=100, temperature=0.0) == "rt"


def test_several_files_are_documents_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("some words in a file\n" * 9, "utf-8")
    several, one = (str(tmp_path / "a.txt"), str(tmp_path / "b.txt")), (str(tmp_path / "a.txt"),)
    for sources, said, expected in ((several, None, "files"), (one, None, "none"), (several, "none", "none")):
        run = start_run(tmp_path / f"run-{len(sources)}-{said}", TextConfig(sources, documents=said), SMALL)
        config = RunFolder(run.folder.path).read_config()
        assert config.text.documents == expected
        assert (config.network.bos_id is None) == (expected == "none")


@pytest.mark.parametrize(
    "settings", [{"tokenizer": "word", "documents": "lines"}, {"tokenizer": "subword", "vocab_size": 280}]
)
def test_a_run_of_words_or_subwords_goes_on_to_the_bit(tmp_path: Path, settings: dict[str, object]) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the lamp was lit by ottoline, who had never been late\n" * 30, "utf-8")
    text = TextConfig((str(path),), **settings)  # type: ignore[arg-type]
    whole = start_run(tmp_path / "whole", text, Overrides(hidden=8, bptt=8, batch=4, steps=12, evaluate_every=6))
    list(whole.train())
    first = start_run(tmp_path / "first", text, Overrides(hidden=8, bptt=8, batch=4, steps=12, evaluate_every=6))
    events = first.train()
    for event in events:
        if event.kind == "checkpoint" and event.step == 6:
            break
    events.close()  # type: ignore[attr-defined]
    list(resume_run(tmp_path / "first").train())
    a, b = (RunFolder(tmp_path / name) for name in ("whole", "first"))
    one, two = (LanguageModel.load(folder.path).parameters for folder in (a, b))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])


def test_a_long_document_is_read_as_it_comes(tmp_path: Path) -> None:
    """Marks do not depend on where chunks end."""
    text = "".join(f"line {number}\n" for number in range(300))
    corpus = read_corpus(["-"], stdin=io.BytesIO(text.encode()))
    training, _ = ids_of(corpus, "lines")
    start: int = int(training.max())
    assert np.count_nonzero(training == start) == 300


def test_a_sampled_text_goes_on_with_a_new_document_behind_an_end(tmp_path: Path) -> None:
    names = ["anna", "bert", "carl"]
    for documents in ("lines", "files"):
        folder = tmp_path / documents
        folder.mkdir()
        for name in names:
            (folder / f"{name}.txt").write_text(f"{name}\n", "utf-8")
        text = TextConfig((f"{folder}/*.txt",), val_fraction=0.0, documents=documents)
        list(start_run(folder / "run", text, SMALL).train())
        model = LanguageModel.load(folder / "run")
        tree = Tree(model.predictor(), model.tokenizer)
        for _ in range(60):
            tree.step(Sampling(), np.random.default_rng(len(tree.text())))
        assert set(tree.text().split()[:-1]) <= set(names)
        tree.write("\nbe")
        assert tree.take(int(tree.logits().argmax())).text == "r"
