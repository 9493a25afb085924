"""Entitlement to a group viewing: which order allows it, until when (PRODUCT.md, G2, R1)."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.grant_paths import grant_facts
from lms.access.policy import (
    ADMITTING,
    WITHDRAWN,
    Action,
    Admitted,
    Code,
    Decision,
    LoginFacts,
    decide,
)
from lms.accounts import login_lookup
from lms.core.errors import N_, Gone
from lms.models.grants import Grant

TAKEN_DOWN = N_("This webinar was removed and is no longer available.")
TAKEN_BACK = N_(
    "The order for this group viewing was refunded or is in dispute, so the viewing ended."
)
_grant = Grant.__table__.c
_SHOWS: Final = (
    select(_grant.id)
    .where(_grant.public_id.in_(bindparam("admitting", expanding=True)))
    .order_by(_grant.id)
    .limit(1)
)


def grant_to_show(session: Session, login_id: int, webinar_id: int, *, now: datetime) -> int | None:
    """Return the grant (row id) with which a person can host a group viewing now, or None."""
    case = load_case(session, login_id=login_id, webinar_id=webinar_id)
    showings = admitting_showings(decide(case.login, case.webinar, Action.HANDOUT, now))
    return session.scalar(_SHOWS, {"admitting": showings}) if showings else None


def admitting_showings(decision: Decision) -> tuple[str, ...]:
    """Return the grants (public IDs) with which a person, admitted to the handouts, can host a group viewing."""
    if not isinstance(decision, Admitted):
        return ()
    return tuple(
        each.grant.public_id
        for each in decision.candidates
        if each.code in ADMITTING and each.grant.is_showing
    )


def must_stand(session: Session, login_id: int, webinar_id: int, grant: str, now: datetime) -> None:
    """Raise Gone for a removed webinar, or if the order of a group viewing was refunded or disputed.

    Attendees keep their slides if the host is blocked or replaced, also by one who can't show it yet.
    """
    row = session.scalars(select(Grant).where(Grant.public_id == grant)).one()
    holder = login_lookup.kept_login(session, row.login_id or login_id)
    case = load_case(session, login_id=holder, webinar_id=webinar_id)
    host = LoginFacts(holder, None, (grant_facts(row, place=None),))
    decision = decide(host, case.webinar, Action.HANDOUT, now)
    if decision.code is Code.WEBINAR_PULLED:
        raise Gone(TAKEN_DOWN)
    if any(each.code in WITHDRAWN for each in decision.candidates):
        raise Gone(TAKEN_BACK)
