"""Manager pages for an organization's reports: by webinar, by person, and as CSV."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from lms.core.clock import now
from lms.organizations.manager_and_owner_permissions import Managed
from lms.reports.progress_by_person import read_person
from lms.reports.viewing_queries import Whose
from lms.reports.viewing_totals import find_webinar
from lms.web.core.current_user import required_viewer
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.reports import shared_report_pages
from lms.web.reports.charts_and_tables import ALL, Url, chart_csv, days_asked, percent
from lms.web.reports.shared_report_pages import Report

blueprint = Blueprint(
    "organization_reports", __name__, url_prefix="/organization/<organization_id>/reports"
)


@blueprint.get("")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def overview(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        values = shared_report_pages.overview(session, _report(managed), _url(managed, ".overview"))
    return render_in(managed, "reports/manager.html", **values)


@blueprint.get("/webinars.csv")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def webinars_csv(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    return shared_report_pages.webinars_csv(_report(managed), f"{managed.facts.slug}-webinars")


@blueprint.get("/views.csv")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def views_csv(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    report = _report(managed)
    with read_session() as session:
        return chart_csv(session, report.whose, report.days, f"{managed.facts.slug}-views")


@blueprint.get("/webinars/<slug>")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def webinar(organization_id: str, slug: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    report = _report(managed)
    with read_session() as session:
        facts = find_webinar(session, report.whose, slug)
        values = shared_report_pages.webinar(
            session,
            report,
            facts,
            _url(managed, ".webinar", slug=slug),
            may_see_heat=_may_see_heat(managed),
        )
    return render_in(managed, "reports/manager_webinar.html", **values)


@blueprint.get("/webinars/<slug>/stretches.csv")
@open_to(Audience.MANAGERS)
def heat_csv(organization_id: str, slug: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    whose = _whose(managed)
    with read_session() as session:
        facts = find_webinar(session, whose, slug)
        name = f"{managed.facts.slug}-{facts.slug}-stretches"
        return shared_report_pages.heat_csv(
            session, whose, facts, name, may_see_heat=_may_see_heat(managed)
        )


@blueprint.get("/people")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def people(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        url = _url(managed, ".people")
        values = shared_report_pages.people(session, _whose(managed), url)
    return render_in(managed, "reports/manager_people.html", **values)


@blueprint.get("/people.csv")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def people_csv(organization_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    name = f"{managed.facts.slug}-people-report"
    return shared_report_pages.people_csv(_whose(managed), name)


@blueprint.get("/people/<login_id>")
@open_to(Audience.MANAGERS, Audience.SUPERVISORS)
def person(organization_id: str, login_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with read_session() as session:
        facts = read_person(session, _whose(managed), login_id)
    return render_in(managed, "reports/manager_person.html", facts=facts, percent=percent)


def _whose(managed: Managed) -> Whose:
    return Whose(managed.facts.id, managed.groups)


def _report(managed: Managed) -> Report:
    days = days_asked(zone_of(managed), now(), usual=ALL)
    return Report(_whose(managed), days)


def _url(managed: Managed, endpoint: str, **path: Any) -> Url:  # noqa: ANN401  (the type in url_for)
    def url(**values: Any) -> str:  # noqa: ANN401  (the type in url_for)
        return url_for(endpoint, organization_id=managed.facts.public_id, **path, **values)

    return url


def _may_see_heat(managed: Managed) -> bool:
    """Return whether the person can see the organization's heat line.

    Staff see that of all viewers, and supervisors only part of the organization: with two lines, they
    could compute the difference.
    """
    return managed.groups is None and not required_viewer().is_staff
