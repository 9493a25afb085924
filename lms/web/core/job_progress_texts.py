"""Job progress texts: how far a job is, its rate and time left, and its badge."""

from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core.errors import N_
from lms.jobs.progress_estimates import Pace
from lms.models.jobs import JobState

# Before that, the rate is too uncertain to show.
SURE_AFTER: Final = timedelta(seconds=5)
SURE_SHARE: Final = 0.02
MINUTE_S: Final = 60
STATE_BADGES: Final = {
    JobState.QUEUED: "soon",
    JobState.RUNNING: "term",
    JobState.DONE: "open",
    JobState.FAILED: "danger",
    JobState.CANCELED: "none",
}
HOUR_S: Final = 3600
PLAYBACK_SPEED: Final = N_("%(times)s times playback speed")


def say_progress(
    share: float, *, started_at: datetime | None, seconds: float | None, now: datetime
) -> str:
    """Return one line such as `38% · 3.1 times playback speed · about 4 minutes left`.

    `seconds` is the length of the recording being processed, or None for other work.
    """
    said = [_("%(percent)s%%", percent=int(share * 100))]
    elapsed = now - started_at if started_at is not None else timedelta(0)
    if elapsed >= SURE_AFTER and SURE_SHARE <= share < 1:
        said += [
            _rate(share, elapsed.total_seconds(), seconds),
            say_left(elapsed * ((1 - share) / share)),
        ]
    return " · ".join(said)


def _rate(share: float, elapsed_s: float, seconds: float | None) -> str:
    if seconds:
        return _(PLAYBACK_SPEED, times=f"{share * seconds / elapsed_s:.1f}")
    return _("%(percent)s%% per minute", percent=f"{share * 100 * MINUTE_S / elapsed_s:.1f}")


def say_pace(pace: Pace) -> str:
    """Return one line such as `1,200 of 20,000 · 85 per second · about 4 minutes left`."""
    if pace.total is not None:
        said = [_("%(done)s of %(total)s", done=f"{pace.done:,}", total=f"{pace.total:,}")]
    else:
        said = [_("%(done)s so far", done=f"{pace.done:,}")]
    if pace.per_second is not None:
        said.append(_speed(pace.per_second))
    if pace.left is not None:
        said.append(say_left(pace.left))
    return " · ".join(said)


def _speed(per_second: float) -> str:
    if per_second >= 1:
        return _("%(number)s per second", number=f"{round(per_second):,}")
    return _("%(number)s per minute", number=f"{max(1, round(per_second * MINUTE_S)):,}")


def say_left(left: timedelta) -> str:
    """Return the time left, such as `about 4 minutes left`."""
    seconds = max(1, round(left.total_seconds()))
    if seconds < MINUTE_S:
        return ngettext("about %(num)s second left", "about %(num)s seconds left", seconds)
    if seconds < HOUR_S:
        minutes = round(seconds / MINUTE_S)
        return ngettext("about %(num)s minute left", "about %(num)s minutes left", minutes)
    hours = round(seconds / HOUR_S)
    return ngettext("about %(num)s hour left", "about %(num)s hours left", hours)
