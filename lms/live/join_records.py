"""Join records: notes that a person joined a live webinar through this site.

The house sees somebody go in; how long they stayed, only the room's own report tells
(lms/attendance/report_imports.py). Going in alone earns nothing.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.live import registrations
from lms.models.live import LiveJoin

ONE_CLICK: Final = timedelta(seconds=30)


def note_join(session: Session, *, login_id: int, webinar_id: int, now: datetime) -> None:
    """Note that somebody was let into the room; whoever comes counts as registered.

    A click that was repeated within half a minute is the same coming.
    """
    registrations.enter(session, login_id=login_id, webinar_id=webinar_id, now=now)
    just_now = exists().where(
        LiveJoin.login_id == login_id,
        LiveJoin.webinar_id == webinar_id,
        LiveJoin.joined_at > now - ONE_CLICK,
    )
    if not session.scalar(select(just_now)):
        session.add(LiveJoin(webinar_id=webinar_id, login_id=login_id, joined_at=now))
        session.flush()
