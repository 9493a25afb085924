"""carrel grant and carrel why: give a person access, and explain an access decision."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.explanations import explain
from lms.access.policy import Action, Admitted, Candidate
from lms.accounts import accounts
from lms.cli.command_context import Console, acting
from lms.cli.option_values import read_datetime
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.core.errors import N_, Invalid, NotFound, or_not_found
from lms.grants import grants
from lms.models.catalog import Webinar
from lms.people.access_diagnosis import Asked, inquire
from lms.requests.read_models import number_of


@click.command("grant")
@click.argument("email")
@click.argument("slug")
@json_option
@click.pass_obj
def grant(console: Console, email: str, slug: str) -> None:
    """Give a login permanent access to a webinar; safe to run again."""
    with console.carrel.database.transaction() as session:
        line = grants.give_permanently(
            session,
            login_id=accounts.find_by_email(session, email).id,
            webinar_id=_webinar_id(session, slug),
            **acting(),
        )
        done = {
            "grant": line.public_id,
            "email": email,
            "webinar": slug,
            "starts_at": line.starts_at,
            "ends_at": line.ends_at,
        }
    told = f"{email} has permanent access to {slug} (grant {done['grant']})."
    answer(done, told)


@click.command("why")
@click.argument("email")
@click.argument("slug")
@click.option(
    "--action",
    type=click.Choice([action.value for action in Action]),
    default=Action.RECORDING.value,
    show_default=True,
    help="Action to check.",
)
@click.option("--at", metavar="ISO", help="Time; default: now. Without an offset, add --zone.")
@click.option("--zone", metavar="ZONE", help="Time zone of --at, such as America/New_York.")
@json_option
@click.pass_obj
def why(
    console: Console,
    email: str,
    slug: str,
    *,
    action: str,
    at: str | None,
    zone: str | None,
) -> None:
    """Explain why a person can or can't watch a webinar, and list everything that was checked.

    EMAIL is an email address, with or without a login, or a login's ID. Exits with 3 if the webinar
    or the person is not found.
    """
    moment = read_datetime(at, zone) if at else clock.now()
    # `inquire` needs a writing session, but undoes what it writes.
    with console.carrel.database.transaction() as session:
        asked = Asked(email.strip(), _webinar_id(session, slug), Action(action), moment)
        try:
            inquired = inquire(session, asked)
        except Invalid as error:
            raise NotFound(next(iter(error.fields.values()), error.message)) from error
    decision, zone_ = inquired.decision, console.settings.zone
    told = explain(
        decision,
        inquired.case.webinar,
        zone=zone_,
        manager=inquired.manager,
        payer=inquired.payer,
        may_pay=inquired.may_pay,
    )
    caller = inquired.caller
    account, bounced = caller.account, caller.bounced
    found = {
        "email": email,
        "webinar": slug,
        "action": action,
        "at": moment,
        "admitted": isinstance(decision, Admitted),
        "code": decision.code,
        "sentence": str(told.sentence),
        "next_step": told.step,
        "grant": decision.grant.public_id if decision.grant else None,
        "ends_at": decision.ends_at if isinstance(decision, Admitted) else None,
        "candidates": [_weighed(candidate) for candidate in decision.candidates],
        "login": account.public_id if account else None,  # None for an address without one
        "unconfirmed_orders": list(caller.unconfirmed),
        "came_by": caller.came_by,  # the merged login that has the address, or ""
        "bounced_at": bounced.bounced_at if bounced else None,
    }
    lines = [f"{decision.code}: {told.sentence}", f"next step: {told.step}"]
    lines += [f"  {what}: {verdict}" for what, verdict in told.weighed] or ["  no access found"]
    if account is None:
        lines.append("  no login: this is what a new login with this address would see")
    lines += [
        f"  order {number_of(order)} waits until they confirm this address by the link in its email"
        for order in caller.unconfirmed
    ]
    if bounced is not None:
        lines.append(
            f"  email to this address bounced at {bounced.bounced_at.isoformat()}: {bounced.reason}"
        )
    answer(found, *lines)


def _weighed(candidate: Candidate) -> dict[str, object]:
    grant = candidate.grant
    return {
        "grant": grant.public_id,
        "scope": grant.scope,
        "covers": grant.covers,
        "starts_at": grant.starts_at,
        "ends_at": grant.ends_at,
        "code": candidate.code,
    }


def _webinar_id(session: Session, slug: str) -> int:
    webinar_id = session.scalar(select(Webinar.id).where(Webinar.slug == slug))
    return or_not_found(webinar_id, N_("Webinar not found."))
