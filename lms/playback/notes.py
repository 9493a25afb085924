"""Private notes of a person on a webinar, each at a time in its recording.

They belong to the webinar, so a new version of the recording keeps them, and to the login that wrote
them; merged logins (PRODUCT.md, I2) see each other's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.core.list_queries import read_columns
from lms.models.catalog import Webinar
from lms.models.playback import Note
from lms.playback.watch_records import whose

LONGEST: Final = 4000
LATEST_S: Final = 7 * 24 * 3600.0
MOST: Final = 1000
# A deleted note can be restored for an hour.
KEPT_DELETED: Final = timedelta(hours=1)

EMPTY: Final = N_("Enter a note.")
TOO_LONG: Final = N_("Notes can have up to 4,000 characters. Split this one into two.")
NO_MOMENT: Final = N_("Enter a time in minutes and seconds, like 12:34.")
TOO_MANY: Final = N_("You reached the limit of 1,000 notes on this webinar. Delete some first.")


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """A note; `at_s` is its time in the recording, in seconds."""

    public_id: str
    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class OwnNote:
    """A note with the title of its webinar, for its author's data export."""

    webinar: str
    at_s: float
    text: str
    written_at: datetime


_NOTES = (
    select(Note.public_id, Note.at_s, Note.text)
    .where(
        Note.login_id.in_(whose),
        Note.webinar_id == bindparam("webinar_id"),
        Note.deleted_at.is_(None),
    )
    .order_by(Note.at_s, Note.id)
)
_OWN = (
    select(Webinar.title, Note.at_s, Note.text, Note.written_at)
    .join_from(Note, Webinar, Webinar.id == Note.webinar_id)
    .where(Note.login_id.in_(whose), Note.deleted_at.is_(None))
    .order_by(Webinar.title, Note.at_s, Note.id)
)


def read_notes(session: Session, *, login_id: int, webinar_id: int) -> tuple[NoteFacts, ...]:
    """Return a person's notes on a webinar, ordered by their time in the recording."""
    rows = read_columns(session, _NOTES, {"login_id": login_id, "webinar_id": webinar_id})
    return tuple(NoteFacts(*row) for row in rows)


def list_own(session: Session, login_id: int) -> tuple[OwnNote, ...]:
    """Return all notes of a person, merged logins included, by webinar."""
    return tuple(OwnNote(*row) for row in session.execute(_OWN, {"login_id": login_id}))


def write(
    session: Session, *, login_id: int, webinar_id: int, at_s: float, text: str, now: datetime
) -> str:
    """Store a new note and return its public ID; raises Invalid, and Conflict at the limit."""
    kept = _checked(at_s, text)
    counted = (
        select(func.count())
        .select_from(Note)
        .where(Note.login_id == login_id, Note.webinar_id == webinar_id)
    )
    if session.scalars(counted).one() >= MOST:
        raise Conflict(TOO_MANY)
    note = Note(
        login_id=login_id,
        webinar_id=webinar_id,
        at_s=at_s,
        text=kept,
        written_at=now,
    )
    session.add(note)
    session.flush()
    return note.public_id


def change(session: Session, public_id: str, *, login_id: int, at_s: float, text: str) -> None:
    """Edit a person's own note; raises NotFound, Invalid."""
    _set(
        session,
        public_id,
        login_id,
        Note.deleted_at.is_(None),
        {"at_s": at_s, "text": _checked(at_s, text)},
    )


def take_away(session: Session, public_id: str, *, login_id: int, now: datetime) -> None:
    """Delete a person's own note; it can be restored for an hour. Raises NotFound."""
    _set(session, public_id, login_id, Note.deleted_at.is_(None), {"deleted_at": now})


def put_back(session: Session, public_id: str, *, login_id: int) -> None:
    """Restore a deleted note; raises NotFound once it is permanently deleted."""
    _set(session, public_id, login_id, Note.deleted_at.is_not(None), {"deleted_at": None})


def webinar_of(session: Session, public_id: str, *, login_id: int) -> str:
    """Return the slug of the webinar of a person's own note; raises NotFound."""
    named = (
        select(Webinar.slug)
        .join_from(Note, Webinar, Webinar.id == Note.webinar_id)
        .where(Note.public_id == public_id, Note.login_id.in_(whose))
    )
    return or_not_found(session.execute(named, {"login_id": login_id}).scalar())


def forget_old(session: Session, *, now: datetime) -> None:
    """Permanently delete notes that were deleted more than an hour ago."""
    session.execute(delete(Note).where(Note.deleted_at <= now - KEPT_DELETED))


def _checked(at_s: float, text: str) -> str:
    faults = {}
    kept = text.replace("\r\n", "\n").strip()
    if not kept:
        faults["text"] = EMPTY
    if len(kept) > LONGEST:
        faults["text"] = TOO_LONG
    if not 0 <= at_s <= LATEST_S:
        faults["at"] = NO_MOMENT
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)
    return kept


def _set(
    session: Session,
    public_id: str,
    login_id: int,
    stands: ColumnElement[bool],
    values: dict[str, object],
) -> None:
    own = select(Note.id).where(Note.public_id == public_id, Note.login_id.in_(whose))
    changed = session.execute(
        update(Note)
        .where(Note.id == session.execute(own, {"login_id": login_id}).scalar(), stands)
        .values(values)
        .returning(Note.id)
    )
    if changed.first() is None:
        raise NotFound
