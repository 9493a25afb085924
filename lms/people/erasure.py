"""Erasure of a person: frees their seats and deletes their personal data (PRODUCT.md, I5).

The login's row stays without name and address, so that totals of sales and views stay right. Documents
stay unchanged for the legal time, with the exemption certificates that belong to them, and orders and payments keep
their amounts and dates (MONEY.md, M21). Audit rows contain only IDs.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, false, func, literal, or_, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import browser_sessions
from lms.certificates import certificates
from lms.core.errors import N_, Conflict, or_not_found
from lms.core.model_base import locked
from lms.mail.links import Links
from lms.models.accounts import ERASED_AS, EmailToken, Login, LoginAlias, RecoveryCode, SecondFactor
from lms.models.group_showings import Attendee
from lms.models.live import (
    Attendance,
    LiveJoin,
    Registration,
    RegistrationAnswer,
    RoomReport,
    RoomStay,
)
from lms.models.mail import Mail, MailOptOut, Subscription
from lms.models.orders import NamedPerson
from lms.models.organizations import AccountsPayableAddress, MemberInvitation, Membership
from lms.models.past_sales import PastAnswer, PastImport, PastImportRow
from lms.models.playback import Note, PlaybackEnd, Stream, WatchRecord
from lms.models.requests import DeskRequest
from lms.models.seat_imports import ImportState, SeatImportRow
from lms.models.seats import Assignment, AssignmentEnd, Seat, WaitingEnd, WaitingEntry
from lms.models.training import GroupSupervisor, Trainee, TrainingGroupInvitee, TrainingGroupMember
from lms.organizations import manager_and_owner_permissions
from lms.people import erased_orders
from lms.people.erased_orders import ERASED_NAME
from lms.playback import sessions as playback_sessions
from lms.seats.claims import release_many

OnErase = Callable[[Session, int], None]

ON_THE_TEAM: Final = N_(
    "An account on our team can't be deleted. Ask an owner to remove its role first."
)
MERGED: Final = N_("This account was merged into another. Delete that one to delete both.")
ERASED_ALREADY: Final = N_("This person's account was already deleted.")
LEADS_ALONE: Final = N_("%(organizations)s would have no owner. Make someone else an owner first.")


@dataclass(frozen=True, slots=True)
class _Person:
    """One person: all their logins and all their confirmed addresses."""

    public_id: str
    login_ids: tuple[int, ...]
    keys: tuple[str, ...]


def erase(
    session: Session,
    login_id: int,
    *,
    hooks: Sequence[OnErase],
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Erase a person with all logins that were merged into theirs; it can't be undone.

    Their playback stops, they leave waitlists, their seats become free, and the login can no longer
    sign in. `hooks` let components delete their data in the same transaction. Raises NotFound for an
    unknown login, and Conflict for a team account, a merged login, an erased login, or the only owner of
    an organization that has other people.
    """
    person = _person(session, login_id)
    manager_and_owner_permissions.hold_owners(session, login_id)
    if left := manager_and_owner_permissions.led_alone(session, login_id):
        named = ", ".join(each.name for each in left)
        raise Conflict(LEADS_ALONE % {"organizations": named}, code="last_owner")
    for one in person.login_ids:
        playback_sessions.end_for_login(session, one, ended_as=PlaybackEnd.CLOSED, now=now)
        browser_sessions.end_all(session, one, now=now)
    _leave_waitlists(session, person, now)
    _give_seats_back(session, person, links=links, actor=actor, now=now)
    for hook in hooks:
        for one in person.login_ids:
            hook(session, one)
    certificates.withhold(session, person.login_ids, person.keys, now)
    _forget_places(session, person)
    _forget_lists(session, person)
    _forget_emails_and_requests(session, person)
    erased_orders.forget(session, person.login_ids, person.keys, now=now)
    _forget_doings(session, person)
    session.execute(
        update(Login)
        .where(Login.id.in_(person.login_ids))
        .values(
            email=None,
            email_key=None,
            name=ERASED_NAME,
            password_hash=None,
            zone=None,
            language=None,
            confirmed_at=None,
            recovery_email=None,
            recovery_key=None,
            recovery_confirmed_at=None,
            blocked_at=func.coalesce(Login.blocked_at, now),
            blocked_reason=ERASED_AS,
        )
    )
    audit.record(session, "login.erased", person.public_id, actor=actor, now=now)


def _person(session: Session, login_id: int) -> _Person:
    rows = session.execute(
        locked(
            select(Login)
            .where(or_(Login.id == login_id, Login.merged_into == login_id))
            .order_by(Login.id)
        )
    ).scalars()
    logins = {row.id: row for row in rows}
    kept = or_not_found(logins.get(login_id))
    if kept.merged_into is not None:
        raise Conflict(MERGED)
    if kept.seller_role is not None:
        raise Conflict(ON_THE_TEAM)
    if kept.blocked_reason == ERASED_AS and kept.email is None:
        raise Conflict(ERASED_ALREADY)
    further = session.scalars(
        select(LoginAlias.email_key).where(LoginAlias.login_id.in_(list(logins)))
    )
    own = (row.email_key for row in logins.values() if row.confirmed_at is not None)
    keys = {key for key in (*own, *further) if key}
    return _Person(kept.public_id, tuple(logins), tuple(sorted(keys)))


