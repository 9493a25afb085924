"""Job progress texts: how far a job is, its rate and time left, and its badge."""

from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext as _

from lms.models.jobs import JobState
from lms.web.core.rate_and_time_left_texts import say_left

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
        return _("%(times)s times playback speed", times=f"{share * seconds / elapsed_s:.1f}")
    return _("%(percent)s%% per minute", percent=f"{share * 100 * MINUTE_S / elapsed_s:.1f}")
