"""Attendees of a group viewing: add, correct, and remove them (PRODUCT.md, G2)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.certificates import group_showing_certificates
from lms.core.database import insert_into
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import new_public_id
from lms.core.runtime import hash_secret
from lms.group_showings.attendee_list_parser import Guest
from lms.group_showings.entitlement import must_stand
from lms.group_showings.showings import LONGEST_NAME, ShowingFacts
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.group_showings import Attendee, EnteredBy
from lms.models.mail import Mail

MOST_PEOPLE: Final = 1000
SLIDES: Final = "group_showing_slides"
# A host can enter any address, so emails to one address are limited, across all hosts.
MOST_EMAILS: Final = 3
COUNTED_FOR: Final = timedelta(days=1)
ACTS: Final = {
    "entered": "showing.person_entered",
    "corrected": "showing.person_corrected",
    "removed": "showing.person_removed",
}
ENOUGH_EMAILS = N_(
    "We emailed the slides to %(email)s three times today. We can send them again"
    " tomorrow. Ask them to check their spam folder."
)


@dataclass(frozen=True, slots=True)
class Present:
    """A person on a group viewing's list."""

    public_id: str
    name: str
    email: str
    entered_by: EnteredBy
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Mended:
    """A correction of a person on the list (public ID)."""

    attendee: str
    guest: Guest


def roster(session: Session, showing: ShowingFacts) -> tuple[Present, ...]:
    """Return the attendees in the order in which they were added."""
    rows = session.execute(
        select(
            Attendee.public_id,
            Attendee.name,
            Attendee.email,
            Attendee.entered_by,
            Attendee.entered_at,
        )
        .where(Attendee.showing_id == showing.id)
        .order_by(Attendee.id)
    )
    return tuple(Present(*row) for row in rows)


