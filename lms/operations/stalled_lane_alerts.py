"""Stalled lane alerts: one email to each owner when a lane has done nothing for ten minutes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import say_roughly
from lms.core.errors import N_
from lms.jobs.stalled_lanes import Stalled
from lms.mail.links import Links
from lms.mail.outbox import post
from lms.models.accounts import Login, SellerRole
from lms.operations.health_checks import LANES

KIND = "lanes_stalled"


def post_alerts(
    session: Session, stalled: Sequence[Stalled], *, links: Links, now: datetime
) -> None:
    """Notify each owner of stalled lanes, once for as long as the same ones stall."""
    owners = select(Login.id, Login.public_id, Login.email).where(
        Login.seller_role == SellerRole.OWNER, Login.blocked_at.is_(None)
    )
    first = min(one.since for one in stalled)
    for login_id, public_id, email in session.execute(owners).all():
        if email is None:
            continue
        post(
            session,
            kind=KIND,
            to=email,
            login_id=login_id,
            subject=N_("Background jobs or emails have stopped"),
            values={
                "lanes": [
                    {
                        "lane": LANES[one.lane],
                        "waiting": one.waiting,
                        "ago": say_roughly(now - one.since),
                    }
                    for one in stalled
                ],
                "action_url": links.page("/staff/system-health"),
            },
            now=now,
            unique_key=f"{KIND}:{first:%Y-%m-%dT%H:%M:%S}:{public_id}",
        )
