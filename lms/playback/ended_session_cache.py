"""In-memory cache of ended playback sessions, so a media request needs no database."""

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from lms.core.clock import now
from lms.core.database import Database
from lms.models.playback import PlaybackSession
from lms.playback.sessions import LONGEST

FRESH_FOR: Final = timedelta(seconds=2)
# If the database can't be read for this long, playback stops, since no session can be ended.
BLIND_FOR: Final = timedelta(seconds=30)
# An end becomes visible when its transaction commits, a little after its timestamp; and the clocks of
# two machines differ.
OVERLAP: Final = timedelta(minutes=2)
TIDY_EVERY: Final = timedelta(minutes=5)

_ENDED = select(PlaybackSession.public_id, PlaybackSession.expires_at).where(
    PlaybackSession.ended_at > bindparam("since"),
    PlaybackSession.expires_at > bindparam("now"),
)

log = structlog.get_logger()


class EndedSessionCache:
    """Returns whether a session can continue; one per process, shared by its threads.

    The first call reads all ended sessions whose tokens are still valid. Later, new ones are read at
    most every two seconds, by one thread while the others answer from memory. A session ended by any
    process is ended here within about two seconds.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._ended: dict[str, datetime] = {}
        self._read_at: datetime | None = None
        self._tidied_at: datetime | None = None

    def __call__(self, session_id: str) -> bool:
        """Return whether the session has not ended; False if that can't be determined."""
        at = now()
        if not self._is_within(at, FRESH_FOR):
            self._refresh(at)
        return session_id not in self._ended and self._is_within(at, BLIND_FOR)

    def _is_within(self, at: datetime, span: timedelta) -> bool:
        # A clock that was set back counts as old; otherwise nothing would be read until it caught up.
        return self._read_at is not None and abs(at - self._read_at) < span

    def _refresh(self, at: datetime) -> None:
        # One thread reads; the others wait for it only if the cache is too old to answer from.
        if not self._lock.acquire(blocking=not self._is_within(at, FRESH_FOR * 2)):
            return
        try:
            if not self._is_within(at, FRESH_FOR):
                self._read(at)
        except SQLAlchemyError as error:
            log.error("liveness_not_read", kind=type(error).__name__)  # noqa: TRY400  (no values)
        finally:
            self._lock.release()

    def _read(self, at: datetime) -> None:
        back = LONGEST if self._read_at is None else abs(at - self._read_at)
        values = {"since": at - back - OVERLAP, "now": at}
        with self._database.read_session() as session:
            for public_id, expires_at in session.execute(_ENDED, values):
                self._ended[public_id] = expires_at
        if self._tidied_at is None or abs(at - self._tidied_at) > TIDY_EVERY:
            # Expired tokens are rejected by their signature check anyway.
            self._ended = {key: end for key, end in self._ended.items() if end > at}
            self._tidied_at = at
        self._read_at = at
