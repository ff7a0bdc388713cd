"""Generator of the tables of commands and options in the README and the manual.

`python -m charrnn.manual.generate` rewrites each table between its markers, such as `<!-- options:begin -->` and
`<!-- options:end -->`; with --check it only reports the pages that are stale, and exits with 1 if there are any.
"""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from charrnn.config import OPTIONS

MANUAL = Path(__file__).parent
README = MANUAL.parents[1] / "README.md"


def options_table(command: Any) -> str:
    """Return the options of a Typer command as Markdown: a table for each panel of its --help."""
    options = [option for option in command.params if option.param_type_name == "option" and not option.hidden]
    panels = groupby(options, key=lambda option: option.rich_help_panel or "")
    return "\n\n".join(_panel_table(panel, list(members)) for panel, members in panels if panel)


def _panel_table(panel: str, options: list[Any]) -> str:
    rows = [f"| `{option.opts[-1]}` | {_meaning(option)} | {_default(option)} |" for option in options]
    return "\n".join([f"**{panel}**", "", "| option | meaning | default |", "|---|---|---|", *rows])


def _meaning(option: Any) -> str:
    """Return the help of an option with its choices."""
    choices = OPTIONS[option.name].choices if option.name in OPTIONS else ()
    meaning = _escaped(option.help.rstrip("."))
    return f"{meaning}: {', '.join(f'`{choice}`' for choice in choices)}" if choices else meaning


def _default(option: Any) -> str:
    return _escaped(option.show_default) if isinstance(option.show_default, str) else "off"


def commands_table(group: Any) -> str:
    """Return the commands of a Typer application as Markdown: name, arguments, and the first line of the help."""
    rows = [f"| `{_usage(path, command)}` | {_escaped(_summary(command))} |" for path, command in _commands(group)]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def _commands(group: Any, path: str = "charrnn") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")


def _usage(path: str, command: Any) -> str:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    return " ".join([path, *map(_placeholder, arguments)])


def _placeholder(argument: Any) -> str:
    name = (argument.metavar or argument.name.upper()).removesuffix("...") + "..." * (argument.nargs == -1)
    return name if argument.required else f"[{name}]"


def _summary(command: Any) -> str:
    return " ".join(command.help.partition("\n\n")[0].split()).rstrip(".")


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")


def filled(page: str, tables: dict[str, str]) -> str:
    """Return a page with each table between its markers; ValueError if there is no end marker."""
    for name, table in tables.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        replacement = f"{begin}\n\n{table}\n\n{end}"
        if begin in page:
            page = page[: page.index(begin)] + replacement + page[page.index(end) + len(end) :]
    return page


def stale_pages(pages: list[Path]) -> dict[Path, str]:
    """Return the new content of each page whose tables are not up to date."""
    import typer.main

    from charrnn.cli import app

    group: Any = typer.main.get_command(app)
    tables = {"options": options_table(group.commands["train"]), "commands": commands_table(group)}
    contents = {page: page.read_text(encoding="utf-8") for page in pages}
    return {page: new for page, old in contents.items() if (new := filled(old, tables)) != old}


def main(arguments: list[str]) -> int:
    """Rewrite the stale pages, or with --check report them; return the exit code."""
    stale = stale_pages([page for page in (README, *sorted(MANUAL.glob("*.md"))) if page.exists()])
    if arguments == ["--check"]:
        sys.stderr.writelines(f"{page.name} is stale; run: python -m charrnn.manual.generate\n" for page in stale)
        return int(bool(stale))
    for page, content in stale.items():
        page.write_text(content, encoding="utf-8", newline="\n")
        sys.stderr.write(f"{page.name} is rewritten\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
