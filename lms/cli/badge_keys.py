"""carrel badge-keys: list and rotate the keys that sign certificate badges."""

import click

from lms.certificates.badge_keys import list_keys, rotate
from lms.cli.command_context import Console, acting
from lms.cli.output import answer, answer_items, json_option
from lms.models.certificates import BadgeKeyState


@click.group("badge-keys")
def badge_keys() -> None:
    """The keys that sign the badges of certificates."""


@badge_keys.command("list")
@json_option
@click.pass_obj
def list_all(console: Console) -> None:
    """List the keys, the newest first."""
    with console.carrel.database.read_session() as session:
        items = list_keys(session)
    answer_items(items, ("kid", "state", "created_at", "retired_at"))


@badge_keys.command("rotate")
@click.option(
    "--withdraw", is_flag=True, help="The old key was leaked: badges signed with it become invalid."
)
@json_option
@click.pass_obj
def rotate_key(console: Console, *, withdraw: bool) -> None:
    """Sign with a new key; badges signed with the old one stay valid unless you withdraw it."""
    former = BadgeKeyState.WITHDRAWN if withdraw else BadgeKeyState.RETIRED
    kid = rotate(console.carrel.database, console.settings.secret_key, former=former, **acting())
    answer({"kid": kid}, f"The new signing key is {kid}.")
