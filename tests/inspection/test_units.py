"""Activations of units over a text, features of the text, and their correlation."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn import LanguageModel
from charrnn.config import NetworkConfig, RunConfig, TextConfig, TrainingConfig
from charrnn.inspection.units import activations, correlations, default_text, features, rank, read
from charrnn.network import Array, Network, Parameters
from charrnn.text.tokenizers import ByteTokenizer, CharacterTokenizer

TRICKY = '"“”()\n\n  aB1.:!é漢 '


def byte_model(normal_form: str | None = None) -> LanguageModel:
    config = RunConfig(TextConfig(("gone",)), NetworkConfig(256, 3, layers=1), TrainingConfig(steps=1))
    network = Network.from_config(config.network)
    return LanguageModel(config, network, network.initialize(np.random.default_rng(0)), ByteTokenizer(normal_form))


def marks(text: str, feature: str) -> str:
    """A feature as a text of the same length: | where it holds, . where it does not, digits for numbers."""
    values = features(text)[feature]
    return "".join(".|"[int(each)] if values.dtype == np.bool_ else str(int(each)) for each in values)


# Activations.


@pytest.mark.parametrize("embedding", [0, 4])
@pytest.mark.parametrize("layers", [1, 3])
def test_activations_are_those_of_reading_token_by_token(embedding: int, layers: int) -> None:
    network_config = NetworkConfig(7, 5, layers=layers, embedding=embedding)
    network = Network.from_config(network_config)
    rng = np.random.default_rng(0)
    p: Parameters = {name: rng.normal(0.0, 0.5, shape).astype(np.float32) for name, shape in network.shapes().items()}
    config = RunConfig(TextConfig(("gone",)), network_config, TrainingConfig(steps=1))
    predictor = LanguageModel(config, network, p, CharacterTokenizer("abcdef")).predictor()
    ids = rng.integers(7, size=40)
    state, by_hand = predictor.start(), []
    for token in ids:
        _, state = predictor.advance([token], state)
        by_hand.append(state[:, 0, 0])
    np.testing.assert_allclose(activations(network, p, ids), np.array(by_hand), rtol=0.0, atol=1e-6)


def test_a_text_is_read_as_after_a_line_break(tiny_run: Path) -> None:
    model = LanguageModel.load(tiny_run)
    predictor, reading = model.predictor(), read(model, "the lamp")
    _, state = predictor.advance(model.tokenizer.encode("\nthe lamp"), predictor.start())
    np.testing.assert_allclose(reading.activations[-1], state[:, 0, 0], atol=1e-6)
    assert reading.pieces == tuple("the lamp")
    assert len(reading.activations) == len(reading.text.ids) == 8


# Features.


@pytest.mark.parametrize(
    ("feature", "text", "expected"),
    [
        ("inside quotes", 'a "b c" d', "..||||..."),
        ("inside quotes", "“b ”c”", "|||..."),
        ("inside quotes", "„b“ «c» 「漢」", "||..||..||."),
        ("inside quotes", '"a\nb\n \nc', "||||||.."),
        ("inside parentheses", "a (b (c) d) e", "..||||||||..."),
        ("inside parentheses", ") (a\n\nb", "..|||.."),
        ("position in the line", "ab\n\nc d", "1200123"),
        ("leading white space", " \t a b\n  c", "|||....||."),
        ("indentation of the line", "  a\n b \n\nc", "1220111000"),
        ("inside a word", "it's so, 'a b9", "||||.||...|.||"),
        ("position in the word", "it's so, 'a", "12340120001"),
        ("after a sentence's end", 'A. "B?" 3.5 c', ".|||.|||.|..."),
        ("position in the sentence", "ab. c\n\nde", "120012012"),
        ("capital letter", "aBÉ漢1", ".||.."),
        ("digit", "a1２b", ".||."),
    ],
)
def test_features_of_small_texts(feature: str, text: str, expected: str) -> None:
    assert marks(text, feature) == expected


@pytest.mark.parametrize(
    "text",
    [
        "MRS QUILL[.\nGo.\nOn.\n]\nShe goes.",
        "First Citizen[:\nSpeak.\n]\nhe speaks: no.",
        "A heading in words\nROMEO[: He jests.]",
        "LOTH[\nUpon the person.\n]\nI. No.\nhe says: no",
        "A line that is much too long to be a name and has a colon: no",
        "R2D2: no\n\nOne Two Three Four Five: no",
    ],
)
def test_a_speech_goes_from_the_sign_behind_a_name_to_the_blank_line(text: str) -> None:
    spoken, expected = False, ""
    for character in text:
        if character in "[]":
            spoken = character == "["
        else:
            expected += ".|"[spoken]
    assert marks(text.translate({ord(sign): None for sign in "[]"}), "after a speaker's name") == expected


@given(st.text(TRICKY, max_size=40), st.integers(0, 40))
def test_a_feature_depends_on_the_characters_up_to_it_alone(text: str, end: int) -> None:
    whole, part = features(text), features(text[:end])
    for name, values in whole.items():
        assert values.shape == (len(text),)
        np.testing.assert_array_equal(part[name], values[:end])


def test_a_token_has_the_features_of_its_last_character_or_of_the_one_that_it_begins() -> None:
    reading = read(byte_model(), "“1”é")
    assert reading.pieces == ("", "", "“", "1", "", "", "”", "", "é")
    assert reading.features()["inside quotes"].tolist() == [True] * 4 + [False] * 5
    assert reading.features()["digit"].tolist() == [False] * 3 + [True] + [False] * 5


def test_the_pieces_of_a_text_are_in_the_normal_form_of_the_model() -> None:
    assert "".join(read(byte_model("NFC"), unicodedata.normalize("NFD", "é1")).pieces) == "é1"


def test_a_text_that_ends_inside_a_character_has_a_piece_for_it() -> None:
    reading = read(byte_model(), "a\ud800")
    assert len(reading.pieces) == 4
    assert len("".join(reading.pieces)) >= 2
    assert len(reading.features()["digit"]) == 4


# Who follows what.


def test_a_unit_that_equals_a_feature_is_ranked_first_for_it() -> None:
    tokenizer = CharacterTokenizer("\n abc“”")
    network = Network.from_config(NetworkConfig(tokenizer.vocabulary_size, 6, layers=2))
    rng = np.random.default_rng(0)
    p: Parameters = {name: rng.normal(0.0, 0.3, shape) for name, shape in network.shapes().items()}
    for name in ("layers.1.Wx", "layers.1.Wh"):
        p[name][:, 4] = 0.0
    p["layers.0.Wx"][:, 2] = p["layers.0.Wh"][:, 2] = 0.0
    opening, closing = tokenizer.encode("“”")
    # unit 2 of the first layer holds what it has, unless a quotation mark overrules it; unit 4 above it copies it
    p["layers.0.Wx"][opening, 2], p["layers.0.Wx"][closing, 2] = 10.0, -10.0
    p["layers.0.Wh"][2, 2], p["layers.0.b"][2] = 3.0, -0.5
    p["layers.1.Wx"][2, 4], p["layers.1.b"][4] = 1.0, 0.0
    text = "ab “c a” b\nc “a” “bb\nc ca” ab a\n" * 3
    h = activations(network, p, tokenizer.encode(text))
    ranked = [each for each in rank(h, features(text), top=2) if each.feature == "inside quotes"]
    assert {(each.layer, each.unit) for each in ranked} == {(0, 2), (1, 4)}
    assert all(each.correlation > 0.95 for each in ranked)
    p["layers.0.Wx"][:, 2] *= -1.0
    p["layers.0.b"][2] = 0.5
    against = rank(activations(network, p, tokenizer.encode(text)), features(text), top=1)
    best = next(each for each in against if each.feature == "inside quotes")
    assert best.correlation < -0.95


def test_correlations_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    h: Array = rng.normal(0.3, 0.1, (50, 2, 3)).astype(np.float32)
    flags, numbers = rng.random(50) < 0.3, 5.0 + rng.random(50)
    found = correlations(h, {"flags": flags, "numbers": numbers})
    for name, values in (("flags", flags), ("numbers", numbers)):
        expected = [[np.corrcoef(h[:, l, u].astype(float), values)[0, 1] for u in range(3)] for l in range(2)]
        np.testing.assert_allclose(found[name], expected, atol=1e-12)


def test_what_never_changes_follows_nothing_and_is_followed_by_nothing() -> None:
    h: Array = np.random.default_rng(0).normal(size=(20, 1, 4)).astype(np.float32)
    h[:, 0, 1], h[3, 0, 2] = 0.1, np.nan
    ramp, constant = np.arange(20.0), np.full(20, 0.1)
    ranked = rank(h, {"ramp": ramp, "constant": constant}, top=10)
    assert {(each.feature, each.unit) for each in ranked} == {("ramp", 0), ("ramp", 3)}
    assert np.isfinite([each.correlation for each in ranked]).all()
    assert abs(ranked[0].correlation) >= abs(ranked[1].correlation)
    assert rank(h[:1], {"ramp": ramp[:1]}) == rank(h[:0], {"ramp": ramp[:0]}) == []


def test_the_default_text_is_validation_text_or_else_a_sample(tiny_run: Path, story: Path) -> None:
    model, whole = LanguageModel.load(tiny_run), story.read_text("utf-8")
    text, description = default_text(model, 100)
    assert whole.rindex(text) >= 0.9 * len(whole) - 1
    assert whole[int(0.9 * len(whole)) :].startswith(text)
    assert "validation text" in description
    text, description = default_text(byte_model(), 30)
    assert len(text) == 30
    assert "a sample of" in description
