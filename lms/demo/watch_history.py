"""Watch history of the demo's people, so that its reports have data."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts.accounts import find_by_email
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Pool
from lms.playback.progress_bitmap import Beat, Seen, Span, watched_seconds, weigh

HOUSE: Final = "tarnbrook"
# The lengths of the demo's recordings, in seconds: the worker finds them out only later.
SECONDS: Final = {
    "first-ninety-seconds": 86.9,
    "getting-the-most": 63.1,
    "digitizing-folding-table": 61.5,
}
# the person at Tarnbrook, the webinar, days ago, start and end (shares of the recording)
WATCHED: Final = (
    ("juniper.ashdown", "first-ninety-seconds", 150, 0.0, 1.0),
    ("benedikt.oyelaran", "first-ninety-seconds", 149, 0.0, 0.45),
    ("rosalind.quaye", "first-ninety-seconds", 148, 0.0, 1.0),
    ("tomasz.hartigan", "first-ninety-seconds", 148, 0.0, 0.3),
    ("ida.mwangi-frost", "first-ninety-seconds", 147, 0.0, 0.8),
    ("leopold.vance", "first-ninety-seconds", 147, 0.1, 0.7),
    ("benedikt.oyelaran", "first-ninety-seconds", 146, 0.4, 0.6),
    ("juniper.ashdown", "getting-the-most", 84, 0.0, 1.0),
    ("rosalind.quaye", "getting-the-most", 84, 0.0, 0.95),
    ("tomasz.hartigan", "getting-the-most", 83, 0.0, 0.2),
    ("ida.mwangi-frost", "getting-the-most", 83, 0.0, 0.5),
    ("leopold.vance", "getting-the-most", 82, 0.0, 1.0),
    ("benedikt.oyelaran", "getting-the-most", 82, 0.0, 0.35),
    ("juniper.ashdown", "digitizing-folding-table", 11, 0.0, 1.0),
    ("ida.mwangi-frost", "digitizing-folding-table", 11, 0.0, 0.4),
    ("tomasz.hartigan", "first-ninety-seconds", 10, 0.3, 0.6),
    ("rosalind.quaye", "digitizing-folding-table", 10, 0.0, 0.6),
    ("leopold.vance", "digitizing-folding-table", 9, 0.0, 0.25),
    ("benedikt.oyelaran", "digitizing-folding-table", 9, 0.0, 1.0),
    ("ida.mwangi-frost", "first-ninety-seconds", 9, 0.8, 1.0),
)


def write_watching(session: Session, *, now: datetime) -> None:
    """Write the watch history of the people in Tarnbrook's all-access seats."""
    grant_id = session.scalars(
        select(Grant.id)
        .join(Pool, Pool.id == Grant.pool_id)
        .join(Organization, Organization.id == Pool.organization_id)
        .where(Organization.slug == HOUSE, Pool.webinar_id.is_(None), Pool.series_id.is_(None))
    ).first()
    found = session.execute(
        select(Webinar.slug, Recording.id)
        .join(Recording, Recording.webinar_id == Webinar.id)
        .where(Webinar.slug.in_(SECONDS))
    )
    recordings = {row.slug: row.id for row in found}
    for name, slug, days_ago, starts, ends in WATCHED:
        if slug in recordings:
            login_id = find_by_email(session, f"{name}@{HOUSE}.example").id
            at = now - timedelta(days=days_ago, minutes=37 * days_ago % 300)
            span = Span(starts * SECONDS[slug], ends * SECONDS[slug])
            record = _record(session, login_id, recordings[slug], at=at)
            _play(session, record, grant_id, span, SECONDS[slug], at=at)


def _record(session: Session, login_id: int, recording_id: int, *, at: datetime) -> WatchRecord:
    kept = session.scalar(
        select(WatchRecord).where(
            WatchRecord.login_id == login_id, WatchRecord.recording_id == recording_id
        )
    )
    if kept is None:
        kept = WatchRecord(
            login_id=login_id,
            recording_id=recording_id,
            buckets=b"",
            watched_s=0,
            position_s=0.0,
            earned_until=at,
            updated_at=at,
        )
        session.add(kept)
        session.flush()
    return kept


def _play(
    session: Session,
    record: WatchRecord,
    grant_id: int | None,
    span: Span,
    seconds: float,
    *,
    at: datetime,
) -> None:
    ended = at + timedelta(seconds=span.ends_s - span.starts_s)
    began_s = record.watched_s
    seen, _verdict = weigh(
        Seen(record.buckets, at), Beat(span.ends_s, 1.0, (span,)), seconds=seconds, now=ended
    )
    record.buckets, record.earned_until, record.updated_at = seen.buckets, ended, ended
    record.watched_s = round(watched_seconds(seen.buckets, seconds))
    record.position_s = span.ends_s
    session.add(
        PlaybackSession(
            login_id=record.login_id,
            recording_id=record.recording_id,
            sign_in_id=None,
            grant_id=grant_id,
            opened_at=at,
            expires_at=at + timedelta(days=1),
            beat_at=ended,
            began_s=began_s,
            reached_s=record.watched_s,
            ended_at=ended,
            ended_as=PlaybackEnd.CLOSED,
        )
    )
    session.flush()
