"""carrel secret-key: seal what the database keeps secret by a new secret key."""

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.operations.secret_key_change import reseal


@click.group("secret-key")
def secret_key() -> None:
    """Change the secret key without losing what it seals."""


@secret_key.command("reseal")
@json_option
@click.pass_obj
def reseal_command(console: Console, *, as_json: bool) -> None:
    """Seal LMS signing keys, badge keys and authenticator apps by CARREL_SECRET_KEY.

    CARREL_SECRET_KEY_OLD is the key before it. Run again, it changes nothing.
    """
    with console.carrel.database.transaction() as session:
        done = reseal(session, console.carrel.settings)
    said = f"{done.resealed} secrets are sealed by the new key; {done.sealed_before} were before."
    if done.lost:
        said += f" Neither key opens {done.lost}: run carrel doctor."
    answer(done, said, as_json=as_json)
