"""carrel pool: an organisation's seats, sold and renewed."""

import click

from lms.cli.renewals import grace, renew


@click.group("pool")
def pool() -> None:
    """Sell seats to organisations, and renew them."""


pool.add_command(renew)
pool.add_command(grace)
