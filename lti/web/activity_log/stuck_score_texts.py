"""Stuck score texts: which platform can't be reached, and which scores wait and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from lms.lti_facade.dates import say_time_of
from lti.grades.stuck_scores_and_platforms_away import Away, StuckLink


@dataclass(frozen=True, slots=True)
class AwayRow:
    """A platform that doesn't answer, as a page shows it."""

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
    """Return platforms that are away in words."""
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
    """Return links whose scores don't arrive in words."""
    return [
        StuckRow(
            id=one.link,
            title=one.title or _("A link without a title"),
            course=one.course or _("A course without a title"),
            platform=one.platform,
            organization_id=one.organization_id,
            waiting=ngettext("%(num)s waits", "%(num)s wait", one.waiting) if one.waiting else "",
            refused=(
                ngettext("%(num)s was refused", "%(num)s were refused", one.refused)
                if one.refused
                else ""
            ),
            reason=_(one.reason) if one.reason else _("The learning system has not taken it yet."),
            since=say_time_of(one.since, zone),
        )
        for one in found
    ]
