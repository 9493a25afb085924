"""Grading rules of a link: what a share watched is worth, and when it is reported.

Every score is sent as final (FullyGraded): on Moodle, one that is not deletes the existing grade. See
docs/decisions/lti-grades-and-rosters.md.
"""

from datetime import datetime, timedelta
from typing import Final

from lti.models.courses import CompletionRule

PERCENT: Final = 100
# Limits reports of growing scores: each adds an entry to the platform's grade history.
TOLD_EVERY: Final = timedelta(minutes=10)
A_HAIR: Final = 1e-9


def given_for(share: float, rule: CompletionRule, threshold: int) -> float:
    """Return the score for a share watched, 0 to 1, in whole percent.

    THRESHOLD gives 1 from the threshold on and 0 below it; PROPORTIONAL gives the share itself.
    """
    if rule is CompletionRule.THRESHOLD:
        return float(reaches(share, threshold))
    return int(min(share, 1.0) * PERCENT + 0.5) / PERCENT


def reaches(share: float, threshold: int) -> bool:
    """Return whether a share, 0 to 1, reaches a threshold in percent."""
    return share * PERCENT >= threshold - A_HAIR


def is_complete(given: float) -> bool:
    """Return whether a score is at its maximum."""
    return given >= 1.0


def told_at(given: float, last_told: datetime, now: datetime) -> datetime:
    """Return when to report a score: at once if complete, else `TOLD_EVERY` after the last report."""
    return now if is_complete(given) else max(now, last_told + TOLD_EVERY)
