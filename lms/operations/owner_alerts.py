"""Owner alerts: emails to each owner about stalled lanes, and about faults that risk what is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_roughly
from lms.core.errors import N_
from lms.jobs.stalled_lanes import Stalled
from lms.mail.links import Links
from lms.mail.outbox import post
from lms.models.accounts import Login, SellerRole
from lms.operations.findings import Finding, State
from lms.operations.health_checks import LANES

STALLED: Final = "lanes_stalled"
FAULTS: Final = "health_faults"
WORKER: Final = "worker"
HEALTH: Final = "/staff/system-health"
ALERTED: Final = (WORKER, "disk", "backup", "copy", "drill")

Values = Mapping[str, object]


def post_stalled(
    session: Session, stalled: Sequence[Stalled], *, links: Links, now: datetime
) -> None:
    """Notify each owner of stalled lanes, once for as long as the same ones stall."""
    first = min(one.since for one in stalled)
    lanes = [
        {"lane": LANES[one.lane], "waiting": one.waiting, "ago": say_roughly(now - one.since)}
        for one in stalled
    ]
    subject = N_("Background jobs or emails have stopped")
    values = {"lanes": lanes, "action_url": links.page(HEALTH)}
    _post(session, STALLED, subject, values, key=f"{first:%Y-%m-%dT%H:%M:%S}", now=now)


def faults_to_tell(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that an owner must hear of though they don't look at System health.

    Stalled lanes and balances that differ have emails of their own.
    """
    return tuple(one for one in found if one.name in ALERTED and one.state is State.FAULT)


def post_faults(
    session: Session, faults: Sequence[Finding], *, links: Links, now: datetime
) -> None:
    """Notify each owner of faults, once a day for as long as the same ones last."""
    told = [{"text": one.text, "advice": one.advice} for one in faults]
    subject = N_("Your site has a problem that needs to be fixed")
    values = {"faults": told, "action_url": links.page(HEALTH)}
    names = "+".join(sorted(one.name for one in faults))
    _post(session, FAULTS, subject, values, key=f"{names}:{now:%Y-%m-%d}", now=now)


def _post(
    session: Session, kind: str, subject: str, values: Values, *, key: str, now: datetime
) -> None:
    """Email each owner, unless they got one of this kind with this key."""
    owners = select(Login.id, Login.public_id, Login.email).where(
        Login.seller_role == SellerRole.OWNER, Login.blocked_at.is_(None)
    )
    for login_id, public_id, email in session.execute(owners).all():
        if email is not None:
            post(
                session,
                kind=kind,
                to=email,
                login_id=login_id,
                subject=subject,
                values=values,
                now=now,
                unique_key=f"{kind}:{key}:{public_id}",
            )
