"""Defaults that depend on the text, the computer, or other options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TOKENS_TO_READ = 10_000_000
"""Tokens that a run reads by default, over all epochs: a few minutes on two cores."""
MOST_EPOCHS = 30.0
LEARNING_RATES = {"sgd": 1.0, "momentum": 0.1, "adagrad": 0.02, "rmsprop": 1e-3, "adam": 2e-3}
FINETUNING_RATE, FINETUNING_WARMUP = 0.25, 0.1
"""In fine-tuning: factor on the usual learning rate, and share of the run for the warm-up."""
WORD_VOCABULARY, SUBWORD_VOCABULARY = 8000, 1000
"""Sizes of vocabularies, bytes included."""
SHORT_TEXT = 100_000
"""In a text of fewer characters, a word that occurs once gets its own token."""
EVALUATION_COST = 1 / 3
"""Time to evaluate a token, relative to the time to train on it."""
EVALUATION_SHARE = 0.05
"""Share of a run's time for evaluations."""
MOST_EVALUATIONS, FEWEST_EVALUATIONS = 40, 6
"""Largest and smallest number of evaluations of the whole validation text per run.

If there is time for fewer, a sample of the text is evaluated.
"""
SAMPLE_EVALUATIONS, EARLY_EVALUATIONS = 20, 4
"""Evaluations of a sample per run, and additional evaluations in the first interval and at the end."""
SMALLEST_SAMPLE, TINIEST_SAMPLE = 20_000, 4_096
"""Validation tokens that an evaluation reads at least, and in a run that is too short for that."""


@dataclass(frozen=True)
class Circumstances:
    """Facts that defaults depend on: training tokens, threads, and whether the run is a fine-tuning."""

    tokens: int
    threads: int
    finetuning: bool = False


@dataclass(frozen=True)
class Default:
    """Default in words for --help, and the rule that computes it from the circumstances and the preceding options.

    Without a rule, the default is that of the config, which the pipeline may replace.
    """

    description: str
    rule: Callable[[Circumstances, Mapping[str, Any]], Any] | None = None


def by_length(*values: tuple[float, Any]) -> Default:
    """Return a default that depends on the number of training tokens, from pairs (limit, value) with rising limits.

    It is the first value whose limit the number does not exceed.
    """
    names = [f"{value:g}" for value in dict.fromkeys(value for _, value in values)]
    return Default(
        f"{', '.join(names[:-1])} or {names[-1]} by the length of the text",
        lambda circumstances, _: next(value for limit, value in values if circumstances.tokens <= limit),
    )


def equal_to(name: str) -> Default:
    """Return a default equal to the value of another option."""
    return Default(f"the value of `{name}`", lambda _, chosen: chosen[name])


def _epochs(circumstances: Circumstances, chosen: Mapping[str, Any]) -> float | None:
    if {"steps", "minutes"} & set(chosen):
        return None
    return max(1.0, min(MOST_EPOCHS, TOKENS_TO_READ / circumstances.tokens))


def _learning_rate(circumstances: Circumstances, chosen: Mapping[str, Any]) -> float:
    return LEARNING_RATES[chosen["optimizer"]] * (FINETUNING_RATE if circumstances.finetuning else 1.0)


def _warmup(circumstances: Circumstances, chosen: Mapping[str, Any]) -> float:
    return FINETUNING_WARMUP if circumstances.finetuning else 0.01


EPOCHS = Default(f"1 to {MOST_EPOCHS:g} by the length of the text, unless `steps` or `minutes` is given", _epochs)
LEARNING_RATE = Default(
    f"{', '.join(f'{name} {rate:g}' for name, rate in LEARNING_RATES.items())}; a quarter in fine-tuning",
    _learning_rate,
)
WARMUP = Default(f"0.01, and {FINETUNING_WARMUP:g} in fine-tuning", _warmup)
THREADS = Default("one per core", lambda circumstances, _: circumstances.threads)
EVALUATE_EVERY = Default(f"at most {MOST_EVALUATIONS} evaluations per run")
DOCUMENTS = Default("files if there are several, otherwise none")
HOLDOUT = Default("random where documents are ten or more lines or files, otherwise end")
VOCABULARY_SIZE = Default(f"{WORD_VOCABULARY} for words, {SUBWORD_VOCABULARY} for subwords")
MINIMUM_COUNT = Default("2, or 1 in a short text")


def minimum_count(characters: int) -> int:
    """Return the default of `min_count` for a text of this many characters."""
    return 1 if characters < SHORT_TEXT else 2


def plan_evaluations(
    steps: int, *, window_tokens: int, validation_tokens: int, interval: int | None = None
) -> tuple[int, int | None]:
    """Return the steps between evaluations, and how many validation tokens each of them reads; None for all.

    All evaluations together take about 5 % of the time of the run. If that suffices for FEWEST_EVALUATIONS of the
    whole text, or for those at the given interval, they read all of it, up to 40 times; otherwise a sample, and
    fewer of them in a run that is too short for SMALLEST_SAMPLE each.
    """
    affordable = steps * window_tokens * EVALUATION_SHARE / EVALUATION_COST  # validation tokens, over the run
    smallest = SMALLEST_SAMPLE
    if interval is None:
        if affordable >= FEWEST_EVALUATIONS * validation_tokens or validation_tokens <= SMALLEST_SAMPLE:
            count = min(MOST_EVALUATIONS, max(4.0, affordable / max(1, validation_tokens)))
        else:
            count = min(SAMPLE_EVALUATIONS, max(1.0, affordable / SMALLEST_SAMPLE - EARLY_EVALUATIONS))
            smallest = SMALLEST_SAMPLE if count > 1.0 else TINIEST_SAMPLE
        interval = max(1, round(steps / count))
    count = steps / interval + EARLY_EVALUATIONS
    sample = max(smallest, round(affordable / count))
    if validation_tokens <= max(sample, SMALLEST_SAMPLE) or affordable >= 0.9 * steps / interval * validation_tokens:
        return interval, None
    return interval, sample
