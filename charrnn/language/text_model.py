"""The text model: methods of all models that predict the next token, to sample, complete, score and rank texts."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.language.completion.healing import Lexicon, covering_tokens, decode_whole, split_at_last_word
from charrnn.language.completion.search import Completer, Completion
from charrnn.language.predictor import Predictor
from charrnn.language.ranking import Ranker
from charrnn.language.reading_progress import ReportingPredictor
from charrnn.language.sampling import Sampling, sample_tokens
from charrnn.language.scoring import Scorer
from charrnn.network.arrays import Array, Ids
from charrnn.network.losses import softmax
from charrnn.text.encoded import EncodedText, encode_text
from charrnn.text.progress import OnShare
from charrnn.text.tokenizers import Tokenizer, initial_id, never_sampled


class TextModel(ABC):
    """Base of the models that predict the next token: a tokenizer, and a predictor of its tokens."""

    tokenizer: Tokenizer

    @abstractmethod
    def predictor(self) -> Predictor:
        """Return the model as a predictor, for reading a text step by step. Each thread needs its own."""

    @abstractmethod
    def token_log_probabilities(self, text: EncodedText, *, in_segments: bool = False, threads: int = 1) -> Array:
        """Return log p (N,) in nats of each token of a text; 0 for a token that begins a document."""

    def log_probabilities(self, text: str) -> Array:
        """Return log p (N,) in nats of each token of a text, given the tokens before it."""
        return self.token_log_probabilities(encode_text(text, self.tokenizer))

    def next(self, text: str) -> NDArray[np.floating]:
        """Return the distribution (V,) of the token that follows a text."""
        predictor = self.predictor()
        logits, _ = predictor.advance(self._prompt_ids(text), predictor.start())
        return softmax(logits)

    def completer(self, on_share: OnShare | None = None) -> Completer:
        """Return an object that completes words and caches the text it has read. Each thread needs its own.

        `on_share` is called with the share of a long text that was read.
        """
        return Completer(_reporting(self.predictor(), on_share), self.tokenizer)

    def scorer(self) -> Scorer:
        """Return an object that scores one text, given piece by piece. Each thread needs its own."""
        return Scorer(self.predictor(), self.tokenizer)

    def ranker(self) -> Ranker:
        """Return an object that ranks candidate texts. Each thread needs its own."""
        return Ranker(self.predictor(), self.tokenizer)

    def complete(self, text: str, n: int = 5) -> list[Completion]:
        """Return the n most likely next words, or endings of the word that the text ends in."""
        return self.completer().complete(text, n)

    def stream(
        self,
        prompt: str = "",
        *,
        length: int,
        sampling: Sampling | None = None,
        seed: int | None = None,
        on_share: OnShare | None = None,
    ) -> Iterator[str]:
        """Yield up to `length` characters that continue the prompt, as they are sampled.

        Ends earlier if the model ends the document. The same seed gives the same characters. `on_share` is called
        with the share of a long prompt that was read.
        """
        rng, eos_id = np.random.default_rng(seed), self.tokenizer.eos_id
        for token, piece in self._sample_pieces(prompt, sampling or Sampling(), rng, on_share):
            if length <= 0 or (token is not None and token == eos_id):
                break
            yield piece[:length]
            length -= len(piece)

    def sample(
        self,
        prompt: str = "",
        *,
        length: int = 200,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
    ) -> str:
        """Return a continuation of the prompt of up to `length` characters; see `stream`."""
        return "".join(self.stream(prompt, length=length, sampling=Sampling(temperature, top_k, top_p), seed=seed))

    def _sample_pieces(
        self, prompt: str, sampling: Sampling, rng: np.random.Generator, on_share: OnShare | None
    ) -> Iterator[tuple[int | None, str]]:
        """Yield the tokens after a prompt, with their texts; None for a token that begins within the prompt."""
        predictor, lexicon = self.predictor(), Lexicon(self.tokenizer)
        head, tail = split_at_last_word(lexicon, prompt)
        unread: Sequence[int] | Ids = self._prompt_ids(head)
        state, decoder = predictor.start(), self.tokenizer.decoder()
        if tail:
            logits, state = _reporting(predictor, on_share).advance(unread, state)
            prefixes, _ = covering_tokens(predictor, lexicon, (logits, state), tail)
            shares = np.array([share for share, _ in prefixes])
            prefix = prefixes[int(rng.choice(len(prefixes), p=shares / shares.sum()))][1]
            unread, state = (prefix.token,), prefix.state
            yield None, decode_whole(prefix.data)[0][len(tail) :]
        elif len(unread) > 1:
            _, state = _reporting(predictor, on_share).advance(unread[:-1], state)
            unread = unread[-1:]
        never = never_sampled(self.tokenizer)
        for token in sample_tokens(predictor, unread, sampling, rng, never=never, state=state):
            yield token, decoder.feed(token)

    def _prompt_ids(self, text: str) -> Ids:
        return np.concatenate([[initial_id(self.tokenizer)], self.tokenizer.encode(text)])


def _reporting(predictor: Predictor, on_share: OnShare | None) -> Predictor:
    return predictor if on_share is None else ReportingPredictor(predictor, on_share)
