"""carrel seats: list, claim, invite to, and release seats of a pool."""

import click
from sqlalchemy.orm import Session

from lms.accounts import accounts
from lms.cli.command_context import Console, acting
from lms.cli.output import answer, answer_items, json_option
from lms.cli.seat_imports import import_list
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.mail.links import Links
from lms.models.seats import AssignmentEnd
from lms.seats import invitations, pools
from lms.seats import read_models as seat_reading
from lms.seats.claim_statements import Full
from lms.seats.claims import Closed, claim, release
from lms.seats.invitations import AlreadyIn, Answer, Invited, Invitee
from lms.seats.pools import PoolFacts
from lms.seats.read_models import SeatFacts, seat_of_address

FULL = N_("No seats are available in this pool.")
CLOSED = N_("You can't add people because this pool has ended.")
NO_LOGIN = N_(
    "No account has this email address. Run carrel seats invite or carrel login add first."
)


@click.group("seats")
def seats() -> None:
    """Assign and release an organization's seats."""


@seats.command("claim")
@click.argument("pool_id", metavar="POOL")
@click.argument("email")
@json_option
@click.pass_obj
def claim_seat(console: Console, *, pool_id: str, email: str) -> None:
    """Claim a seat for a login; safe to run again."""
    with console.carrel.database.transaction() as session:
        pool = pools.find_pool(session, pool_id)
        login_id = _login_id(session, email)
        got = claim(session, pool.id, login_id, **acting())
        if isinstance(got, Full):
            raise Conflict(FULL, code="full")
        if isinstance(got, Closed):
            raise Conflict(CLOSED, code="closed")
    result = type(got).__name__.lower()
    words = "now has a seat" if result == "claimed" else "already had a seat"
    facts = {"pool": pool_id, "email": email, "result": result, "seat": got.seat}
    answer(facts, f"{email} {words} (seat {got.seat}).")


@seats.command("invite")
@click.argument("pool_id", metavar="POOL")
@click.argument("emails", nargs=-1, required=True, metavar="EMAIL...")
@json_option
@click.pass_obj
def invite(console: Console, *, pool_id: str, emails: tuple[str, ...]) -> None:
    """Reserve a seat for each address for 14 days, and email a link to claim it."""
    people = [Invitee(read_address(email)) for email in emails]
    links = Links(console.settings.base_url)
    with console.carrel.database.transaction() as session:
        pool = pools.find_pool(session, pool_id)
        done = invitations.invite(session, pool.id, people, links=links, **acting())
    answer_items([_invited(one) for one in done], ("email", "result", "seat"))


@seats.command("release")
@click.argument("pool_id", metavar="POOL")
@click.argument("email")
@json_option
@click.pass_obj
def release_seat(console: Console, *, pool_id: str, email: str) -> None:
    """Release a person's seat: they lose access and are emailed."""
    links = Links(console.settings.base_url)
    with console.carrel.database.transaction() as session:
        pool = pools.find_pool(session, pool_id)
        seat = _seat_of(session, pool, email)
        done = release(session, seat.public_id, AssignmentEnd.REMOVED, links=links, **acting())
    refill = done.refill
    facts = {
        "pool": pool_id,
        "email": email,
        "seat": done.seat,
        "opens_at": refill.opens_at,
        "needs_approval": refill.needs_approval,
    }
    line = f"{email} no longer has a seat. It can be assigned to someone else."
    if refill.needs_approval:
        line = f"{email} no longer has a seat. Staff must approve before it can be assigned again."
    if refill.opens_at is not None:
        line = (
            f"{email} no longer has a seat. It can be assigned again 7 days after it was claimed."
        )
    answer(facts, line)


@seats.command("list")
@click.argument("pool_id", metavar="POOL")
@json_option
@click.pass_obj
def list_seats(console: Console, *, pool_id: str) -> None:
    """List the seats of a pool and the people who have them."""
    with console.carrel.database.read_session() as session:
        pool = pools.find_pool(session, pool_id)
        facts = [_facts(one) for one in seat_reading.list_seats(session, pool.id)]
    columns = ("seat", "state", "email", "name", "claimed_at", "expires_at", "opens_at")
    answer_items(facts, columns)


def _login_id(session: Session, email: str) -> int:
    try:
        return accounts.find_by_email(session, email).id
    except NotFound as error:
        raise NotFound(NO_LOGIN) from error


def _seat_of(session: Session, pool: PoolFacts, email: str) -> SeatFacts:
    try:
        address = read_address(email)
    except Invalid as error:
        raise NotFound(seat_reading.NOBODY_OF_THIS_ADDRESS) from error
    return seat_of_address(session, pool.id, address.key)


def _invited(one: Answer) -> dict[str, object]:
    if isinstance(one, Invited):
        return {"email": one.email, "result": "invited", "seat": one.seat}
    if isinstance(one, AlreadyIn):
        return {"email": one.email, "result": "already", "seat": one.seat}
    return {"email": one.email, "result": "no_seat", "seat": None}


def _facts(one: SeatFacts) -> dict[str, object]:
    return {
        "seat": one.public_id,
        "state": one.state if one.sits is None else one.sits,
        "email": one.email,
        "name": one.name,
        "claimed_at": one.claimed_at,
        "expires_at": one.expires_at,
        "opens_at": one.opens_at,
    }


seats.add_command(import_list)
