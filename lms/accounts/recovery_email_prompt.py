"""The recovery email prompt: who should be asked to add one (PRODUCT.md, I1)."""

from typing import Final

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.seats import Assignment, AssignmentState, Pool

_GRANTED: Final = exists().where(
    Grant.login_id.in_(logins_of(bindparam("person"))),
    Grant.ends_at.is_(None),
    Grant.revoked_at.is_(None),
)
_SEATED: Final = (
    select(Assignment.id)
    .join(Pool, Pool.id == Assignment.pool_id)
    .where(
        Assignment.login_id.in_(logins_of(bindparam("person"))),
        Assignment.state == AssignmentState.CLAIMED,
        Pool.is_permanent.is_(True),
    )
    .exists()
)
_HAS_ONE_MAILBOX: Final = exists().where(
    Login.id == bindparam("person"), Login.email.is_not(None), Login.recovery_confirmed_at.is_(None)
)
# Whether to ask a person; takes the parameter `person`.
ASKS_FOR_RECOVERY: Final = _HAS_ONE_MAILBOX & (_GRANTED | _SEATED)
_ASKS: Final = select(ASKS_FOR_RECOVERY)


def asks_for_recovery(session: Session, login_id: int) -> bool:
    """Return whether a person has permanent access but only one confirmed address.

    Permanent access is a grant without an end, or a seat of a permanent pool. People without an
    address come from an LMS and aren't asked.
    """
    return bool(session.scalar(_ASKS, {"person": login_id}))
