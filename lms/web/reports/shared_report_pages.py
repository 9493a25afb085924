"""Report pages shared by staff and managers: overview, webinars, people, and their CSV files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.csv_files import Cell
from lms.core.list_queries import Page
from lms.reports import progress_by_person as report_people
from lms.reports.progress_by_person import every_person, read_people
from lms.reports.retention_curve import Heat, read_heat
from lms.reports.viewing_queries import Whose
from lms.reports.viewing_totals import (
    PAGE_SIZE,
    Line,
    Order,
    Sort,
    WebinarFacts,
    every_webinar,
    read_totals,
    read_webinar,
    read_webinars,
)
from lms.web.core.csv_downloads import csv_answer, streamed_csv
from lms.web.core.pagination import kept_order, order_asked, page_number, pager_of, sorting
from lms.web.reports.charts_and_tables import (
    PRESETS,
    Days,
    Url,
    figures,
    heat_line,
    hours,
    line_cells,
    line_headings,
    line_words,
    number,
    percent,
    rate,
    read_chart,
    words_asked,
)

PEOPLE_USUAL: Final = report_people.Order()


@dataclass(frozen=True, slots=True)
class Report:
    """A requested report: whose viewers, and which period."""

    whose: Whose
    days: Days


def about_days(days: Days, url: Url) -> dict[str, Any]:
    """Return what the choice of periods shows; `url` returns the page's URL with a period."""
    return {
        "days": days,
        "presets": [
            (_(words), url(span=key, **{"from": None, "to": None}), key == days.preset)
            for key, words in PRESETS.items()
        ],
    }


def overview(session: Session, report: Report, url: Url) -> dict[str, Any]:
    """Return the totals, the chart and a page of the table of webinars."""
    whose, days = report.whose, report.days
    page, order = page_number(), order_asked(Order())
    totals = read_totals(session, whose, days.span)
    found = read_webinars(session, whose, days.span, order, offset=(page - 1) * PAGE_SIZE)
    is_told = totals.views is not None and not totals.is_empty
    return {
        "totals": totals,
        "figures": figures(totals),
        "chart": read_chart(session, whose, days) if is_told else None,
        **lines_page(found, page, order, days, url),
    }


def lines_page(found: Page[Line], page: int, order: Order, days: Days, url: Url) -> dict[str, Any]:
    """Return a page of a table of figures, its order, and the choice of periods."""
    kept = kept_order(order, Order())

    def here(**changed: object) -> str:
        return url(**{**days.values, **kept, **changed})

    return {
        **about_days(days, lambda **changed: url(**{**kept, **changed})),
        "rows": [line_words(line) for line in found.items],
        "total": found.total,
        "total_said": number(found.total),
        **sorting(order, here, (Sort.TITLE,)),
        "pager": pager_of(page, PAGE_SIZE, found.total, url=lambda to: here(page=to)),
        "kept": {**days.values, **kept},
    }


def webinars_csv(report: Report, name: str) -> Response:
    """Return the complete table of webinars as CSV."""
    order = order_asked(Order())

    def rows(session: Session) -> Iterator[tuple[Cell, ...]]:
        for line in every_webinar(session, report.whose, report.days.span, order):
            yield (line.title, *line_cells(line))

    return streamed_csv((_("Webinar"), *line_headings()), rows, name)


def webinar(
    session: Session, report: Report, facts: WebinarFacts, url: Url, *, may_see_heat: bool
) -> dict[str, Any]:
    """Return one webinar's figures for the period, and its heat line for all time."""
    line = read_webinar(session, report.whose, report.days.span, facts)
    heat = read_heat(session, report.whose, facts.id) if may_see_heat else None
    is_told = bool(line.views)
    return {
        **about_days(report.days, url),
        "facts": facts,
        "is_empty": line.people == 0,
        "is_kept_back": line.views is None,
        "figures": [
            (_("People who watched"), number(line.people)),
            (_("Views"), number(line.views)),
            (_("Hours watched"), hours(line.seconds)),
            (_("Finish rate"), rate(line.finished, line.begun)),
            (_("Average watched"), percent(line.share)),
        ],
        "chart": read_chart(session, report.whose, report.days, webinar_id=facts.id)
        if is_told
        else None,
        "heat": heat_line(heat) if isinstance(heat, Heat) else None,
        "has_recording": heat is None or isinstance(heat, Heat) or heat.has_recording,
        "may_see_heat": may_see_heat,
        "kept": report.days.values,
    }


def heat_csv(
    session: Session, whose: Whose, facts: WebinarFacts, name: str, *, may_see_heat: bool
) -> Response:
    """Return the heat line of a webinar as CSV; no rows if it isn't shown."""
    heat = read_heat(session, whose, facts.id) if may_see_heat else None
    stretches = heat.stretches if isinstance(heat, Heat) else ()
    rows = [(round(one.starts_s), round(one.ends_s), round(100 * one.share)) for one in stretches]
    headings = (_("From (seconds)"), _("To (seconds)"), _("Watched by (percent)"))
    return csv_answer(headings, rows, name)


def people(session: Session, whose: Whose, url: Url) -> dict[str, Any]:
    """Return a page of the table of people."""
    page, query, order = page_number(), words_asked(), order_asked(PEOPLE_USUAL)
    kept = {"q": query or None, **kept_order(order, PEOPLE_USUAL)}

    def here(**changed: object) -> str:
        return url(**{**kept, **changed})

    size = report_people.PAGE_SIZE
    found = read_people(session, whose, query, order, offset=(page - 1) * size)
    return {
        "rows": found.items,
        "percent": percent,
        "total": found.total,
        "total_said": number(found.total),
        "query": query,
        "chips": [(f"“{query}”", here(q=None))] if query else [],
        **sorting(order, here, (report_people.Sort.NAME,)),
        "pager": pager_of(page, size, found.total, url=lambda to: here(page=to)),
        "kept": kept,
    }


def people_csv(whose: Whose, name: str) -> Response:
    """Return the complete table of people as CSV."""
    query, order = words_asked(), order_asked(PEOPLE_USUAL)
    headings = (
        _("Name"),
        _("Email address"),
        _("Webinars assigned"),
        _("Webinars started"),
        _("Watched of webinars started (percent)"),
        _("Webinars completed"),
        _("Certificates"),
    )

    def rows(session: Session) -> Iterator[tuple[Cell, ...]]:
        for one in every_person(session, whose, query, order):
            share = round(100 * one.share) if one.begun else None
            watched = (one.assigned, one.begun, share, one.completed)
            yield (one.name, one.email, *watched, one.certificates)

    return streamed_csv(headings, rows, name)
