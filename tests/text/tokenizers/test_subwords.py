"""Subword tokenizer: pieces that SentencePiece learns, without losing anything."""

import pytest

from charrnn.errors import ModelError, TextError
from charrnn.text.tokenizers import SubwordTokenizer, subwords
from charrnn.text.tokenizers.subwords import learn_pieces

STORY = (
    "The keeper didn't light the lamp; the lamp was lit by Ottoline.\n\tShe'd never once been late, had she?\n" * 20
)
MODELS = {kind: learn_pieces(lambda: [STORY], 460, kind, len(STORY)) for kind in ("bpe", "unigram")}


def tokenizer_of(text: str, size: int, kind: str = "bpe") -> SubwordTokenizer:
    return SubwordTokenizer(learn_pieces(lambda: [text], size, kind, len(text)))


def test_a_text_has_fewer_pieces_than_characters_and_frequent_words_are_one_piece() -> None:
    bpe, unigram = SubwordTokenizer(MODELS["bpe"]), SubwordTokenizer(MODELS["unigram"])
    assert bpe.encode(STORY).size < len(STORY) / 3
    assert unigram.encode(STORY).size < len(STORY)
    assert bpe.encode(" the").size == 1
    assert bpe.encode("\n").size == unigram.encode("\n").size == 1


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_the_same_text_gives_the_same_model(kind: str) -> None:
    assert learn_pieces(lambda: [STORY], 460, kind, len(STORY)) == MODELS[kind]


def test_pieces_are_learned_from_long_lines_with_unencodable_characters() -> None:
    tokenizer = tokenizer_of("the lighthouse " * 600 + "\x00\u2581\ud800", 300)
    assert tokenizer.encode(" lighthouse").size < len(" lighthouse") / 2


def test_pieces_of_a_long_text_are_learned_from_its_beginning_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subwords, "MAX_CHARACTERS", 1000)
    text = "".join(f"{'early' if number < 500 else 'later'} words\n" for number in range(1000))
    tokenizer = tokenizer_of(text, 290)
    assert max(tokenizer.encode("early").size, tokenizer.encode("later").size) <= 3


def test_spaces_are_kept_if_the_training_text_has_none() -> None:
    tokenizer = tokenizer_of("我们在路上我们在家里" * 40, 290)
    for text in ("我们 在", " ", "a b\u2581 c"):
        assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("text", ["", "\n", "\x00"])
def test_a_text_without_pieces_is_refused(text: str) -> None:
    with pytest.raises(TextError, match="nothing in this text"):
        learn_pieces(lambda: [text], 300, "bpe", 1)


def test_a_vocabulary_without_room_for_all_characters_is_refused() -> None:
    with pytest.raises(TextError, match="`vocab_size`"):
        learn_pieces(lambda: [STORY], 258, "bpe", len(STORY))


@pytest.mark.parametrize("model", [b"", b"nonsense"])
def test_a_damaged_model_is_refused(model: bytes) -> None:
    with pytest.raises(ModelError):
        SubwordTokenizer(model)
