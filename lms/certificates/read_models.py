"""Read models of certificates: one by its public ID, and all of a person's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, func, or_, select, union
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.core.errors import or_not_found
from lms.core.list_queries import gathered
from lms.models.accounts import Login, LoginAlias
from lms.models.catalog import Webinar
from lms.models.certificates import Certificate, CertificateKind
from lms.models.group_showings import Attendee
from lms.models.seats import Assignment, Pool
from lms.seats.watch_progress import covers


class Status(StrEnum):
    """The status shown to a person who verifies a certificate."""

    VALID = "valid"
    REVOKED = "revoked"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate as issued, and its status; `holder` is "" once withheld."""

    public_id: str
    kind: CertificateKind
    holder: str
    title: str
    slug: str
    presenters: str
    credit_minutes: int
    zone: str
    language: str
    earned_at: datetime
    issued_at: datetime
    reason: str
    revoked_at: datetime | None
    revoked_reason: str | None
    replaced_at: datetime | None
    withheld_at: datetime | None

    @property
    def status(self) -> Status:
        """Return whether it is valid, revoked or corrected."""
        if self.revoked_at is not None:
            return Status.REVOKED
        return Status.VALID if self.replaced_at is None else Status.CORRECTED

    @property
    def is_printed(self) -> bool:
        """Return whether it has a PDF and a badge: it is valid, and its name isn't withheld."""
        return self.status is Status.VALID and self.withheld_at is None


@dataclass(frozen=True, slots=True)
class Issued:
    """The public ID of a person's valid certificate for a webinar, None if they have none.

    `by_account` is True if an account of theirs was ever issued one, even if it was revoked.
    """

    valid: str | None
    by_account: bool


FACTS: Final = select(
    Certificate.public_id,
    Certificate.kind,
    Certificate.holder,
    Certificate.title,
    Webinar.slug,
    Certificate.presenters,
    Certificate.credit_minutes,
    Certificate.zone,
    Certificate.language,
    Certificate.earned_at,
    Certificate.issued_at,
    Certificate.reason,
    Certificate.revoked_at,
    Certificate.revoked_reason,
    Certificate.replaced_at,
    Certificate.withheld_at,
).join_from(Certificate, Webinar, Webinar.id == Certificate.webinar_id)

_PERSON: Final = bindparam("person", type_=Login.id.type)
_keys = union(
    select(Login.email_key.label("key")).where(
        Login.id.in_(logins_of(_PERSON)), Login.confirmed_at.is_not(None)
    ),
    select(LoginAlias.email_key).where(LoginAlias.login_id.in_(logins_of(_PERSON))),
).subquery()
# NULL keys are excluded and coalesced: a NULL in the subquery would make the condition unknown.
_seen_together = select(Attendee.id).where(
    Attendee.email_key.in_(select(func.coalesce(_keys.c.key, "")).where(_keys.c.key.is_not(None)))
)
_is_theirs: Final = or_(
    Certificate.login_id.in_(logins_of(_PERSON)),
    Certificate.attendee_id.in_(_seen_together),
)
_ALL_OF_PERSON: Final = FACTS.where(_is_theirs)
_OWN: Final = _ALL_OF_PERSON.where(Certificate.replaced_at.is_(None)).order_by(
    Certificate.earned_at.desc(), Certificate.id.desc()
)
_HISTORY: Final = _ALL_OF_PERSON.order_by(Certificate.issued_at.desc(), Certificate.id.desc())
# What a person was issued for a webinar in a column; takes the parameters `person` and `webinar`.
issued_rows: Final = gathered(
    select(
        Certificate.public_id,
        Certificate.login_id.is_not(None).label("by_account"),
        and_(Certificate.revoked_at.is_(None), Certificate.replaced_at.is_(None)).label("is_valid"),
    )
    .where(_is_theirs, Certificate.webinar_id == bindparam("webinar", type_=Webinar.id.type))
    .order_by(Certificate.id)
)


def read_certificate(session: Session, public_id: str) -> CertificateFacts:
    """Return a certificate by its public ID, revoked or not; raises NotFound."""
    row = session.execute(FACTS.where(Certificate.public_id == public_id)).one_or_none()
    return facts_of_row(or_not_found(row))


def list_own(session: Session, login_id: int) -> tuple[CertificateFacts, ...]:
    """Return a person's certificates except corrected ones, the latest earned first.

    Over all their logins, and from group viewings under any of their confirmed addresses.
    """
    rows = session.execute(_OWN, {"person": login_id})
    return tuple(facts_of_row(row) for row in rows)


def issued_of(rows: Sequence[Sequence[Any]] | None) -> Issued:
    """Return what is in the column `issued_rows`."""
    valid = next((public_id for public_id, _, is_valid in rows or () if is_valid), None)
    return Issued(valid, any(by_account for _, by_account, _ in rows or ()))


def list_siblings(session: Session, public_id: str) -> tuple[CertificateFacts, ...]:
    """Return all certificates of the same recipient for the same webinar, the latest first."""
    row = session.execute(
        select(Certificate.login_id, Certificate.attendee_id, Certificate.webinar_id).where(
            Certificate.public_id == public_id
        )
    ).one()
    theirs: ColumnElement[bool]
    if row.login_id is not None:
        theirs = Certificate.login_id.in_(logins_of(row.login_id))
    elif row.attendee_id is not None:
        theirs = Certificate.attendee_id == row.attendee_id
    else:
        theirs = Certificate.public_id == public_id
    rows = session.execute(
        FACTS.where(theirs, Certificate.webinar_id == row.webinar_id).order_by(
            Certificate.id.desc()
        )
    )
    return tuple(facts_of_row(each) for each in rows)


def list_history(session: Session, login_id: int) -> tuple[CertificateFacts, ...]:
    """Return all certificates ever issued to a person, including corrected ones, the latest first."""
    rows = session.execute(_HISTORY, {"person": login_id})
    return tuple(facts_of_row(row) for row in rows)


def sum_credit(facts: tuple[CertificateFacts, ...]) -> int:
    """Return the valid minutes of continuing education, counting each webinar once."""
    of_webinar: dict[str, int] = {}
    for each in facts:
        if each.status is Status.VALID:
            of_webinar[each.slug] = max(each.credit_minutes, of_webinar.get(each.slug, 0))
    return sum(of_webinar.values())


def facts_of_row(row: Row[*tuple[Any, ...]]) -> CertificateFacts:
    """Return a row of `FACTS` as CertificateFacts."""
    return CertificateFacts(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name)


def list_in_seat(session: Session, assignment_id: int) -> tuple[CertificateFacts, ...]:
    """Return the valid certificates that a person earned in a seat, the latest first.

    Only those for what the pool covers, earned by the end of the assignment, over merged logins.
    """
    person = select(Assignment.login_id).where(Assignment.id == assignment_id).scalar_subquery()
    covered = exists().where(
        Assignment.id == assignment_id,
        Pool.id == Assignment.pool_id,
        covers(Certificate),
    )
    ended_at = select(Assignment.ended_at).where(Assignment.id == assignment_id).scalar_subquery()
    rows = session.execute(
        FACTS.where(
            Certificate.login_id.in_(logins_of(person)),
            covered,
            Certificate.revoked_at.is_(None),
            Certificate.replaced_at.is_(None),
            or_(ended_at.is_(None), Certificate.earned_at <= ended_at),
        ).order_by(Certificate.earned_at.desc(), Certificate.id.desc())
    )
    return tuple(facts_of_row(row) for row in rows)
