"""carrel lti keys: lists and rotates the tool's signing keys."""

import click

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, answer_items, json_option
from lti.keys.tool_keys import list_keys, rotate_keys


@click.group("keys")
def keys() -> None:
    """Keys that sign our messages."""


@keys.command("list")
@json_option
@click.pass_obj
def list_all(console: Console) -> None:
    """List the keys, newest first: next, active, and retired."""
    with console.carrel.database.read_session() as session:
        items = list_keys(session)
    answer_items(items, ("kid", "state", "created_at", "active_since"))


@keys.command("rotate")
@click.option(
    "--at-once", is_flag=True, help="Use a new key now, because the current one was compromised."
)
@json_option
@click.pass_obj
def rotate(console: Console, *, at_once: bool) -> None:
    """Use the next key now; the previous one stays published for two days."""
    carrel = console.carrel
    kid = rotate_keys(carrel.database, console.settings.secret_key, at_once=at_once, **acting())
    answer({"kid": kid}, f"The key {kid} is now in use.")
