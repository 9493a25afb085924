"""Join records: note that a person joined a live webinar through this site.

This site only sees people enter; only the room's report has how long they stayed
(lms/attendance/report_imports.py). Joining alone earns no certificate.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.live import registrations
from lms.models.live import LiveJoin

ONE_CLICK: Final = timedelta(seconds=30)


def note_join(session: Session, *, login_id: int, webinar_id: int, now: datetime) -> None:
    """Note that a person was let into the room, and register them if they aren't.

    A second click within half a minute counts as the same join.
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
