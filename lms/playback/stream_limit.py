"""The stream limit: one stream for each login, and taking it over (PRODUCT.md, G1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from lms.access.merged_logins import kept_login
from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.errors import NotFound
from lms.core.model_base import Base
from lms.models.playback import PlaybackSession, Stream

LEASE: Final = timedelta(seconds=45)  # a player beats every 15 s; one that was killed frees it
LONGEST_BROWSER: Final = 200
_STREAMS: Final = Base.metadata.tables[Stream.__tablename__]
_stream: Final = _STREAMS.c


@dataclass(frozen=True, slots=True)
class Claim:
    """A playback session that wants its person's stream; `browser` is said to who comes second."""

    login_id: int
    session_id: str
    browser: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the stream: the session, its browser in words, and since when."""

    session_id: str
    browser: str
    since: datetime


_HOLDER: Final = select(Stream.session_id, Stream.browser, Stream.since).where(
    Stream.login_id == kept_login(bindparam("asking"))
)


def claim(session: Session, wanted: Claim, *, now: datetime) -> bool:
    """Take the person's stream if it is free, lapsed, left by a session that ended, or mine already.

    Two at the same instant: exactly one is told True. Logins that were merged share one stream. The
    screen that has it already is known by what it said first, and since then.
    """
    return _put(session, wanted, now=now, even_if_held=False)


def take_over(session: Session, wanted: Claim, *, now: datetime) -> None:
    """Take the person's stream from whichever screen has it."""
    _put(session, wanted, now=now, even_if_held=True)


def find_holder(session: Session, login_id: int) -> Holder:
    """Return who has or had the person's stream last; raises NotFound if nobody ever had."""
    row = session.execute(_HOLDER, {"asking": login_id}).one_or_none()
    if row is None:
        raise NotFound
    return Holder(row.session_id, row.browser, row.since)


def _put(session: Session, wanted: Claim, *, now: datetime, even_if_held: bool) -> bool:
    driver = Driver.of(session)
    values = {
        "claimant": wanted.login_id,
        "new_session": wanted.session_id,
        "new_browser": wanted.browser[:LONGEST_BROWSER],
        "now": now,
        "new_until": now + LEASE,
    }
    return _PUTS[driver.dialect.name, even_if_held].one(driver, values) is not None


def _putting(insert_into: Any, *, even_if_held: bool) -> CompiledStatement:  # noqa: ANN401  (either dialect's)
    now = bindparam("now", type_=_stream.since.type)
    put = insert_into(_STREAMS).values(
        login_id=kept_login(bindparam("claimant", type_=_stream.login_id.type)),
        session_id=bindparam("new_session", type_=_stream.session_id.type),
        browser=bindparam("new_browser", type_=_stream.browser.type),
        since=now,
        held_until=bindparam("new_until", type_=_stream.held_until.type),
    )
    # A holder that is not known to have ended counts as playing: its own row may be committed
    # only after this statement began.
    has_ended = exists().where(
        # Written out: an upsert has no FROM that SQLAlchemy would tie the inner statement to.
        PlaybackSession.public_id == literal_column("stream.session_id"),
        PlaybackSession.ended_at.is_not(None),
    )
    is_mine = _stream.session_id == put.excluded.session_id
    given = put.excluded
    return CompiledStatement(
        put.on_conflict_do_update(
            index_elements=[_stream.login_id],
            set_={
                "session_id": given.session_id,
                "browser": case((is_mine, _stream.browser), else_=given.browser),
                "since": case((is_mine, _stream.since), else_=given.since),
                "held_until": given.held_until,
            },
            where=None if even_if_held else or_(_stream.held_until <= now, is_mine, has_ended),
        ).returning(_stream.session_id)
    )


_PUTS: Final = {
    (name, even_if_held): _putting(insert_into, even_if_held=even_if_held)
    for name, insert_into in (("sqlite", insert_on_sqlite), ("postgresql", insert_on_postgresql))
    for even_if_held in (False, True)
}
