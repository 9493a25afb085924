"""Rate and time-left texts for long work: the amount done, the rate, and the time left."""

from datetime import timedelta
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext

from lms.jobs.progress_estimates import Pace

MINUTE: Final = 60
HOUR: Final = 3600


def say_pace(pace: Pace) -> str:
    """Return one line such as `1,200 of 20,000 · 85 per second · about 4 minutes left`."""
    if pace.total is not None:
        said = [_("%(done)s of %(total)s", done=f"{pace.done:,}", total=f"{pace.total:,}")]
    else:
        said = [_("%(done)s so far", done=f"{pace.done:,}")]
    if pace.per_second is not None:
        said.append(_rate(pace.per_second))
    if pace.left is not None:
        said.append(say_left(pace.left))
    return " · ".join(said)


def _rate(per_second: float) -> str:
    if per_second >= 1:
        return _("%(number)s per second", number=f"{round(per_second):,}")
    return _("%(number)s per minute", number=f"{max(1, round(per_second * MINUTE)):,}")


def say_left(left: timedelta) -> str:
    """Return the time left, such as `about 4 minutes left`."""
    seconds = max(1, round(left.total_seconds()))
    if seconds < MINUTE:
        return ngettext("about %(num)s second left", "about %(num)s seconds left", seconds)
    if seconds < HOUR:
        minutes = round(seconds / MINUTE)
        return ngettext("about %(num)s minute left", "about %(num)s minutes left", minutes)
    hours = round(seconds / HOUR)
    return ngettext("about %(num)s hour left", "about %(num)s hours left", hours)
