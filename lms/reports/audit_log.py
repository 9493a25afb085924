"""The audit log report: the filtered audit log, newest first, with current names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, select, text
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of_kept
from lms.accounts.login_lookup import find_known
from lms.core.acting_roles import ActingRole
from lms.core.email_addresses import read_address
from lms.core.errors import Invalid, NotFound
from lms.core.list_queries import Page, count_rows
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Grant
from lms.models.organizations import Organization
from lms.reports.audit_subjects import Thing, name_things

BATCH: Final = 500
ID_LENGTH: Final = 26

# Finds the distinct acts through an index, one step per act: the log can have millions of rows.
_ACTS: Final = text(
    "WITH RECURSIVE acts(act) AS (SELECT min(act) FROM audit_entry UNION ALL"
    " SELECT (SELECT min(act) FROM audit_entry WHERE act > acts.act) FROM acts"
    " WHERE acts.act IS NOT NULL) SELECT act FROM acts WHERE act IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters: an act, the actor and their role, the subject, and the term [since, until).

    `actor` and `about` are as staff type them: an address, a public ID, or a slug. Empty texts are no
    filter.
    """

    act: str = ""
    actor: str = ""
    role: ActingRole | None = None
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with the current names of actor, subject and details, as far as they still exist."""

    id: int
    at: datetime
    act: str
    actor_id: str | None
    role: ActingRole
    subject_id: str
    detail: Mapping[str, str | int | float | bool | None]
    things: Mapping[str, Thing]

    @property
    def actor(self) -> Thing | None:
        """Return the actor, None for the system or a deleted login."""
        return self.things.get(self.actor_id) if self.actor_id else None

    @property
    def subject(self) -> Thing | None:
        """Return the subject, None if it was deleted."""
        return self.things.get(self.subject_id)


def read_trail(
    session: Session, wanted: Wanted, *, offset: int = 0, limit: int = 50
) -> Page[Entry]:
    """Return one page of matching entries, newest first."""
    conditions = _conditions(session, wanted)
    counted = select(AuditEntry.id).where(*conditions)
    rows = session.scalars(
        select(AuditEntry)
        .where(*conditions)
        .order_by(AuditEntry.id.desc())
        .offset(offset)
        .limit(limit)
    ).all()
    return Page(_named(session, rows), count_rows(session, counted))


def read_timeline(session: Session, subjects: Select[str], *, limit: int = 20) -> tuple[Entry, ...]:
    """Return the newest entries about these subjects, a subquery of public IDs."""
    rows = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject.in_(subjects))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    ).all()
    return _named(session, rows)


def stream_trail(session: Session, wanted: Wanted) -> Iterator[Entry]:
    """Yield all matching entries, newest first, reading 500 at a time."""
    conditions = _conditions(session, wanted)
    before: int | None = None
    while True:
        older = () if before is None else (AuditEntry.id < before,)
        rows = session.scalars(
            select(AuditEntry)
            .where(*conditions, *older)
            .order_by(AuditEntry.id.desc())
            .limit(BATCH)
        ).all()
        yield from _named(session, rows)
        if len(rows) < BATCH:
            return
        before = rows[-1].id
        session.expunge_all()


def read_acts(session: Session) -> tuple[str, ...]:
    """Return every act in the log, in alphabetical order."""
    return tuple(session.scalars(_ACTS))


def _named(session: Session, rows: Sequence[AuditEntry]) -> tuple[Entry, ...]:
    ids: set[str] = set()
    for row in rows:
        ids.update(filter(None, (row.actor, row.subject, *_ids_in(row.detail))))
    things = name_things(session, ids)
    return tuple(
        Entry(row.id, row.at, row.act, row.actor, row.role, row.subject, row.detail, things)
        for row in rows
    )


def _ids_in(detail: Mapping[str, object]) -> Iterator[str]:
    for value in detail.values():
        if isinstance(value, str) and len(value) == ID_LENGTH:
            yield value


def _conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.act:
        conditions.append(AuditEntry.act == wanted.act)
    if wanted.role is not None:
        conditions.append(AuditEntry.role == wanted.role)
    if wanted.actor:
        conditions.append(AuditEntry.actor.in_(_logins(session, wanted.actor)))
    if wanted.about:
        conditions.append(AuditEntry.subject.in_(_subjects(session, wanted.about)))
    if wanted.since is not None:
        conditions.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEntry.at < wanted.until)
    return conditions


def _logins(session: Session, typed: str) -> Sequence[str]:
    """Return the public IDs of a person's logins, by an address or an ID."""
    if "@" not in typed:
        return (typed,)
    try:
        known = find_known(session, read_address(typed))
    except (NotFound, Invalid):
        return ()
    theirs = logins_of_kept(known.login_id)
    return session.scalars(select(Login.public_id).where(Login.id.in_(theirs))).all()


def _subjects(session: Session, typed: str) -> Sequence[str]:
    """Return the public IDs that a text refers to: a person and their grants, or anything with that slug."""
    logins = _logins(session, typed)
    held = session.scalars(
        select(Grant.public_id)
        .join(Login, Login.id == Grant.login_id)
        .where(Login.public_id.in_(logins))
    ).all()
    slugged = [
        session.scalar(select(table.public_id).where(table.slug == typed))
        for table in (Webinar, Organization, Presenter, Series)
    ]
    return (*logins, *held, *filter(None, slugged))
