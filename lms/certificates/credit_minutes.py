"""Credit minutes: how much continuing education a certificate says, and what staff must confirm."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from lms.certificates.rules_and_attendance_minutes import Rule
from lms.core.errors import N_, Invalid
from lms.models.catalog import Webinar
from lms.models.recordings import Recording

MINUTE_S: Final = 60
TOO_MANY: Final = N_(
    "The live session and the recording are shorter (up to %(longest)s minutes). Enter fewer "
    "minutes, or confirm that certificates show more."
)


@dataclass(frozen=True, slots=True)
class Lengths:
    """The minutes of a webinar's live session, and of its recording if there is one."""

    live: int
    recording: int | None

    @property
    def longest(self) -> int:
        """Return the minutes of the longer of the two."""
        return max(self.live, self.recording or 0)


def read_lengths(session: Session, webinar_id: int) -> Lengths:
    """Return the lengths of an existing webinar in minutes, at least 1 for a recording."""
    current = and_(Recording.webinar_id == Webinar.id, Recording.is_current)
    live, seconds = session.execute(
        select(Webinar.minutes, Recording.seconds)
        .outerjoin_from(Webinar, Recording, current)
        .where(Webinar.id == webinar_id)
    ).one()
    return Lengths(live, None if seconds is None else max(1, round(seconds / MINUTE_S)))


def credit_for(
    session: Session, webinar_id: int, rule: Rule, *, was_live: bool, was_recorded: bool
) -> int:
    """Return the credit minutes of a certificate, by how its recipient took part.

    These are the rule's minutes, limited to the length of the live session or recording unless
    staff confirmed more.
    """
    lengths = read_lengths(session, webinar_id)
    recorded = lengths.live if lengths.recording is None else lengths.recording
    had = max(lengths.live if was_live else 0, recorded if was_recorded else 0)
    return min(rule.credit_minutes, max(had, rule.confirmed_minutes))


def check_credit(session: Session, webinar_id: int, rule: Rule) -> None:
    """Raise Invalid (field `credit_minutes`) for more than the length, unless staff confirmed it."""
    lengths = read_lengths(session, webinar_id)
    if rule.credit_minutes > max(lengths.longest, rule.confirmed_minutes):
        raise Invalid(TOO_MANY % {"longest": lengths.longest}, field="credit_minutes")
