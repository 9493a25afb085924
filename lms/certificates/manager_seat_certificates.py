"""Seat certificates for managers: those a person earned in a seat (PRODUCT.md, Privacy)."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.certificates.read_models import FACTS, CertificateFacts, facts_of_row
from lms.models.certificates import Certificate
from lms.models.seats import Assignment, Pool
from lms.seats.watch_progress import covers


def list_in_seat(session: Session, assignment_id: int) -> tuple[CertificateFacts, ...]:
    """Return the valid certificates that a person earned in a seat, the latest first.

    Only those for what the pool covers, earned by the end of the assignment, over merged logins.
    """
    person = select(Assignment.login_id).where(Assignment.id == assignment_id).scalar_subquery()
    covered = exists().where(
        Assignment.id == assignment_id,
        Pool.id == Assignment.pool_id,
        covers(Pool, Certificate),
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
