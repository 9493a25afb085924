"""carrel lti invite: creates an invite with which a platform registers itself."""

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.lti_facade.organizations import find_organization
from lti.protocol.tool_urls_and_scopes import ToolAddresses
from lti.registrations.invites import make_invite


@click.command("invite")
@click.argument("organization", metavar="ORG")
@click.option(
    "--allow-loopback", is_flag=True, help="Allow an LMS on this machine or in a private network."
)
@json_option
@click.pass_obj
def invite(console: Console, *, organization: str, allow_loopback: bool) -> None:
    """Create a link with which an organization's LMS registers itself, once, within 14 days."""
    now = clock.now()
    with console.carrel.database.transaction() as session:
        found = find_organization(session, organization)
        made = make_invite(session, found.id, allows_loopback=allow_loopback, actor=None, now=now)
    url = ToolAddresses(console.settings.base_url).registration(made.secret)
    answer(
        {
            "id": made.public_id,
            "organization": organization,
            "url": url,
            "expires_at": made.expires_at,
        },
        f"Works once, until {made.expires_at:%Y-%m-%d}: paste it in the LMS as the tool's registration URL.",
        url,
    )
