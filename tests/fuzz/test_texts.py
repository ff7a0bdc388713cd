"""Hostile texts: through all tokenizers, both ways, and through training and everything that reads a text."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from hypothesis import strategies as st

from charrnn.config import DOCUMENT_KINDS, TOKENIZERS, TextConfig
from charrnn.errors import CharrnnError
from charrnn.text.normal_form import normalize
from charrnn.text.tokenizers import UNKNOWN_TEXT, Tokenizer, make_tokenizer, tokenizer_from_json
from tests.fuzz.conftest import Fuzz
from tests.fuzz.generators import arguments, contents, texts, texts_with_surrogates
from tests.fuzz.oracles import Outcome, Program, Streams

TINY = ("--hidden", "4", "--layers", "1", "--bptt", "8", "--batch", "2", "--steps", "2", "--threads", "1")
LONGEST_DECODED = 2000
"""Ids that are decoded one at a time."""

configs = st.builds(
    lambda tokenizer, documents, normal_form, pieces: TextConfig(
        ("text",),
        tokenizer=tokenizer,
        documents=documents,
        normal_form=normal_form,
        pieces=pieces if tokenizer == "subword" else "bpe",
        vocab_size=300 if tokenizer in ("word", "subword") else None,
        min_count=1 if tokenizer == "word" else None,
    ),
    st.sampled_from(TOKENIZERS),
    st.sampled_from(DOCUMENT_KINDS),
    st.sampled_from([None, "NFC"]),
    st.sampled_from(["bpe", "unigram"]),
)
options = st.lists(
    st.sampled_from(
        [
            ("--tokenizer", "byte"),
            ("--tokenizer", "word"),
            ("--tokenizer", "subword", "--vocab-size", "300"),
            ("--documents", "lines"),
            ("--normal-form", "NFC"),
            ("--val-fraction", "0"),
            ("--cloze",),
        ]
    ),
    max_size=3,
    unique_by=lambda words: words[0],
)


def test_any_text_passes_through_any_tokenizer_both_ways(fuzz: Fuzz) -> None:
    cases = st.tuples(configs, texts.filter(bool), texts_with_surrogates)
    fuzz(cases, lambda case: check_tokenizer(*case), examples=150)


def check_tokenizer(config: TextConfig, learned: str, text: str) -> Iterator[str]:
    try:
        tokenizer = make_tokenizer(config, lambda: iter([learned]), len(learned))
    except CharrnnError:  # no tokenizer can be learned from this text
        return
    for given in (text, learned):
        ids, expected = tokenizer.encode(given), expected_text(tokenizer, learned, given)
        decoder, head = tokenizer.decoder(), ids[:LONGEST_DECODED]
        if (decoded := tokenizer.decode(ids)) != expected:
            yield f"{config.tokenizer} decodes {given!a:.80} as {decoded!a:.80}"
        if "".join([*map(decoder.feed, head.tolist()), decoder.flush()]) != tokenizer.decode(head):
            yield f"{config.tokenizer} decodes {given!a:.80} otherwise one id at a time"
        if ids.size and ids.max() >= tokenizer.vocabulary_size:
            yield f"{config.tokenizer} encodes {given!a:.80} with an id beyond its vocabulary"
    if tokenizer.count_characters(tokenizer.encode(learned)) != len(normalize(learned, config.normal_form)):
        yield f"{config.tokenizer} counts other characters than {learned!a:.80} has"
    if tokenizer_from_json(tokenizer.to_json(), lambda: tokenizer.model or b"") != tokenizer:
        yield f"{config.tokenizer} is another tokenizer when it is read again"


def expected_text(tokenizer: Tokenizer, learned: str, text: str) -> str:
    """Return the text that comes back from ids: normalized, and with U+FFFD for what cannot be encoded."""
    text = normalize(text, tokenizer.normal_form)
    if tokenizer.kind == "character":
        known = {*learned, *("\n" * (getattr(tokenizer, "documents", "") == "lines"))}
        return "".join(character if character in known else UNKNOWN_TEXT for character in text)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def test_any_file_is_trained_on_and_read_or_refused(fuzz: Fuzz, program: Program, tmp_path: Path) -> None:
    def check(case: tuple[bytes, list[tuple[str, ...]], str, bool, bool]) -> Iterable[str]:
        content, settings, prompt, terminal, fresh = case
        folder = tmp_path / "case"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "text.txt").write_bytes(content)
        words = [word for option in settings for word in option]
        for outcome in commands_on_text(program, folder, words, prompt, terminal, fresh):
            fuzz.counts["commands"] += 1
            yield from outcome.faults({0, 1, 2})

    cases = st.tuples(contents, options, arguments, st.booleans(), st.integers(0, 15).map(lambda number: not number))
    fuzz(cases, check, examples=12)


def commands_on_text(
    program: Program, folder: Path, settings: list[str], prompt: str, terminal: bool, fresh: bool
) -> Iterator[Outcome]:
    """Train on text.txt, and have every command that takes a text read it."""
    text = (folder / "text.txt").read_bytes()
    streams, piped = Streams(terminal=terminal), Streams(stdin=b"\n".join(text.split(b"\n")[:5]))
    train = program(
        "train", "text.txt", "--out", "run", "--no-tui", *TINY, *settings, folder=folder, streams=streams, fresh=fresh
    )
    yield train
    if train.code:
        return
    yield program("eval", "run", "text.txt", "--threads", "1", folder=folder, streams=streams, fresh=fresh)
    if "--cloze" in settings:
        yield program("fill", "run", prompt, folder=folder, streams=streams)
        return
    yield program("sample", "run", "--length", "20", f"--prompt={prompt}", folder=folder, streams=streams)
    yield program("sample", "run", "--length", "20", "--count", "2", "--prompt", "-", folder=folder, streams=piped)
    yield program("score", "run", "text.txt", folder=folder, streams=streams)
    yield program("score", "run", "--json", "--", prompt, folder=folder, streams=streams)
    yield program("complete", "run", "--", prompt, folder=folder, streams=streams)
    yield program("complete", "run", "-", "--json", folder=folder, streams=piped)
    yield program("rescore", "run", "text.txt", folder=folder, streams=streams)
    yield program("inspect", "run", "text.txt", folder=folder, streams=streams)
