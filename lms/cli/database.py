"""carrel db: create and upgrade the database tables."""

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.migrations import upgrade


@click.group("db")
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@json_option
@click.pass_obj
def upgrade_command(console: Console, *, as_json: bool) -> None:
    """Bring the tables to what this version needs; run it as often as you like."""
    done = upgrade(console.carrel.database)
    if done.before == done.after:
        text = f"The database is up to date ({done.after})."
    else:
        text = f"The database was upgraded from {done.before or 'nothing'} to {done.after}."
    answer(done, text, as_json=as_json)
