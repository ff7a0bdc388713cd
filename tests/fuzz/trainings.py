"""Small trainings that are cut off, and go on to the weights of one that is not."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.fuzz.oracles import Kill, Outcome, Program, Streams

OPTIONS: tuple[tuple[str, ...], ...] = (
    ("--steps", "60"),
    ("--steps", "60", "--cell", "lstm", "--layers", "2", "--dropout", "0.1"),
    ("--steps", "60", "--tokenizer", "subword", "--vocab-size", "300", "--optimizer", "sgd"),
    ("--epochs", "0.5", "--documents", "lines", "--tokenizer", "word"),
    ("--steps", "60", "--cloze"),
)
"""Options of different trainings, of half a second each."""
TINY = ("--hidden", "8", "--layers", "1", "--bptt", "8", "--batch", "4", "--threads", "1", "--evaluate-every", "15")
MOST_RESUMES = 3


class Training:
    """A training in the folder `folder`, whose text is text.txt and whose run is `run`."""

    def __init__(self, program: Program, folder: Path, options: Sequence[str]) -> None:
        self.run = folder / "run"
        self._program, self._folder, self._options = program, folder, options

    def train(
        self,
        *,
        kills: Sequence[Kill] = (),
        limits: Mapping[str, int] | None = None,
        streams: Streams = Streams(),  # noqa: B008
        fresh: bool = False,
    ) -> Outcome:
        """Begin, or resume a run that is there."""
        words = ("--resume", "run") if self.run.exists() else ("text.txt", "--out", "run", *TINY, *self._options)
        return self._program(
            *("train", *words, "--no-tui"),
            folder=self._folder,
            kills=kills,
            limits=limits,
            streams=streams,
            fresh=fresh,
        )

    def digest(self) -> str:
        """Return the SHA-256 of the weights of the run."""
        return hashlib.sha256((self.run / "model.safetensors").read_bytes()).hexdigest()

    def finish(self, expected: str) -> Iterator[str]:
        """Resume to the end, and yield what is wrong with the run then; `expected` is the digest of its weights."""
        for _ in range(MOST_RESUMES):
            outcome = self.train()
            yield from outcome.faults({0})
            if outcome.code == 0:
                break
        else:
            return
        if (digest := self.digest()) != expected:
            yield f"other weights after {outcome.command}: {digest[:8]}, not {expected[:8]}"
        if leftovers := sorted(path.name for path in self._folder.rglob("*.part")):
            yield f"a resumed run has leftovers: {leftovers}"
        yield from self.check_journal()

    def check_journal(self) -> Iterator[str]:
        """Yield lines of the journal that are not JSON, apart from the beginnings of lines that a kill has left."""
        for line in (self.run / "metrics.jsonl").read_text("utf-8", "replace").splitlines():
            try:
                json.loads(line, parse_constant=_refuse)
            except ValueError:
                if line.endswith("}"):
                    yield f"the journal has the line {line:.200}"


def _refuse(constant: str) -> None:
    raise ValueError(constant)
