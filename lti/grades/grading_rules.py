"""Grading rules of a link: what a share watched is worth, and when it is reported.

Every score that is sent is final as it stands (FullyGraded): on Moodle one that is not wipes what
is there. See docs/decisions/scores-are-always-final.md.
"""

from datetime import datetime, timedelta
from typing import Final

from lti.models.courses import CompletionRule

PERCENT: Final = 100
# A share on its way is told this seldom: each is a line in the platform's history of grades.
TOLD_EVERY: Final = timedelta(minutes=10)
A_HAIR: Final = 1e-9


def given_for(share: float, rule: CompletionRule, threshold: int) -> float:
    """Return what is reported of a share, 0 to 1, in whole percent.

    By threshold all from that share on and nothing before; proportionally the share, to the
    nearest percent.
    """
    if rule is CompletionRule.THRESHOLD:
        return float(reaches(share, threshold))
    return int(min(share, 1.0) * PERCENT + 0.5) / PERCENT


def reaches(share: float, threshold: int) -> bool:
    """Tell whether a share, 0 to 1, is as much as a rule asks for in percent."""
    return share * PERCENT >= threshold - A_HAIR


def is_complete(given: float) -> bool:
    """Tell whether nothing can be added."""
    return given >= 1.0


def told_at(given: float, last_told: datetime, now: datetime) -> datetime:
    """Return when to report: at once what is complete, else a while after it was last told."""
    return now if is_complete(given) else max(now, last_told + TOLD_EVERY)