def _leave_waitlists(session: Session, person: _Person, now: datetime) -> None:
    """Take the person off all waitlists first, so that no freed seat is offered to them."""
    session.execute(
        update(WaitingEntry)
        .where(_waits(person), WaitingEntry.ended_at.is_(None))
        .values(ended_at=now, ended_as=WaitingEnd.LEFT)
    )


def _give_seats_back(
    session: Session, person: _Person, *, links: Links, actor: str | None, now: datetime
) -> None:
    seats = session.scalars(
        select(Seat.public_id)
        .join(Assignment, Assignment.seat_id == Seat.id)
        .where(_sits(person), Assignment.ended_at.is_(None))
    ).all()
    release_many(session, seats, AssignmentEnd.ERASED, links=links, actor=actor, now=now)


def _sits(person: _Person) -> ColumnElement[bool]:
    return or_(Assignment.login_id.in_(person.login_ids), Assignment.email_key.in_(person.keys))


def _waits(person: _Person) -> ColumnElement[bool]:
    return or_(WaitingEntry.login_id.in_(person.login_ids), WaitingEntry.email_key.in_(person.keys))


def _forget_places(session: Session, person: _Person) -> None:
    """Remove the address and the name from assignments, waitlists, and attendee lists."""
    first = person.login_ids[0]
    for model, which in ((Assignment, _sits(person)), (WaitingEntry, _waits(person))):
        session.execute(
            update(model)
            .where(which)
            .values(
                login_id=func.coalesce(model.login_id, first), email=None, email_key=None, name=""
            )
        )
    session.execute(
        delete(AccountsPayableAddress).where(AccountsPayableAddress.email_key.in_(person.keys))
    )
    unknown = literal("erased-") + Attendee.public_id
    session.execute(
        update(Attendee)
        .where(Attendee.email_key.in_(person.keys))
        .values(name=ERASED_NAME, email=unknown, email_key=unknown)
    )


def _forget_lists(session: Session, person: _Person) -> None:
    """Remove the person from orders' seats and uploaded lists; a checked past-sales list naming them must be sent again."""
    for listed in (NamedPerson, SeatImportRow, TrainingGroupInvitee):
        session.execute(delete(listed).where(listed.email_key.in_(person.keys)))
    cells = func.lower(PastImportRow.cells)
    named = or_(false(), *(cells.contains(json.dumps(key), autoescape=True) for key in person.keys))
    session.execute(
        delete(PastImport).where(
            PastImport.state == ImportState.CHECKED,
            PastImport.id.in_(select(PastImportRow.import_id).where(named)),
        )
    )
    session.execute(delete(PastImportRow).where(named, PastImportRow.answer == PastAnswer.INVALID))


def _forget_emails_and_requests(session: Session, person: _Person) -> None:
    session.execute(
        delete(Mail).where(
            or_(Mail.login_id.in_(person.login_ids), Mail.recipient_key.in_(person.keys))
        )
    )
    session.execute(delete(MailOptOut).where(MailOptOut.recipient_key.in_(person.keys)))
    session.execute(delete(Subscription).where(Subscription.email_key.in_(person.keys)))
    asked = or_(
        DeskRequest.login_id.in_(person.login_ids), func.lower(DeskRequest.email).in_(person.keys)
    )
    session.execute(
        update(DeskRequest)
        .where(asked)
        .values(name=ERASED_NAME, email="", message="", answer="", note="")
    )
    # A seat request, and the answer to it, may name the person as the one to receive the seat.
    session.execute(
        update(DeskRequest)
        .where(func.lower(DeskRequest.to_email).in_(person.keys))
        .values(to_email=None, to_name="", answer="", note="")
    )


def _forget_doings(session: Session, person: _Person) -> None:
    """Delete their views, notes, assignments, memberships, and all means of signing in."""
    # unreviewed room reports may name anyone, so all are deleted and have to be sent again
    session.execute(delete(RoomReport))
    session.execute(delete(RoomStay).where(RoomStay.key.in_(person.keys)))
    for model in (
        WatchRecord,
        Note,
        Stream,
        Registration,
        RegistrationAnswer,
        LiveJoin,
        RoomStay,
        Attendance,
        Membership,
        MemberInvitation,
        Trainee,
        TrainingGroupMember,
        GroupSupervisor,
        LoginAlias,
        EmailToken,
        SecondFactor,
        RecoveryCode,
    ):
        session.execute(delete(model).where(model.login_id.in_(person.login_ids)))
