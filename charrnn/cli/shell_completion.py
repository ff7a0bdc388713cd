"""Candidates for shell completion, computed when Tab is pressed and without NumPy."""

from charrnn.run.names import RUNS, runs_in


def run_names(incomplete: str) -> list[str]:
    """Return the paths of the runs in runs/ or, if what is typed begins none of them, their names."""
    paths = list(runs_in(RUNS))
    matches = [str(path) for path in paths if str(path).startswith(incomplete)]
    return matches or [path.name for path in paths]


def corpus_names() -> list[tuple[str, str]]:
    """Return the name and the title of each built-in text and each text of the catalogue."""
    from charrnn.text.builtin import builtin_description, builtin_names
    from charrnn.text.catalogue import CATALOGUE

    builtin = [(name, builtin_description(name)) for name in builtin_names()]
    return [*builtin, *((entry.name, entry.title) for entry in CATALOGUE)]


def experiment_names() -> list[tuple[str, str]]:
    """Return the name and the summary of each experiment of the laboratory, and `all`."""
    from charrnn.lab.protocol import EXPERIMENTS

    return [*((name, experiment.summary) for name, experiment in EXPERIMENTS.items()), ("all", "Every experiment")]


def manual_topics() -> list[tuple[str, str]]:
    """Return the name and the title of each page of the manual."""
    from charrnn.manual import topics

    return list(topics().items())
