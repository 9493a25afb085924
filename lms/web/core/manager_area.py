"""The manager area of one organization: renders its pages and builds its menu."""

from typing import Final
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import gettext as _

from lms.core.dates_and_time_zones import zone_or_default
from lms.organizations.manager_and_owner_permissions import Managed as Managed
from lms.web.core.current_user import viewer
from lms.web.core.page_frame import LinkGroup, allowed_links
from lms.web.core.request_context import render
from lms.web.core.route_guard import may_open

PEOPLE: Final = "organization_people.people"
ORDERS: Final = "organization_orders.index"
OWN_PAGES: Final = "organization_embeds.index"
# Pages whose paths are outside their menu entry's path, such as a seat's page under People.
ENTERED_FROM: Final = {
    "organization_seat": PEOPLE,
    "organization_moves": PEOPLE,
    "organization_invitations": PEOPLE,
    "organization_kits": OWN_PAGES,
    "organization_orders": ORDERS,
    "organization_takeovers": ORDERS,
}


def zone_of(managed: Managed) -> ZoneInfo:
    """Return the zone that decides when a day of this organization ends."""
    return zone_or_default(managed.zone)


def reader_zone_of(managed: Managed) -> ZoneInfo:
    """Return the zone for times shown to this person: their own, else the organization's."""
    person = viewer()
    return ZoneInfo(person.zone) if person is not None and person.zone else zone_of(managed)


def render_in(managed: Managed, template: str, **values: object) -> str:
    """Render a page of the area in its layout."""
    return render(
        template,
        organization=managed.facts,
        organization_links=area_links(managed),
        organization_here=_here(managed),
        is_staff_looking=managed.role is None,
        parent_name=managed.parent_name,
        **values,
    )


def area_links(managed: Managed) -> list[LinkGroup]:
    """Return the area's menu, limited to what this person's role can open."""
    overview = [(_("Overview"), "organizations.overview", "house")]
    people = (_("People"), "organization_reports.people", "users")
    allotments = [(_("Allotments"), "organization_allotments.overview", "building-2")]
    return allowed_links(
        [
            (
                None,
                [
                    *(overview if may_open(PEOPLE) else [people]),
                    (_("People and seats"), PEOPLE, "users"),
                    (_("Invite people"), "organization_inviting.begin", "send"),
                    (_("Import a list"), "organization_imports.begin", "upload"),
                    (_("Training"), "organization_training.index", "list-checks"),
                    (_("Group viewings"), "organization_showings.index", "presentation"),
                    (_("Groups"), "organization_training_groups.index", "users"),
                    *(allotments if managed.has_children else []),
                    (_("Reports"), "organization_reports.overview", "chart-column"),
                    (_("Usage"), "organization_usage.usage", "ticket"),
                    (_("Orders and invoices"), ORDERS, "file-text"),
                ],
            ),
            (
                _("Settings"),
                [
                    (_("Self-enrollment"), "organization_claims.claims", "lock-open"),
                    (_("Members and roles"), "organization_members.members", "key-round"),
                    (_("Billing"), "organization_billing.billing", "file-text"),
                    (_("LMS"), "organization_lti.overview", "presentation"),
                    (_("Embed links"), OWN_PAGES, "monitor"),
                ],
            ),
        ],
        organization_id=managed.facts.public_id,
    )


def _here(managed: Managed) -> str:
    """Return the path that marks the current menu entry."""
    entrance = ENTERED_FROM.get(request.blueprint or "")
    if entrance in (None, request.endpoint):
        return request.path
    return f"{url_for(entrance, organization_id=managed.facts.public_id)}/"
