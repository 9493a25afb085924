"""Access diagnosis: why a person can't watch, for any address, even an unknown one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.explanations import asked_organization
from lms.access.merged_organizations import kept_organization
from lms.access.policy import Action, Case, Decision, decide
from lms.accounts import accounts
from lms.accounts.accounts import Account, NewLogin
from lms.accounts.login_lookup import find_known
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Invalid, NotFound
from lms.mail.bounces import Bounced, bounced_addresses
from lms.models.accounts import Login
from lms.models.organizations import Organization
from lms.models.seats import VerifiedDomain
from lms.organizations.organizations import find_manager
from lms.people.grant_and_seat_history import HeldSeat, read_seats, read_seats_for
from lms.people.profile_read_model import find_other

NO_ADDRESS = N_("Enter an e-mail address, or the id of a log-in.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: who wants to do what with which webinar, and when."""

    who: str
    webinar_id: int
    action: Action
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: whose decision it is, the facts it was made from, and what stands around it.

    `account` is None for an address that leads to no login; `came_by` is the name of the login
    that the address belongs to where that one was merged. `domain_of` names the organization whose
    verified domain the address is of, `manager` who can be asked where that is the next step;
    `bounced` tells that the last letter to the address came back.
    """

    account: Account | None
    came_by: str
    decision: Decision
    case: Case
    seats: tuple[HeldSeat, ...]
    domain_of: str
    organization_slug: str
    manager: str | None
    bounced: Bounced | None


def inquire(session: Session, asked: Asked) -> Found:
    """Decide for whoever `asked.who` means: an address, or a login's outside id.

    For an address without a login, the decision is the one that its owner would meet with a login
    of their own; the session has to be a writing one, though nothing in it is kept.

    Raises Invalid (field `address`) for what is neither, NotFound for a webinar that is none.
    """
    account, came_by = _account(session, asked.who)
    if account is not None:
        case = load_case(session, login_id=account.id, webinar_id=asked.webinar_id)
        seats = read_seats(session, account.id)
        email = account.email
    else:
        address = read_address(asked.who, field="address")
        case = _as_if_confirmed(session, address, asked)
        seats, email = read_seats_for(session, address.key), address.shown
    organization = _organization_of(session, email)
    decision = decide(case.login, case.webinar, asked.action, asked.at)
    asked_of = asked_organization(decision)
    return Found(
        account=account,
        came_by=came_by,
        decision=decision,
        case=case,
        seats=seats,
        domain_of=organization.name if organization else "",
        organization_slug=organization.slug if organization else "",
        manager=find_manager(session, asked_of) if asked_of is not None else None,
        bounced=_bounce_of(session, email),
    )


def _account(session: Session, who: str) -> tuple[Account | None, str]:
    """Return the login that is meant, and the name of the one it was merged from if it was."""
    if "@" not in who:
        try:
            named = find_other(session, who)
        except NotFound as error:
            raise Invalid(NO_ADDRESS, fields={"address": NO_ADDRESS}) from error
        row = session.execute(
            select(Login.id, Login.merged_into).where(Login.public_id == named.public_id)
        ).one()
        came_by = named.name if row.merged_into is not None else ""
        return accounts.read_account(session, row.merged_into or row.id), came_by
    try:
        known = find_known(session, read_address(who, field="address"))
    except NotFound:
        return None, ""
    if not known.is_confirmed:
        return None, ""
    own = accounts.read_account(session, known.own_id)
    came_by = own.name if known.own_id != known.login_id else ""
    return accounts.read_account(session, known.login_id), came_by


def _as_if_confirmed(session: Session, address: Address, asked: Asked) -> Case:
    """Load the facts as they would be for a login of this address: it is made, and taken back."""
    savepoint = session.begin_nested()
    try:
        account = accounts.add_login(
            session, NewLogin(address, address.shown), actor=None, now=asked.at
        )
        return load_case(session, login_id=account.id, webinar_id=asked.webinar_id)
    finally:
        savepoint.rollback()


def _bounce_of(session: Session, email: str | None) -> Bounced | None:
    if email is None:
        return None
    key = read_address(email).key
    return bounced_addresses(session, (key,)).get(key)


def _organization_of(session: Session, email: str | None) -> Row[str, str] | None:
    if email is None:
        return None
    domain = read_address(email).key.rpartition("@")[2]
    return session.execute(
        select(Organization.name, Organization.slug)
        .select_from(VerifiedDomain)
        .join(Organization, Organization.id == kept_organization(VerifiedDomain.organization_id))
        .where(VerifiedDomain.domain == domain)
    ).one_or_none()
