"""Training progress: what a person watched and attended, against what completes it.

A webinar is completed when its certificate is earned (PRODUCT.md, Certificates), by the best version
and over all of a person's merged logins, even if no certificate was issued.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of, logins_of_kept
from lms.certificates import certificates
from lms.certificates.eligibility import ROUNDING, Standing, read_standings
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.certificates import Certificate
from lms.models.live import Attendance
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.models.training import Trainee, Training, TrainingItem
from lms.playback.progress_bitmap import FASTEST
from lms.training.assignments import COUNTED
from lms.training.trainees import concerns

AT_ONCE: Final = 100
LATE: Final = timedelta(minutes=10)  # beats are written with the time they arrived, but later
ANEW: Final = timedelta(days=1)  # because the rule that completes a webinar can change


@dataclass(frozen=True, slots=True)
class Progress:
    """A person's progress: whether they have started and completed something."""

    is_begun: bool
    is_completed: bool

    @classmethod
    def of_all(cls, each: Collection["Progress"]) -> "Progress":
        """Return the total progress; an empty collection is not completed."""
        return cls(
            any(one.is_begun for one in each),
            bool(each) and all(one.is_completed for one in each),
        )


def look(session: Session, *, after: int, now: datetime) -> int | None:
    """Update the next trainees whose progress may have changed; return the last one's row id, or None.

    Handles at most a hundred per transaction. A completed training is done if it has no policy, or once
    the policy is confirmed.
    """
    rows = session.execute(
        select(Trainee, Training.policy)
        .join(Training, Training.id == Trainee.training_id)
        .join(Login, Login.id == Trainee.login_id)
        .where(
            Trainee.id > after,
            Trainee.completed_at.is_(None),
            Training.withdrawn_at.is_(None),
            _moved_on(now),
            concerns(),
        )
        .order_by(Trainee.id)
        .limit(AT_ONCE)
        .with_for_update(of=Trainee, skip_locked=True)
    ).all()
    for trainee, policy in rows:
        note(session, trainee, policy, now=now)
    session.flush()
    return rows[-1][0].id if rows else None


def note(session: Session, trainee: Trainee, policy: str, *, now: datetime) -> None:
    """Store a trainee's progress."""
    found = Progress.of_all(read_each(session, trainee.training_id, trainee.login_id).values())
    trainee.looked_at = now - LATE
    trainee.is_begun = found.is_begun
    if not found.is_completed or trainee.completed_at is not None:
        return
    trainee.completed_at = now
    if not policy or trainee.acknowledged_at is not None:
        trainee.done_at = now


def read_each(session: Session, training_id: int, login_id: int) -> dict[int, Progress]:
    """Return a person's progress in each webinar (row id) of a training.

    Webinars that no one can watch anymore are left out.
    """
    webinars = session.scalars(
        select(TrainingItem.webinar_id)
        .join(Webinar, Webinar.id == TrainingItem.webinar_id)
        .where(TrainingItem.training_id == training_id, Webinar.state.in_(COUNTED))
    ).all()
    training = session.get_one(Training, training_id)
    return read_several(session, login_id, webinars, since=round_began(training))


def round_began(training: Training) -> datetime | None:
    """Return when a later round began, before which watching doesn't count; None for a first one."""
    return None if training.previous_id is None else training.created_at


def read_several(
    session: Session, login_id: int, webinar_ids: Collection[int], *, since: datetime | None = None
) -> dict[int, Progress]:
    """Return a person's progress in each of these webinars (row ids), or what they did again `since`."""
    if not webinar_ids:
        return {}
    certified = certificates.with_standing(session, login_id, webinar_ids)
    standings = read_standings(session, login_id, webinar_ids)
    found = {
        webinar_id: _progress(standing, has_certificate=webinar_id in certified)
        for webinar_id, standing in standings.items()
    }
    if since is None:
        return found
    again = _shares_since(session, login_id, webinar_ids, since)
    return {
        webinar_id: Progress(
            webinar_id in again,
            one.is_completed
            and again.get(webinar_id, 0.0) + ROUNDING >= standings[webinar_id].rule.share_needed(0),
        )
        for webinar_id, one in found.items()
    }


def _progress(standing: Standing, *, has_certificate: bool) -> Progress:
    if has_certificate or standing.share + ROUNDING >= standing.needed:
        return Progress(is_begun=True, is_completed=True)
    return Progress(standing.share > 0 or standing.live_minutes > 0, is_completed=False)


def _moved_on(now: datetime) -> ColumnElement[bool]:
    """Return the condition that something happened since a trainee was last updated, or that it was long ago."""
    logins = logins_of_kept(func.coalesce(Login.merged_into, Login.id))
    since = Trainee.looked_at
    watched = exists().where(
        WatchRecord.login_id.in_(logins),
        Recording.id == WatchRecord.recording_id,
        TrainingItem.webinar_id == Recording.webinar_id,
        TrainingItem.training_id == Trainee.training_id,
        WatchRecord.watched_s > 0,
        or_(since.is_(None), WatchRecord.updated_at >= since),
    )
    attended = exists().where(
        Attendance.login_id.in_(logins),
        TrainingItem.webinar_id == Attendance.webinar_id,
        TrainingItem.training_id == Trainee.training_id,
        or_(since.is_(None), Attendance.noted_at >= since),
    )
    certified = exists().where(
        Certificate.login_id.in_(logins),
        TrainingItem.webinar_id == Certificate.webinar_id,
        TrainingItem.training_id == Trainee.training_id,
        or_(since.is_(None), Certificate.issued_at >= since),
    )
    return or_(watched, attended, certified, and_(Trainee.is_begun, since < now - ANEW))


def _shares_since(
    session: Session, login_id: int, webinar_ids: Collection[int], since: datetime
) -> dict[int, float]:
    """Return the share of each webinar (row id) that a person had time to watch since then, up to 1.

    What a person watched once stays watched, so a later round asks for as much time in the player again
    as the webinar takes at the fastest speed, or for attending it live again. Webinars they didn't open
    are left out.
    """
    logins = logins_of(login_id)
    played = session.execute(
        select(
            Recording.webinar_id,
            Recording.seconds,
            PlaybackSession.opened_at,
            PlaybackSession.beat_at,
        )
        .join_from(PlaybackSession, Recording, Recording.id == PlaybackSession.recording_id)
        .where(
            PlaybackSession.login_id.in_(logins),
            PlaybackSession.opened_at >= since,
            PlaybackSession.is_preview.is_(False),
            Recording.webinar_id.in_(webinar_ids),
        )
    )
    shares: defaultdict[int, float] = defaultdict(float)
    for webinar_id, seconds, opened_at, beat_at in played:
        took = (beat_at - opened_at) / timedelta(seconds=1)
        shares[webinar_id] += FASTEST * took / seconds if seconds else 0.0
    attended = session.scalars(
        select(Attendance.webinar_id).where(
            Attendance.login_id.in_(logins),
            Attendance.webinar_id.in_(webinar_ids),
            Attendance.noted_at >= since,
        )
    )
    shares.update(dict.fromkeys(attended, 1.0))
    return {webinar_id: min(1.0, share) for webinar_id, share in shares.items()}
