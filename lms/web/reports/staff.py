"""Staff pages for reports: by webinar, by organization, by person, and as CSV."""

from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.csv_files import Cell
from lms.reports.progress_by_person import read_person
from lms.reports.viewing_queries import HOUSE
from lms.reports.viewing_totals import (
    PAGE_SIZE,
    Order,
    every_organization,
    find_webinar,
    read_organizations,
)
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.csv_downloads import streamed_csv
from lms.web.core.pagination import order_asked, page_number
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, may_open, open_to
from lms.web.reports import shared_report_pages
from lms.web.reports.charts_and_tables import (
    Url,
    chart_csv,
    days_asked,
    line_cells,
    line_headings,
    percent,
)
from lms.web.reports.shared_report_pages import Report

blueprint = Blueprint("staff_reports", __name__, url_prefix="/staff/reports")
USUAL: Final = "12"


@blueprint.get("")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def index() -> ResponseReturnValue:
    """Lead to each report that this person can open."""
    found = [
        (title, [(label, url_for(to), about) for label, to, about in reports if may_open(to)])
        for title, reports in _reports()
    ]
    return render("reports/staff_index.html", sections=[section for section in found if section[1]])


@blueprint.get("/viewing")
@open_to(Audience.STAFF)
def overview() -> ResponseReturnValue:
    """Show the report of all viewers by webinar."""
    with read_session() as session:
        values = shared_report_pages.overview(session, _report(), _url(".overview"))
    return render("reports/staff.html", **values)


@blueprint.get("/webinars.csv")
@open_to(Audience.STAFF)
def webinars_csv() -> ResponseReturnValue:
    """Download the table of webinars."""
    return shared_report_pages.webinars_csv(_report(), "webinars-report")


@blueprint.get("/views.csv")
@open_to(Audience.STAFF)
def views_csv() -> ResponseReturnValue:
    """Download the views over time."""
    with read_session() as session:
        return chart_csv(session, HOUSE, _report().days, "views-report")


@blueprint.get("/webinars/<slug>")
@open_to(Audience.STAFF)
def webinar(slug: str) -> ResponseReturnValue:
    """Show one webinar, with its heat line."""
    url = _url(".webinar", slug=slug)
    with read_session() as session:
        facts = find_webinar(session, HOUSE, slug)
        values = shared_report_pages.webinar(session, _report(), facts, url, may_see_heat=True)
    return render("reports/staff_webinar.html", **values)


@blueprint.get("/webinars/<slug>/stretches.csv")
@open_to(Audience.STAFF)
def heat_csv(slug: str) -> ResponseReturnValue:
    """Download the heat line of one webinar."""
    with read_session() as session:
        facts = find_webinar(session, HOUSE, slug)
        name = f"{facts.slug}-stretches"
        return shared_report_pages.heat_csv(session, HOUSE, facts, name, may_see_heat=True)


@blueprint.get("/organizations")
@open_to(Audience.STAFF)
def organizations() -> ResponseReturnValue:
    """Show the organizations by viewing through their seats and frames."""
    page, order, days = page_number(), order_asked(Order()), _report().days
    with read_session() as session:
        offset = (page - 1) * PAGE_SIZE
        found = read_organizations(session, days.span, order, offset=offset)
    values = shared_report_pages.lines_page(found, page, order, days, _url(".organizations"))
    return render("reports/staff_organizations.html", **values)


@blueprint.get("/organizations.csv")
@open_to(Audience.STAFF)
def organizations_csv() -> ResponseReturnValue:
    """Download the table of organizations."""
    order, span = order_asked(Order()), _report().days.span

    def rows(session: Session) -> Iterator[tuple[Cell, ...]]:
        for line in every_organization(session, span, order):
            yield (line.title, *line_cells(line))

    return streamed_csv((_("Organization"), *line_headings()), rows, "organizations-report")


@blueprint.get("/people")
@open_to(Audience.STAFF)
def people() -> ResponseReturnValue:
    """Show everyone who has watched."""
    with read_session() as session:
        values = shared_report_pages.people(session, HOUSE, _url(".people"))
    return render("reports/staff_people.html", **values)


@blueprint.get("/people.csv")
@open_to(Audience.STAFF)
def people_csv() -> ResponseReturnValue:
    """Download the table of people."""
    return shared_report_pages.people_csv(HOUSE, "people-report")


@blueprint.get("/people/<login_id>")
@open_to(Audience.STAFF)
def person(login_id: str) -> ResponseReturnValue:
    """Show one person, webinar by webinar."""
    with read_session() as session:
        facts = read_person(session, HOUSE, login_id)
    return render("reports/staff_person.html", facts=facts, percent=percent)


def _reports() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return all reports by section: label, endpoint, and what it shows."""
    return [
        (
            _("Viewing"),
            [
                (
                    _("By webinar"),
                    "staff_reports.overview",
                    _("Views, hours, and finish rate, with a chart."),
                ),
                (
                    _("By organization"),
                    "staff_reports.organizations",
                    _("What people watched with each organization's seats."),
                ),
                (
                    _("By person"),
                    "staff_reports.people",
                    _("Assigned, started, and completed webinars, and certificates."),
                ),
            ],
        ),
        (
            _("Sales"),
            [
                (
                    _("Balances"),
                    "staff_balances.index",
                    _("Who owes what and for how long, and revenue as CSV."),
                ),
                (
                    _("Open invoices (CSV)"),
                    "staff_balances.open_csv",
                    _("All unpaid invoices and how old they are."),
                ),
                (
                    _("Revenue this year (CSV)"),
                    "staff_balances.revenue_csv",
                    _("By month and offer. Choose other dates under Balances."),
                ),
            ],
        ),
        (
            _("LMSs and embedding"),
            [
                (
                    _("Embed links"),
                    "staff_embeds.index",
                    _("Where each webinar is embedded, and when it was last seen there."),
                ),
                (
                    _("Launch log"),
                    "staff_traffic.log",
                    _("Launches from each LMS, and why some failed."),
                ),
                (
                    _("Pending scores"),
                    "staff_traffic.scores",
                    _("Scores that an LMS hasn't accepted yet."),
                ),
            ],
        ),
        (
            _("System"),
            [
                (
                    _("System health"),
                    "staff_system_health.show",
                    _("The status of storage, backups, email, and jobs."),
                ),
                (
                    _("Email"),
                    "staff_mail.mails",
                    _("Emails that were sent, are waiting, or bounced."),
                ),
                (_("Jobs"), "staff_jobs.jobs", _("Background work and its failures.")),
                (_("Audit log"), "staff_audit.trail", _("Who did what and when.")),
            ],
        ),
    ]


def _report() -> Report:
    return Report(HOUSE, days_asked(reading_zone(), now(), usual=USUAL))


def _url(endpoint: str, **path: Any) -> Url:  # noqa: ANN401  (the type in url_for)
    def url(**values: Any) -> str:  # noqa: ANN401  (the type in url_for)
        return url_for(endpoint, **path, **values)

    return url
