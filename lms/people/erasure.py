"""Erasure of a person: frees their seats and deletes their personal data (PRODUCT.md, I5).

The login's row stays without name and address, so that what was sold and shown keeps its sums.
Documents are kept for the legal time with what they say, with the tax papers that go with them, and
orders and payments with their amounts and days (MONEY.md, M21). Audit rows hold ids alone.
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
from lms.core.errors import N_, Conflict, NotFound
from lms.mail.links import Links
from lms.models.accounts import EmailToken, Login, LoginAlias, RecoveryCode, SecondFactor
from lms.models.group_showings import Attendee
from lms.models.live import Attendance, LiveJoin, Registration, RoomReport, RoomStay
from lms.models.mail import Mail, MailOptOut
from lms.models.organizations import AccountsPayableAddress, MemberInvitation, Membership
from lms.models.past_sales import PastAnswer, PastImport, PastImportRow
from lms.models.playback import Note, PlaybackEnd, Stream, WatchRecord
from lms.models.requests import DeskRequest
from lms.models.seat_imports import ImportState, SeatImportRow
from lms.models.seats import Assignment, AssignmentEnd, Seat, WaitingEntry
from lms.models.training import GroupSupervisor, Trainee, TrainingGroupMember
from lms.organizations import manager_and_owner_permissions
from lms.people import erased_orders
from lms.people.erased_orders import ERASED_NAME as ERASED_NAME
from lms.playback import sessions as playback_sessions
from lms.seats.claims import release_many

OnErase = Callable[[Session, int], None]

ON_THE_TEAM: Final = N_(
    "An account on our team can't be deleted. Ask an owner to remove its role first."
)
MERGED: Final = N_("This log-in was merged into another. Erase that one; both go together.")
ERASED_ALREADY: Final = N_("This person was erased before.")
LEADS_ALONE: Final = N_(
    "%(organizations)s would be left without an owner. Make somebody else an owner there first."
)
ERASED_AS: Final = "Erased on request."


@dataclass(frozen=True, slots=True)
class _Person:
    """One person: every login that is theirs, and every address that is surely theirs."""

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

    Whatever they play stops, their seats are free for others, and nobody signs in by it again.
    `hooks` are what the parts do in the same transaction. Raises NotFound for a login that is
    none, Conflict for staff, for one that was merged into another, who was erased before, or
    without whom an organization of several people would have no owner.
    """
    person = _person(session, login_id)
    manager_and_owner_permissions.hold_owners(session, login_id)
    if left := manager_and_owner_permissions.led_alone(session, login_id):
        named = ", ".join(each.name for each in left)
        raise Conflict(LEADS_ALONE % {"organizations": named}, code="last_owner")
    for one in person.login_ids:
        playback_sessions.end_for_login(session, one, ended_as=PlaybackEnd.CLOSED, now=now)
        browser_sessions.end_all(session, one, now=now)
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
            confirmed_at=None,
            recovery_email=None,
            recovery_key=None,
            recovery_confirmed_at=None,
            blocked_at=func.coalesce(Login.blocked_at, now),
            blocked_reason=ERASED_AS,
        )
        .execution_options(synchronize_session=False)
    )
    audit.record(session, "login.erased", person.public_id, actor=actor, now=now)


def _person(session: Session, login_id: int) -> _Person:
    rows = session.execute(
        select(Login)
        .where(or_(Login.id == login_id, Login.merged_into == login_id))
        .order_by(Login.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars()
    logins = {row.id: row for row in rows}
    kept = logins.get(login_id)
    if kept is None:
        raise NotFound
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


def _forget_places(session: Session, person: _Person) -> None:
    """Take the address and the name from what seats, lists and rooms remember."""
    silently = {"synchronize_session": False}
    first = person.login_ids[0]
    for model, which in (
        (Assignment, _sits(person)),
        (
            WaitingEntry,
            or_(
                WaitingEntry.login_id.in_(person.login_ids),
                WaitingEntry.email_key.in_(person.keys),
            ),
        ),
    ):
        session.execute(
            update(model)
            .where(which)
            .values(
                login_id=func.coalesce(model.login_id, first), email=None, email_key=None, name=""
            )
            .execution_options(**silently)
        )
    session.execute(
        delete(AccountsPayableAddress)
        .where(AccountsPayableAddress.email_key.in_(person.keys))
        .execution_options(**silently)
    )
    unknown = literal("erased-") + Attendee.public_id
    session.execute(
        update(Attendee)
        .where(Attendee.email_key.in_(person.keys))
        .values(name=ERASED_NAME, email=unknown, email_key=unknown)
        .execution_options(**silently)
    )


def _forget_lists(session: Session, person: _Person) -> None:
    """Take the person out of lists that were sent: one of the past that waits is sent again without."""
    silently = {"synchronize_session": False}
    session.execute(
        delete(SeatImportRow)
        .where(SeatImportRow.email_key.in_(person.keys))
        .execution_options(**silently)
    )
    cells = func.lower(PastImportRow.cells)
    named = or_(false(), *(cells.contains(json.dumps(key), autoescape=True) for key in person.keys))
    session.execute(
        delete(PastImport)
        .where(
            PastImport.state == ImportState.CHECKED,
            PastImport.id.in_(select(PastImportRow.import_id).where(named)),
        )
        .execution_options(**silently)
    )
    session.execute(
        delete(PastImportRow)
        .where(named, PastImportRow.answer == PastAnswer.INVALID)
        .execution_options(**silently)
    )


def _forget_emails_and_requests(session: Session, person: _Person) -> None:
    silently = {"synchronize_session": False}
    session.execute(
        delete(Mail)
        .where(or_(Mail.login_id.in_(person.login_ids), Mail.recipient_key.in_(person.keys)))
        .execution_options(**silently)
    )
    session.execute(delete(MailOptOut).where(MailOptOut.recipient_key.in_(person.keys)))
    asked = or_(
        DeskRequest.login_id.in_(person.login_ids), func.lower(DeskRequest.email).in_(person.keys)
    )
    session.execute(
        update(DeskRequest)
        .where(asked)
        .values(name=ERASED_NAME, email="", message="", answer="", note="")
        .execution_options(**silently)
    )
    # Whom somebody else named for a seat stands in that request, and in the answer to it.
    session.execute(
        update(DeskRequest)
        .where(func.lower(DeskRequest.to_email).in_(person.keys))
        .values(to_email=None, to_name="", answer="", note="")
        .execution_options(**silently)
    )


def _forget_doings(session: Session, person: _Person) -> None:
    """Delete what they watched, noted, were assigned and belonged to, and every way in."""
    # reports of rooms that wait to be looked at name anybody; they are sent again
    session.execute(delete(RoomReport))
    session.execute(delete(RoomStay).where(RoomStay.key.in_(person.keys)))
    for model in (
        WatchRecord,
        Note,
        Stream,
        Registration,
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
        session.execute(
            delete(model)
            .where(model.login_id.in_(person.login_ids))
            .execution_options(synchronize_session=False)
        )
