"""Staff: reports of the whole house, by webinar, by organisation and by person, and as CSV."""

from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.clock import now
from lms.csv_export import Cell
from lms.reports_people import read_person
from lms.reports_sources import HOUSE
from lms.reports_tables import PAGE_SIZE, every_organisation, find_webinar, read_organisations
from lms.web import reports_pages
from lms.web.guard import Audience, open_to
from lms.web.kit import carrel, read_session, render
from lms.web.pager import page_number, pager_of
from lms.web.panels import reading_zone
from lms.web.reports import (
    Url,
    chart_csv,
    days_asked,
    line_cells,
    line_headings,
    line_words,
    number,
    order_asked,
    percent,
)
from lms.web.reports_pages import Report
from lms.web.sheets import csv_answer

blueprint = Blueprint("staff_reports", __name__, url_prefix="/staff/reports")
USUAL: Final = "12"


@blueprint.get("")
@open_to(Audience.STAFF)
def overview() -> ResponseReturnValue:
    """Show the whole house by webinar."""
    with read_session() as session:
        values = reports_pages.overview(session, _report(), _url(".overview"))
    return render("admin/reports.html", **values)


@blueprint.get("/webinars.csv")
@open_to(Audience.STAFF)
def webinars_csv() -> ResponseReturnValue:
    """Give the table of webinars."""
    return reports_pages.webinars_csv(_report(), "webinars-report")


@blueprint.get("/views.csv")
@open_to(Audience.STAFF)
def views_csv() -> ResponseReturnValue:
    """Give the views over time."""
    with read_session() as session:
        return chart_csv(session, HOUSE, _report().days, "views-report")


@blueprint.get("/webinars/<slug>")
@open_to(Audience.STAFF)
def webinar(slug: str) -> ResponseReturnValue:
    """Show one webinar, with its heat line."""
    url = _url(".webinar", slug=slug)
    with read_session() as session:
        facts = find_webinar(session, HOUSE, slug)
        values = reports_pages.webinar(session, _report(), facts, url, may_see_heat=True)
    return render("admin/reports_webinar.html", **values)


@blueprint.get("/webinars/<slug>/stretches.csv")
@open_to(Audience.STAFF)
def heat_csv(slug: str) -> ResponseReturnValue:
    """Give the heat line of one webinar."""
    with read_session() as session:
        facts = find_webinar(session, HOUSE, slug)
        name = f"{facts.slug}-stretches"
        return reports_pages.heat_csv(session, HOUSE, facts, name, may_see_heat=True)


@blueprint.get("/organisations")
@open_to(Audience.STAFF)
def organisations() -> ResponseReturnValue:
    """Show the organisations by what came through their seats and frames."""
    page, order, days = page_number(), order_asked(), _report().days
    values = reports_pages.lines_page(order, days, _url(".organisations"))
    with read_session() as session:
        offset = (page - 1) * PAGE_SIZE
        found = read_organisations(session, days.span, order, offset=offset)
    here = values.pop("here")
    return render(
        "admin/reports_organisations.html",
        rows=[line_words(line) for line in found.items],
        total=found.total,
        total_said=number(found.total),
        pager=pager_of(page, PAGE_SIZE, found.total, url=lambda to: here(page=to)),
        **values,
    )


@blueprint.get("/organisations.csv")
@open_to(Audience.STAFF)
def organisations_csv() -> ResponseReturnValue:
    """Give the table of organisations."""
    database, order, span = carrel().database, order_asked(), _report().days.span

    def rows() -> Iterator[tuple[Cell, ...]]:
        with database.read_session() as outliving:
            for line in every_organisation(outliving, span, order):
                yield (line.title, *line_cells(line))

    return csv_answer((_("Organisation"), *line_headings()), rows(), "organisations-report")


@blueprint.get("/people")
@open_to(Audience.STAFF)
def people() -> ResponseReturnValue:
    """Show everybody who has watched."""
    with read_session() as session:
        values = reports_pages.people(session, HOUSE, _url(".people"))
    return render("admin/reports_people.html", **values)


@blueprint.get("/people.csv")
@open_to(Audience.STAFF)
def people_csv() -> ResponseReturnValue:
    """Give the table of people."""
    return reports_pages.people_csv(HOUSE, "people-report")


@blueprint.get("/people/<login_id>")
@open_to(Audience.STAFF)
def person(login_id: str) -> ResponseReturnValue:
    """Show one person, webinar by webinar."""
    with read_session() as session:
        facts = read_person(session, HOUSE, login_id)
    return render("admin/reports_person.html", facts=facts, percent=percent)


def _report() -> Report:
    return Report(HOUSE, days_asked(reading_zone(), now(), usual=USUAL))


def _url(endpoint: str, **path: Any) -> Url:  # noqa: ANN401  (as url_for takes them)
    def url(**values: Any) -> str:  # noqa: ANN401  (as url_for takes them)
        return url_for(endpoint, **path, **values)

    return url
