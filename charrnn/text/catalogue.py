"""Public texts that can be fetched."""

from pathlib import Path


def entry_names() -> tuple[str, ...]:
    return ()


def downloaded_path(name: str) -> Path | None:
    return None
