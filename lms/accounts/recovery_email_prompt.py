"""The recovery email prompt: who should be asked to add one (PRODUCT.md, I1)."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.seats import Assignment, AssignmentState, Pool


def asks_for_recovery(session: Session, login_id: int) -> bool:
    """Return whether a person has permanent access but only one confirmed address.

    Permanent access is a grant without an end, or a seat of a permanent pool. People without an
    address come from an LMS and aren't asked.
    """
    theirs = logins_of(login_id)
    granted = exists().where(
        Grant.login_id.in_(theirs), Grant.ends_at.is_(None), Grant.revoked_at.is_(None)
    )
    seated = (
        select(Assignment.id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            Assignment.login_id.in_(theirs),
            Assignment.state == AssignmentState.CLAIMED,
            Pool.is_permanent.is_(True),
        )
        .exists()
    )
    has_one_mailbox = exists().where(
        Login.id == login_id, Login.email.is_not(None), Login.recovery_confirmed_at.is_(None)
    )
    return bool(session.scalar(select(has_one_mailbox & (granted | seated))))
