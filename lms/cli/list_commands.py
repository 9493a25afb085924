"""List commands: what waits in a queue or was done, newest first, by state."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from lms.cli.command_context import Console
from lms.cli.output import answer_items, json_option
from lms.core.list_queries import Page
from lms.models.jobs import JobState


def list_command(
    noun: str, columns: Sequence[str], read: Callable[..., Page[Any]]
) -> click.Command:
    """Return a command `list` of these columns; `read(session, states=, limit=)` returns a page."""

    @click.command("list", help=f"List the newest {noun}.")
    @click.option(
        "--state",
        "states",
        type=click.Choice([state.value for state in JobState]),
        multiple=True,
        help=f"Only {noun} in this state; can be repeated.",
    )
    @click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
    @json_option
    @click.pass_obj
    def command(console: Console, *, states: tuple[str, ...], limit: int) -> None:
        wanted = tuple(JobState(state) for state in states)
        with console.carrel.database.read_session() as session:
            page = read(session, states=wanted, limit=limit)
        answer_items(page.items, columns)

    return command
