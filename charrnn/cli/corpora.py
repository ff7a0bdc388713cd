"""`charrnn corpora`: the built-in texts and the catalogue of public ones."""

import typer

app = typer.Typer(help="List the built-in texts and the catalogue; get a text of the catalogue.")
