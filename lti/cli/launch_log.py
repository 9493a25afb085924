"""carrel lti log: logins and launches of the last 90 days, without names."""

import click

from lms.cli.command_context import Console
from lms.cli.output import answer_items, json_option
from lms.lti_facade.organizations import find_organization
from lti.launches.launch_log import MOST, list_launches


@click.command("log")
@click.option("--organization", metavar="SLUG", help="Only from this organization.")
@click.option("--registration", metavar="REG", help="Only from this LMS.")
@click.option("--refused", is_flag=True, help="Only refused launches.")
@click.option(
    "--most", type=click.IntRange(1, 10_000), default=MOST, help="Maximum number of launches."
)
@json_option
@click.pass_obj
def log(
    console: Console,
    *,
    organization: str | None,
    registration: str | None,
    refused: bool,
    most: int,
) -> None:
    """List launches, newest first, with the result and the reason for refusals."""
    with console.carrel.database.read_session() as session:
        owner = None if organization is None else find_organization(session, organization).id
        items = list_launches(
            session,
            organization_id=owner,
            registration=registration,
            refused_only=refused,
            most=most,
        )
    columns = ("at", "platform", "deployment", "message_type", "outcome", "code", "reason")
    answer_items(items, columns)
