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
from lms.core.errors import or_not_found
from lms.core.model_base import Base
from lms.models.playback import PlaybackSession, Stream

# a player beats every 15 s; a killed player frees the stream after this
LEASE: Final = timedelta(seconds=45)
LONGEST_BROWSER: Final = 200
_STREAMS: Final = Base.metadata.tables[Stream.__tablename__]
_stream: Final = _STREAMS.c


@dataclass(frozen=True, slots=True)
class Claim:
    """A playback session that wants its person's stream; `browser` is shown on the second screen."""

    login_id: int
    session_id: str
    browser: str


@dataclass(frozen=True, slots=True)
class Holder:
    """The session that has the stream, its browser, and since when."""

    session_id: str
    browser: str
    since: datetime


_HOLDER: Final = select(Stream.session_id, Stream.browser, Stream.since).where(
    Stream.login_id == kept_login(bindparam("asking"))
)


def claim(session: Session, wanted: Claim, *, now: datetime) -> bool:
    """Claim the person's stream if it is free, expired, left by an ended session, or this session's own.

    Of two simultaneous claims, exactly one returns True. Merged logins share one stream. A session that
    already has it keeps its browser and start time.
    """
    return _put(session, wanted, now=now, even_if_held=False)


def take_over(session: Session, wanted: Claim, *, now: datetime) -> None:
    """Take the person's stream from any screen that has it."""
    _put(session, wanted, now=now, even_if_held=True)


def find_holder(session: Session, login_id: int) -> Holder:
    """Return who has, or last had, the person's stream; raises NotFound if no session ever did."""
    row = or_not_found(session.execute(_HOLDER, {"asking": login_id}).one_or_none())
    return Holder(row.session_id, row.browser, row.since)


def _put(session: Session, wanted: Claim, *, now: datetime, even_if_held: bool) -> bool:
    values = {
        "claimant": wanted.login_id,
        "new_session": wanted.session_id,
        "new_browser": wanted.browser[:LONGEST_BROWSER],
        "now": now,
        "new_until": now + LEASE,
    }
    put = _PUTS[session.get_bind().dialect.name, even_if_held]
    return session.execute(put, values).one_or_none() is not None


def _putting(insert_into: Any, *, even_if_held: bool) -> Any:  # noqa: ANN401  (either dialect's)
    now = bindparam("now", type_=_stream.since.type)
    put = insert_into(_STREAMS).values(
        login_id=kept_login(bindparam("claimant", type_=_stream.login_id.type)),
        session_id=bindparam("new_session", type_=_stream.session_id.type),
        browser=bindparam("new_browser", type_=_stream.browser.type),
        since=now,
        held_until=bindparam("new_until", type_=_stream.held_until.type),
    )
    # A holder counts as playing unless its end is visible: its own row can be committed after this
    # statement has begun.
    has_ended = exists().where(
        # Written as text, since an upsert has no FROM clause with which SQLAlchemy could correlate.
        PlaybackSession.public_id == literal_column("stream.session_id"),
        PlaybackSession.ended_at.is_not(None),
    )
    is_mine = _stream.session_id == put.excluded.session_id
    given = put.excluded
    return put.on_conflict_do_update(
        index_elements=[_stream.login_id],
        set_={
            "session_id": given.session_id,
            "browser": case((is_mine, _stream.browser), else_=given.browser),
            "since": case((is_mine, _stream.since), else_=given.since),
            "held_until": given.held_until,
        },
        where=None if even_if_held else or_(_stream.held_until <= now, is_mine, has_ended),
    ).returning(_stream.session_id)


_PUTS: Final = {
    (name, even_if_held): _putting(insert_into, even_if_held=even_if_held)
    for name, insert_into in (("sqlite", insert_on_sqlite), ("postgresql", insert_on_postgresql))
    for even_if_held in (False, True)
}
