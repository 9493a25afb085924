"""Attendees of a group showing: add, correct, and remove them (PRODUCT.md, G2)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.certificates import group_showing_certificates
from lms.core.database import insert_into
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.core.model_base import new_public_id
from lms.group_showings.attendee_list_parser import Guest
from lms.group_showings.entitlement import must_stand
from lms.group_showings.showings import LONGEST_NAME, ShowingFacts
from lms.mail import outbox as mail_outbox
from lms.mail.link_tokens_and_codes import hash_secret
from lms.mail.links import Links
from lms.models.group_showings import Attendee, EnteredBy
from lms.models.mail import Mail

MOST_PEOPLE: Final = 1000
SLIDES: Final = "group_showing_slides"
# Nobody is to be pestered through a roster: so many letters an address, whoever hosts.
MOST_LETTERS: Final = 3
COUNTED_FOR: Final = timedelta(days=1)
ACTS: Final = {
    "entered": "showing.person_entered",
    "corrected": "showing.person_corrected",
    "removed": "showing.person_removed",
}
ENOUGH_LETTERS = N_(
    "%(email)s was sent the slides three times today, so no further letter goes there before"
    " tomorrow. Ask them to look among spam."
)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody on the roster."""

    public_id: str
    name: str
    email: str
    entered_by: EnteredBy
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Mended:
    """Somebody on the roster, by their outside id, and what should stand there."""

    attendee: str
    guest: Guest


def roster(session: Session, showing: ShowingFacts) -> tuple[Present, ...]:
    """Return who was in the room, in the order of their coming."""
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
    """Return how many people were at each of these showings, where there were any."""
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
    """Put people on the roster and send each the slides; returns how many were new.

    No actor is a person in the room, who enters themselves. An address that is there already is
    left as it is. Raises Invalid (fields `name`, `email`), Conflict for more people than a room
    holds and for an address that was sent enough letters today, and Gone once its order was
    taken back.
    """
    must_stand(session, showing.login_id, showing.webinar_id, showing.grant, now)
    read = [(_named(guest.name), read_address(guest.email)) for guest in guests]
    entered_by = EnteredBy.SELF if actor is None else EnteredBy.HOST
    new: list[str] = []
    for name, address in read:
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
        raise Conflict(N_("A showing holds a thousand people at most."))
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
    """Mend a name or an address; another address is sent a link of its own, the old one ends.

    Raises NotFound, Invalid, Conflict for an address that is on the roster or was sent enough
    letters today, and Gone for another address once the showing's order was taken back.
    """
    row = _attendee(session, showing, mended.attendee)
    name, address = _named(mended.guest.name), read_address(mended.guest.email)
    row.name = name
    session.flush()
    group_showing_certificates.follow_name(session, row.id, name, actor=actor, links=links, now=now)
    _note(session, showing, "corrected", [mended.attendee], actor=actor, now=now)
    if address.key == row.email_key:
        session.flush()
        return
    taken = session.scalar(
        select(Attendee.id).where(
            Attendee.showing_id == showing.id, Attendee.email_key == address.key
        )
    )
    if taken is not None:
        raise Conflict(N_("That address is on the roster already."))
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
    """Take somebody off the roster; their link ends, and so does their certificate. Raises NotFound."""
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
    """Write down who changed the roster, by ids alone."""
    for each in people:
        detail = {"person": each}
        audit.record(session, ACTS[what], showing.public_id, actor=actor, now=now, detail=detail)


def _spare(session: Session, email: str, now: datetime) -> None:
    """Raise Conflict for an address that was sent enough letters of this kind of late."""
    sent = session.scalar(
        select(func.count(Mail.id)).where(
            Mail.recipient_key == read_address(email).key,
            Mail.kind == SLIDES,
            Mail.created_at > now - COUNTED_FOR,
        )
    )
    if (sent or 0) >= MOST_LETTERS:
        raise Conflict(ENOUGH_LETTERS % {"email": email}, code="enough_letters")


def _attendee(session: Session, showing: ShowingFacts, attendee_id: str) -> Attendee:
    row = session.scalar(
        select(Attendee).where(Attendee.public_id == attendee_id, Attendee.showing_id == showing.id)
    )
    if row is None:
        raise NotFound
    return row


def _named(name: str) -> str:
    read = " ".join(name.split())
    if not 0 < len(read) <= LONGEST_NAME:
        sentence = N_("Write a name of at most 200 letters.")
        raise Invalid(sentence, fields={"name": sentence})
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
    subject = N_("The slides of %(title)s") % {"title": showing.title}
    to = guest.email
    mail_outbox.post(
        session, kind=SLIDES, to=to, login_id=None, subject=subject, values=values, now=now
    )