def count_people(session: Session, showing_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of attendees of each group viewing; viewings without any are absent."""
    rows = session.execute(
        select(Attendee.showing_id, func.count())
        .where(Attendee.showing_id.in_(showing_ids))
        .group_by(Attendee.showing_id)
    )
    return {row[0]: row[1] for row in rows}


def enter(
    session: Session,
    showing: ShowingFacts,
    guests: Sequence[Guest],
    *,
    actor: str | None,
    links: Links,
    now: datetime,
) -> int:
    """Add people to the list and email each the slides; return how many were new.

    `actor` None means that a person in the room checked in. Known addresses are left unchanged. Raises
    Invalid (fields `name`, `email`), Conflict for more than 1,000 people or an address that reached its
    daily email limit, Gone after the order was refunded or disputed.
    """
    must_stand(session, showing.login_id, showing.webinar_id, showing.grant, now)
    read = [(_named(guest.name), read_address(guest.email)) for guest in guests]
    entered_by = EnteredBy.SELF if actor is None else EnteredBy.HOST
    new: list[str] = []
    listed = session.scalars(
        select(func.lower(Attendee.email)).where(Attendee.showing_id == showing.id)
    ).all()
    for name, address in read:
        if address.key in listed:  # also if their account has another address since
            continue
        secret = secrets.token_urlsafe(32)
        made = session.scalar(
            insert_into(session, Attendee)
            .values(
                public_id=new_public_id(),
                showing_id=showing.id,
                name=name,
                email=address.shown,
                email_key=address.key,
                entered_by=entered_by,
                token_hash=hash_secret(secret),
                entered_at=now,
            )
            .on_conflict_do_nothing(index_elements=[Attendee.showing_id, Attendee.email_key])
            .returning(Attendee.public_id)
        )
        if made is not None:
            new.append(made)
            _send_slides(session, showing, Guest(name, address.shown), secret, links=links, now=now)
    if new and len(roster(session, showing)) > MOST_PEOPLE:
        raise Conflict(N_("A group viewing can have up to 1,000 people."))
    if new and showing.closed_at is not None:
        group_showing_certificates.ask_for(session, showing.public_id, now=now)
    if new:
        _note(session, showing, "entered", new, actor=actor, now=now)
    return len(new)


def correct(
    session: Session,
    showing: ShowingFacts,
    mended: Mended,
    *,
    actor: str,
    links: Links,
    now: datetime,
) -> None:
    """Correct a name or an address; a new address gets a new link, and the old link stops working.

    Raises NotFound, Invalid, Conflict for an address that is on the list or reached its daily email
    limit, and, for a new address, Gone after the order was refunded or disputed.
    """
    row = _attendee(session, showing, mended.attendee)
    name, address = _named(mended.guest.name), read_address(mended.guest.email)
    row.name = name
    session.flush()
    group_showing_certificates.follow_name(session, row.id, name, actor=actor, links=links, now=now)
    _note(session, showing, "corrected", [mended.attendee], actor=actor, now=now)
    if address.key in (row.email_key, row.email.lower()):
        session.flush()
        return
    is_taken = or_(Attendee.email_key == address.key, func.lower(Attendee.email) == address.key)
    taken = session.scalar(select(Attendee.id).where(Attendee.showing_id == showing.id, is_taken))
    if taken is not None:
        raise Conflict(N_("That address is already on the list."))
    must_stand(session, showing.login_id, showing.webinar_id, showing.grant, now)
    secret = secrets.token_urlsafe(32)
    row.email, row.email_key, row.token_hash = address.shown, address.key, hash_secret(secret)
    session.flush()
    _send_slides(session, showing, Guest(name, address.shown), secret, links=links, now=now)


def remove(
    session: Session,
    showing: ShowingFacts,
    attendee_id: str,
    *,
    actor: str,
    links: Links,
    now: datetime,
) -> None:
    """Remove a person; their link and certificate stop being valid. Raises NotFound."""
    row = _attendee(session, showing, attendee_id)
    group_showing_certificates.follow_removal(session, row.id, actor=actor, links=links, now=now)
    session.delete(row)
    _note(session, showing, "removed", [attendee_id], actor=actor, now=now)
    session.flush()


def _note(
    session: Session,
    showing: ShowingFacts,
    what: str,
    people: Sequence[str],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Record in the audit log who changed the list, by ids only."""
    for each in people:
        detail = {"person": each}
        audit.record(session, ACTS[what], showing.public_id, actor=actor, now=now, detail=detail)


def _spare(session: Session, email: str, now: datetime) -> None:
    """Raise Conflict for an address that reached its daily limit of these emails."""
    sent = session.scalar(
        select(func.count(Mail.id)).where(
            Mail.recipient_key == read_address(email).key,
            Mail.kind == SLIDES,
            Mail.created_at > now - COUNTED_FOR,
        )
    )
    if (sent or 0) >= MOST_EMAILS:
        raise Conflict(ENOUGH_EMAILS % {"email": email}, code="enough_emails")


def _attendee(session: Session, showing: ShowingFacts, attendee_id: str) -> Attendee:
    row = session.scalar(
        select(Attendee).where(Attendee.public_id == attendee_id, Attendee.showing_id == showing.id)
    )
    return or_not_found(row)


def _named(name: str) -> str:
    read = " ".join(name.split())
    if not 0 < len(read) <= LONGEST_NAME:
        raise Invalid(N_("Enter a name of up to 200 characters."), field="name")
    return read


def _send_slides(
    session: Session,
    showing: ShowingFacts,
    guest: Guest,
    secret: str,
    *,
    links: Links,
    now: datetime,
) -> None:
    _spare(session, guest.email, now)
    values = {
        "name": guest.name,
        "title": showing.title,
        "host": showing.host,
        "action_url": links.page(f"/slides/{secret}"),
    }
    subject = N_("Slides for %(title)s") % {"title": showing.title}
    to = guest.email
    mail_outbox.post(
        session, kind=SLIDES, to=to, login_id=None, subject=subject, values=values, now=now
    )
