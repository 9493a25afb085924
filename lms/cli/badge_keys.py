"""carrel badge-keys: list and rotate the keys that sign certificate badges."""

from dataclasses import dataclass

import click

from lms.certificates.badge_keys import list_keys, rotate
from lms.cli.command_context import Console
from lms.cli.output import answer, answer_items, json_option
from lms.core import clock
from lms.models.certificates import BadgeKeyState


@dataclass(frozen=True, slots=True)
class RotatedAnswer:
    """Which key signs from now on."""

    kid: str


@click.group("badge-keys")
def badge_keys() -> None:
    """The keys that sign the badges of certificates."""


@badge_keys.command("list")
@json_option
@click.pass_obj
def list_all(console: Console, *, as_json: bool) -> None:
    """List the keys, the newest first."""
    with console.carrel.database.read_session() as session:
        items = list_keys(session)
    answer_items(items, ("kid", "state", "created_at", "retired_at"), as_json=as_json)


@badge_keys.command("rotate")
@click.option(
    "--withdraw", is_flag=True, help="The key became known: what it signed is good no more."
)
@json_option
@click.pass_obj
def rotate_key(console: Console, *, withdraw: bool, as_json: bool) -> None:
    """Let a new key sign; badges of the one before stay good unless it is withdrawn."""
    former = BadgeKeyState.WITHDRAWN if withdraw else BadgeKeyState.RETIRED
    kid = rotate(
        console.carrel.database,
        console.settings.secret_key,
        former=former,
        actor=None,
        now=clock.now(),
    )
    answer(RotatedAnswer(kid), f"The key {kid} signs from now on.", as_json=as_json)
