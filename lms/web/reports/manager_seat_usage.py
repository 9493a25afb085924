"""Manager page for seat usage: on screen with a chart, and as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.dates import format_date
from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.dates_and_time_zones import LOCALE
from lms.core.errors import N_
from lms.reports.seat_usage import MonthUse, Usage, read_usage
from lms.seats.pool_overview import read_pools
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import paged
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.pool_texts import pool_titles

blueprint = Blueprint("organization_usage", __name__, url_prefix="/organization/<organization_id>")

MINUTES_BY_MONTH: Final = N_("Minutes watched by month")
PAGE_SIZE: Final = 50
HEIGHT: Final = 120
STEP: Final = 52
BAR: Final = 34


@dataclass(frozen=True, slots=True)
class Bar:
    """One month of a chart: position and height in the drawing, and its words."""

    x: int
    y: float
    height: float
    middle: float
    number: str
    month: str


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the table."""

    label: str
    claimed: str
    held: str
    minutes: str
    completed: str


@blueprint.get("/usage")
@open_to(Audience.MANAGERS)
def usage(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    with read_session() as session:
        titles = pool_titles(read_pools(session, managed.facts.id, now=now))
        found = read_usage(session, managed.facts.id, zone=zone_of(managed), now=now)
    shown, pager = paged(found.pools, PAGE_SIZE)
    return render_in(
        managed,
        "reports/manager_seat_usage.html",
        totals=_totals(found),
        rows=[
            (
                titles[pool.pool_id],
                counted(pool.claimed),
                counted(pool.begun),
                counted(pool.completed),
                counted(pool.minutes),
            )
            for pool in shown
        ],
        pager=pager,
        charts=[
            (
                "seats",
                _("Seats claimed at the end of each month"),
                _bars(found.months, [month.held for month in found.months]),
            ),
            (
                "minutes",
                _(MINUTES_BY_MONTH),
                _bars(found.months, [month.minutes for month in found.months]),
            ),
        ],
        months=[_month(month) for month in found.months],
        has_use=any(month.held or month.claimed or month.minutes for month in found.months),
        width=STEP * len(found.months),
        bar=BAR,
        height=HEIGHT,
    )


@blueprint.get("/usage.csv")
@open_to(Audience.MANAGERS)
def usage_csv(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    with read_session() as session:
        titles = pool_titles(read_pools(session, managed.facts.id, now=now))
        found = read_usage(session, managed.facts.id, zone=zone_of(managed), now=now)
    headings = (
        _("Seats for"),
        _("Seats claimed"),
        _("People who started"),
        _("Webinars completed"),
        _("Minutes watched"),
    )
    rows = [
        (titles[pool.pool_id], pool.claimed, pool.begun, pool.completed, pool.minutes)
        for pool in found.pools
    ]
    return csv_answer(headings, rows, f"{managed.facts.slug}-usage")


@blueprint.get("/usage-by-month.csv")
@open_to(Audience.MANAGERS)
def months_csv(organization_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    with read_session() as session:
        found = read_usage(session, managed.facts.id, zone=zone_of(managed), now=now)
    headings = (
        _("Month"),
        _("Newly claimed seats"),
        _("Seats claimed at month's end"),
        _("Minutes watched"),
        _("Webinars completed"),
    )
    rows = [
        (f"{each.year}-{each.month:02}", each.claimed, each.held, each.minutes, each.completed)
        for each in found.months
    ]
    return csv_answer(headings, rows, f"{managed.facts.slug}-usage-by-month")


def _totals(found: Usage) -> list[tuple[str, str]]:
    return [
        (_("Seats claimed"), counted(sum(pool.claimed for pool in found.pools))),
        (_("People who started"), counted(sum(pool.begun for pool in found.pools))),
        (_("Webinars completed"), counted(sum(pool.completed for pool in found.pools))),
        (_("Minutes watched"), counted(sum(pool.minutes for pool in found.pools))),
    ]


def _bars(months: Sequence[MonthUse], numbers: Sequence[int]) -> list[Bar]:
    most = max(numbers, default=0) or 1
    bars = []
    for place, (month, number) in enumerate(zip(months, numbers, strict=True)):
        height = HEIGHT * number / most
        bars.append(
            Bar(
                x=place * STEP + (STEP - BAR) // 2,
                y=round(HEIGHT - height, 1),
                height=round(height, 1),
                middle=place * STEP + STEP / 2,
                number=counted(number),
                month=format_date(_first(month), "MMM", locale=LOCALE),
            )
        )
    return bars


def _month(month: MonthUse) -> Month:
    return Month(
        label=format_date(_first(month), "MMMM y", locale=LOCALE),
        claimed=counted(month.claimed),
        held=counted(month.held),
        minutes=counted(month.minutes),
        completed=counted(month.completed),
    )


def _first(month: MonthUse) -> date:
    return date(month.year, month.month, 1)
