"""Account lookup and creation, for LTI account linking; lists an account's seats and webinars."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of_kept
from lms.accounts import accounts, login_lookup
from lms.accounts.accounts import Account as Account
from lms.accounts.accounts import NewLogin
from lms.accounts.accounts import read_account as read_account
from lms.accounts.browser_sessions import has_second_factor as has_second_factor
from lms.core.email_addresses import Address
from lms.models.accounts import Login, LoginAlias
from lms.models.seats import AssignmentState
from lms.people.grant_and_seat_history import read_seats, read_watched

SITTING: Final = (AssignmentState.CLAIMED, AssignmentState.FROZEN)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a person has: their seats as (organization, pool), and the titles of webinars they started."""

    seats: tuple[tuple[str, str], ...]
    begun: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """A confirmed login found by an address, with that address as it is stored, for emails."""

    account: Account
    email: str


def find_account(session: Session, address: Address) -> Reached | None:
    """Return the confirmed login of an address, or None."""
    known = login_lookup.look_up(session, address)
    if known is None or not known.is_confirmed:
        return None
    return Reached(accounts.read_account(session, known.login_id), known.email)


def add_account(session: Session, address: Address, name: str, *, now: datetime) -> Account:
    """Create a login for a person who has confirmed the address; raises Conflict and Invalid."""
    return accounts.add_proven(session, NewLogin(address, name), now=now)


def addresses_of(session: Session, login_id: int) -> tuple[str, ...]:
    """Return the keys of one login's addresses, without those of merged logins."""
    own = select(Login.email_key).where(Login.id == login_id, Login.email_key.is_not(None))
    further = select(LoginAlias.email_key).where(LoginAlias.login_id == login_id)
    return tuple(session.scalars(own.union(further)))


def belongings(session: Session, login_id: int) -> Belongings:
    """Return the seats and started webinars of a person; `login_id` is the kept login."""
    logins = session.scalars(logins_of_kept(login_id))
    begun = {each.title for one in logins for each in read_watched(session, one)}
    return Belongings(
        seats=tuple(
            (seat.organization, seat.pool)
            for seat in read_seats(session, login_id)
            if seat.ended_at is None and seat.state in SITTING
        ),
        begun=tuple(sorted(begun)),
    )
