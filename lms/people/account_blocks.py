"""Account blocks: block and unblock a login (PRODUCT.md, ACCOUNT_BLOCKED)."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import browser_sessions
from lms.core.errors import N_, Conflict, Forbidden, or_not_found
from lms.core.staff_reasons import checked_reason
from lms.models.accounts import Login
from lms.models.playback import PlaybackEnd
from lms.playback import sessions as playback_sessions

NOT_YOURSELF = N_("You can't block your own account.")
MERGED = N_("This account was merged into another. Block that one.")
NOT_BLOCKED = N_("This account isn't blocked.")


def block(
    session: Session, login_id: int, *, reason: str, actor: str | None, now: datetime
) -> None:
    """Block a login: end its browser sessions and its playback.

    A blocked login keeps its time of blocking and gets the new reason. Raises NotFound for an unknown
    login, Invalid without a reason, Forbidden to block oneself, and Conflict for a merged login.
    """
    kept = checked_reason(reason)
    query = select(Login.public_id, Login.merged_into).where(Login.id == login_id)
    row = or_not_found(session.execute(query).one_or_none())
    if row.public_id == actor:
        raise Forbidden(NOT_YOURSELF)
    if row.merged_into is not None:
        raise Conflict(MERGED)
    session.execute(
        update(Login)
        .where(Login.id == login_id)
        .values(blocked_at=func.coalesce(Login.blocked_at, now), blocked_reason=kept)
    )
    playback_sessions.end_for_login(session, login_id, ended_as=PlaybackEnd.BLOCKED, now=now)
    browser_sessions.end_all(session, login_id, now=now)
    audit.record(session, "login.blocked", row.public_id, actor=actor, now=now)


def unblock(session: Session, login_id: int, *, actor: str | None, now: datetime) -> None:
    """Unblock a login; raises NotFound for an unknown one, Conflict if it isn't blocked."""
    public_id = or_not_found(session.scalar(select(Login.public_id).where(Login.id == login_id)))
    done = session.scalar(
        update(Login)
        .where(Login.id == login_id, Login.blocked_at.is_not(None))
        .values(blocked_at=None, blocked_reason=None)
        .returning(Login.id)
    )
    if done is None:
        raise Conflict(NOT_BLOCKED)
    audit.record(session, "login.unblocked", public_id, actor=actor, now=now)
