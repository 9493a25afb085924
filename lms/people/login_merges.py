"""Login merges: merge two logins of one person, and undo it (PRODUCT.md, I2).

`merged_into` of the merged login names the kept one. Decisions and progress read both, and signing in
with the address or the password of either opens the kept login.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import browser_sessions
from lms.certificates import rules_and_attendance_minutes as certificate_rules
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.mail import link_tokens_and_codes
from lms.models.accounts import EmailPurpose, Login, LoginAlias, SellerRole
from lms.models.playback import PlaybackEnd
from lms.playback import sessions as playback_sessions

OnMerge = Callable[[Session, int, int], None]

WITH_ITSELF = N_("Choose a different account.")
MERGED_ALREADY = N_(
    "This account was already merged. Undo that first, or choose the account it was merged into."
)
KEPT_IS_MERGED = N_("The account to keep was merged into another. Keep that one instead.")
HAS_MERGED = N_("Other accounts were merged into this one. Keep it, or undo those merges first.")
ON_THE_TEAM = N_("One of these accounts is on our team. Ask an owner to remove its role first.")
IS_BLOCKED = N_("One of the accounts is blocked. Unblock it first.")
IS_UNCONFIRMED = N_("The email address of one account was never confirmed.")
NOT_MERGED = N_("This account isn't merged.")


@dataclass(frozen=True, slots=True)
class _Side:
    id: int
    public_id: str
    merged_into: int | None
    seller_role: SellerRole | None
    blocked_at: datetime | None
    email: str | None
    confirmed_at: datetime | None


def check_merge(session: Session, *, kept: str, merged: str) -> None:
    """Raise the error that prevents merging these two logins, given by their public IDs.

    NotFound for an unknown login; Invalid if they are the same; Conflict if one was merged before
    (there are no chains), is blocked, was never confirmed, or is on the team. Takes no locks.
    """
    _pair(session, kept, merged, locks=False)


def merge(  # noqa: PLR0913  (the two logins, the hooks, and the actor)
    session: Session,
    *,
    kept: str,
    merged: str,
    hooks: Sequence[OnMerge],
    actor: str | None,
    now: datetime,
    can_sign_in: bool = True,
) -> None:
    """Merge `merged` into `kept`, given by their public IDs, and end the merged login's browser sessions.

    If either has a second factor, both need it: the kept login's browser sessions without a second step
    are ended, too.

    Links and codes emailed to the merged login stop working, and so do links for a first password or an
    earlier address emailed to the kept one, because it opens more now. `hooks` let components act in the same
    transaction. `can_sign_in` is False for a merged login that never opens anything, like that of an order
    before its buyer's address is confirmed: only such a one can be merged into an account on the team.
    Raises as `check_merge` does.
    """
    stays, goes = _pair(session, kept, merged, locks=True, can_sign_in=can_sign_in)
    session.execute(update(Login).where(Login.id == goes.id).values(merged_into=stays.id))
    link_tokens_and_codes.void(session, goes.id, *EmailPurpose, now=now)
    link_tokens_and_codes.void_before_power(session, [stays.id], actor=actor, now=now)
    playback_sessions.end_for_login(session, goes.id, ended_as=PlaybackEnd.SIGNED_OUT, now=now)
    browser_sessions.end_all(session, goes.id, now=now)
    if browser_sessions.has_second_factor(session, goes.id):  # both logins need it now
        browser_sessions.end_without_second_step(session, stays.id, now=now)
    for hook in hooks:
        hook(session, stays.id, goes.id)
    certificate_rules.look_at_person_again(session, stays.id)
    audit.record(session, "login.merged", merged, actor=actor, now=now, detail={"into": kept})


def unmerge(session: Session, merged: str, *, actor: str | None, now: datetime) -> None:
    """Separate a merged login again, with all its access and progress.

    The kept login's playback is revoked; its player restarts automatically with its own access only. If
    the merged login had an address, which opened the kept one, the kept login's browser sessions end,
    and links and codes emailed to it stop working. Raises NotFound for an unknown login, Conflict for
    one that isn't merged.
    """
    query = (
        select(Login.id, Login.merged_into, Login.email_key)
        .where(Login.public_id == merged)
        .with_for_update()
    )
    row = or_not_found(session.execute(query).one_or_none())
    if row.merged_into is None:
        raise Conflict(NOT_MERGED)
    kept = session.scalar(select(Login.public_id).where(Login.id == row.merged_into))
    session.execute(update(Login).where(Login.id == row.id).values(merged_into=None))
    certificate_rules.look_at_person_again(session, row.id)
    certificate_rules.look_at_person_again(session, row.merged_into)
    playback_sessions.end_for_login(session, row.merged_into, ended_as=PlaybackEnd.REVOKED, now=now)
    further = select(exists().where(LoginAlias.login_id == row.id))
    if row.email_key is not None or session.scalar(further):
        browser_sessions.end_ways_in(session, row.merged_into, now=now)
    audit.record(session, "login.unmerged", merged, actor=actor, now=now, detail={"from": kept})


def _pair(
    session: Session, kept: str, merged: str, *, locks: bool, can_sign_in: bool = True
) -> tuple[_Side, _Side]:
    """Check both rows; merging also locks them, so that two merges at once can't make a chain."""
    if kept == merged:
        raise Invalid(WITH_ITSELF, field="other")
    both = (
        select(
            Login.id,
            Login.public_id,
            Login.merged_into,
            Login.seller_role,
            Login.blocked_at,
            Login.email,
            Login.confirmed_at,
        )
        .where(Login.public_id.in_((kept, merged)))
        .order_by(Login.id)
    )
    rows = session.execute(both.with_for_update() if locks else both)
    found = {row.public_id: _Side(*row) for row in rows}
    if len(found) < 2:
        raise NotFound
    stays, goes = found[kept], found[merged]
    has_merged = session.scalar(select(exists().where(Login.merged_into == goes.id)))
    for is_so, sentence in (
        (goes.merged_into is not None, MERGED_ALREADY),
        (stays.merged_into is not None, KEPT_IS_MERGED),
        (has_merged, HAS_MERGED),
        (goes.seller_role or (stays.seller_role and can_sign_in), ON_THE_TEAM),
        (stays.blocked_at or goes.blocked_at, IS_BLOCKED),
        (_is_begun(stays) or _is_begun(goes), IS_UNCONFIRMED),
    ):
        if is_so:
            raise Conflict(sentence)
    return stays, goes


def _is_begun(row: _Side) -> bool:
    return row.email is not None and row.confirmed_at is None
