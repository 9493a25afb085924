"""Stuck score texts: which platform can't be reached, and which scores wait and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from lms.lti_facade.dates import say_time_of
from lti.grades.stuck_scores_and_platforms_away import Away, StuckLink


@dataclass(frozen=True, slots=True)
class AwayRow:
    """An unreachable platform, as a page shows it."""

    id: str
    name: str
    since: str
    reason: str
    asks_at: str
    failures: int


@dataclass(frozen=True, slots=True)
class StuckRow:
    """A link whose scores don't arrive, as a page shows it."""

    id: str
    title: str
    course: str
    platform: str
    organization_id: int | None
    waiting: str
    refused: str
    reason: str
    since: str


def away_rows(found: Iterable[Away], zone: str) -> list[AwayRow]:
    """Return the rows of unreachable platforms."""
    return [
        AwayRow(
            id=one.registration,
            name=one.name,
            since=say_time_of(one.since, zone),
            reason=_(one.reason),
            asks_at=say_time_of(one.asks_at, zone),
            failures=one.failures,
        )
        for one in found
    ]


def stuck_rows(found: Iterable[StuckLink], zone: str) -> list[StuckRow]:
    """Return the rows of links whose scores don't arrive."""
    return [
        StuckRow(
            id=one.link,
            title=one.title or _("Untitled link"),
            course=one.course or _("Untitled course"),
            platform=one.platform,
            organization_id=one.organization_id,
            waiting=ngettext("%(num)s pending", "%(num)s pending", one.waiting)
            if one.waiting
            else "",
            refused=(
                ngettext("%(num)s refused", "%(num)s refused", one.refused) if one.refused else ""
            ),
            reason=_(one.reason) if one.reason else _("The LMS hasn't accepted it yet."),
            since=say_time_of(one.since, zone),
        )
        for one in found
    ]
