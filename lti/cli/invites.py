"""carrel lti invite: a link by which a learning system registers itself."""

from dataclasses import dataclass
from datetime import datetime

import click

from lms import clock
from lms.cli.console import Console
from lms.cli.output import answer, json_option
from lms.embedding.organisations import find_organisation
from lti.invites import make_invite
from lti.tool_addresses import ToolAddresses


@dataclass(frozen=True, slots=True)
class InviteAnswer:
    """An invite, as commands answer with it; its `url` is shown this once."""

    id: str
    organisation: str
    url: str
    expires_at: datetime


@click.command("invite")
@click.argument("organisation", metavar="ORG")
@click.option("--allow-loopback", is_flag=True, help="It is at this machine or a private network.")
@json_option
@click.pass_obj
def invite(console: Console, *, organisation: str, allow_loopback: bool, as_json: bool) -> None:
    """Make a link by which an organisation's learning system registers itself, once, in 14 days."""
    moment = clock.now()
    with console.carrel.database.transaction() as session:
        found = find_organisation(session, organisation)
        made = make_invite(
            session, found.id, allows_loopback=allow_loopback, actor=None, now=moment
        )
    url = ToolAddresses(console.settings.base_url).registration(made.secret)
    answer(
        InviteAnswer(made.public_id, organisation, url, made.expires_at),
        f"Good once until {made.expires_at:%Y-%m-%d}: paste it as the tool's registration address.",
        url,
        as_json=as_json,
    )
