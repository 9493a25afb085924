"""carrel secret-key: re-encrypt the database's secrets with a new secret key."""

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.operations.secret_key_change import reseal


@click.group("secret-key")
def secret_key() -> None:
    """Change the secret key without losing encrypted data."""


@secret_key.command("reseal")
@json_option
@click.pass_obj
def reseal_command(console: Console) -> None:
    """Reencrypt LMS keys, badge keys, and authenticator apps with CARREL_SECRET_KEY.

    Set CARREL_SECRET_KEY_OLD to the previous key. Safe to run again.
    """
    with console.carrel.database.transaction() as session:
        done = reseal(session, console.carrel.settings)
    said = f"{done.resealed} secrets were encrypted with the new key; {done.sealed_before} already were."
    if done.lost:
        said += f" Neither key opens {done.lost}: run carrel doctor."
    answer(done, said)
