"""carrel seats: who sits in an organisation's pools."""

import click


@click.group("seats")
def seats() -> None:
    """Fill an organisation's seats."""
