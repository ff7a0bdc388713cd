"""The text model: whatever predicts the next token can go on with a text, complete its words and score it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from charrnn.language.completion.healing import Lexicon, covering, decoded, split
from charrnn.language.completion.search import Completer, Completion
from charrnn.language.predictor import Predictor
from charrnn.language.sampling import Sampling, sample_tokens
from charrnn.network.arrays import Array, Ids
from charrnn.network.losses import softmax
from charrnn.text.tokenizers import Tokenizer, initial_id, never_sampled


class TextModel(ABC):
    """A tokenizer, and something that predicts its tokens."""

    tokenizer: Tokenizer

    @abstractmethod
    def predictor(self) -> Predictor:
        """The model as a predictor, for whoever steps through a text. One thread each."""

    @abstractmethod
    def token_log_probabilities(self, ids: Ids, before: int, *, threads: int | None = None) -> Array:
        """log p (N,) in nats of each token of ids (N,), read after the token `before`; 0 for beginnings of documents.

        With `threads`, a long text may be read in several places at once, where that changes next to nothing.
        """

    def log_probabilities(self, text: str) -> Array:
        """log p (N,) in nats of each token of the text, given all before it."""
        return self.token_log_probabilities(self.tokenizer.encode(text), initial_id(self.tokenizer))

    def next(self, text: str) -> NDArray[np.floating]:
        """The distribution (V,) of the token that follows the text."""
        predictor = self.predictor()
        logits, _ = predictor.advance(self._prompt(text), predictor.start())
        return softmax(logits)

    def completer(self) -> Completer:
        """Completes words, and remembers what it has read. One thread each."""
        return Completer(self.predictor(), self.tokenizer, initial_id(self.tokenizer))

    def complete(self, text: str, n: int = 5) -> list[Completion]:
        """The n likeliest next words, or ends of the word that the text ends in, with their probabilities."""
        return self.completer().complete(text, n)

    def stream(
        self, prompt: str = "", *, length: int, sampling: Sampling | None = None, seed: int | None = None
    ) -> Iterator[str]:
        """The `length` characters that follow the prompt, as they come; fewer if the model ends the document.

        The same seed gives the same characters.
        """
        rng, end = np.random.default_rng(seed), self.tokenizer.eos_id
        for token, piece in self._tokens(prompt, sampling or Sampling(), rng):
            if length <= 0 or (token is not None and token == end):
                break
            yield piece[:length]
            length -= len(piece)

    def _tokens(self, prompt: str, sampling: Sampling, rng: np.random.Generator) -> Iterator[tuple[int | None, str]]:
        """Tokens without end behind a prompt, and what each adds; None for those that the prompt ends within."""
        predictor, lexicon = self.predictor(), Lexicon(self.tokenizer)
        head, tail = split(lexicon, prompt)
        read: Sequence[int] | Ids = self._prompt(head)
        state, decoder = predictor.start(), self.tokenizer.decoder()
        if tail:
            logits, state = predictor.advance(read, state)
            found, _ = covering(predictor, lexicon, (logits, state), tail)
            shares = np.array([share for share, _ in found])
            beginning = found[int(rng.choice(len(found), p=shares / shares.sum()))][1]
            read, state = (beginning.token,), beginning.state
            yield None, decoded(beginning.data)[0][len(tail) :]
        for token in sample_tokens(predictor, read, sampling, rng, never=never_sampled(self.tokenizer), state=state):
            yield token, decoder.feed(token)

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
        """What `stream` gives, as one text."""
        return "".join(self.stream(prompt, length=length, sampling=Sampling(temperature, top_k, top_p), seed=seed))

    def _prompt(self, text: str) -> Ids:
        return np.concatenate([[initial_id(self.tokenizer)], self.tokenizer.encode(text)])
