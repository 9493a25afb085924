"""The manager area of one organization: checks who may enter and renders its pages."""

from typing import Final
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import gettext as _

from lms.core.dates_and_time_zones import is_zone
from lms.organizations import manager_and_owner_permissions
from lms.organizations.manager_and_owner_permissions import Managed as Managed
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import carrel, read_session, render

Link = tuple[str, str, str]
PEOPLE: Final = "organization_people.people"
OWN_PAGES: Final = "organization_embeds.index"
# From where pages are entered whose paths stand elsewhere: a seat's from the people.
ENTERED_FROM: Final = {
    "organization_seat": PEOPLE,
    "organization_moves": PEOPLE,
    "organization_invitations": PEOPLE,
    "organization_kits": OWN_PAGES,
}


def managed_organization(organization_id: str) -> Managed:
    """Return the organization of an address, to who manages or owns it and to staff.

    Every view of the area asks this first. Raises NotFound for everybody else.
    """
    person = required_viewer()
    with read_session() as session:
        return manager_and_owner_permissions.managed_organization(
            session, organization_id, login_id=person.login_id, is_staff=person.is_staff
        )


def zone_of(managed: Managed) -> ZoneInfo:
    """Return the zone in which this organization's days end."""
    name = managed.zone if managed.zone and is_zone(managed.zone) else carrel().settings.time_zone
    return ZoneInfo(name)


def render_in(managed: Managed, template: str, **values: object) -> str:
    """Render a page of the area in its frame."""
    return render(
        template,
        organization=managed.facts,
        organization_links=_links(managed),
        organization_here=_here(managed),
        is_staff_looking=managed.role is None,
        parent_name=managed.parent_name,
        **values,
    )


def _here(managed: Managed) -> str:
    """Return the path by which the rail tells where somebody is."""
    entrance = ENTERED_FROM.get(request.blueprint or "")
    if entrance is None:
        return request.path
    return f"{url_for(entrance, organization_id=managed.facts.public_id)}/"


def _links(managed: Managed) -> list[tuple[str | None, list[Link]]]:
    here = managed.facts.public_id

    def link(label: str, endpoint: str, picture: str) -> Link:
        return (label, url_for(endpoint, organization_id=here), picture)

    allotments = (
        [link(_("Allotments"), "organization_allotments.overview", "building-2")]
        if managed.has_children
        else []
    )
    return [
        (
            None,
            [
                link(_("Overview"), "organizations.overview", "house"),
                link(_("People and seats"), PEOPLE, "users"),
                link(_("Invite people"), "organization_inviting.begin", "send"),
                link(_("Import a list"), "organization_imports.begin", "upload"),
                link(_("Training"), "organization_training.index", "list-checks"),
                *allotments,
                link(_("Reports"), "organization_reports.overview", "chart-column"),
                link(_("Usage"), "organization_usage.usage", "ticket"),
            ],
        ),
        (
            _("Settings"),
            [
                link(_("Without an invitation"), "organization_claims.claims", "lock-open"),
                link(_("Members and roles"), "organization_members.members", "key-round"),
                link(_("Learning system"), "organization_lti.overview", "presentation"),
                link(_("On your own pages"), OWN_PAGES, "monitor"),
            ],
        ),
    ]
