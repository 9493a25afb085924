"""The area of one organisation: who may be here, and the frame around its pages."""

from typing import Final
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import gettext as _

from lms import stewards
from lms.stewards import Managed as Managed
from lms.web.kit import carrel, read_session, render
from lms.web.signin import required_viewer
from lms.zones import is_zone

Link = tuple[str, str, str]
PEOPLE: Final = "organisation_people.people"
OWN_PAGES: Final = "organisation_embeds.index"
# From where pages are entered whose paths stand elsewhere: a seat's from the people.
ENTERED_FROM: Final = {
    "organisation_seat": PEOPLE,
    "organisation_moves": PEOPLE,
    "organisation_invitations": PEOPLE,
    "organisation_kits": OWN_PAGES,
}


def managed_organisation(organisation_id: str) -> Managed:
    """Return the organisation of an address, to who manages or owns it and to staff.

    Every view of the area asks this first. Raises NotFound for everybody else.
    """
    person = required_viewer()
    with read_session() as session:
        return stewards.managed_organisation(
            session, organisation_id, login_id=person.login_id, is_staff=person.is_staff
        )


def zone_of(managed: Managed) -> ZoneInfo:
    """Return the zone in which this organisation's days end."""
    name = managed.zone if managed.zone and is_zone(managed.zone) else carrel().settings.time_zone
    return ZoneInfo(name)


def render_in(managed: Managed, template: str, **values: object) -> str:
    """Render a page of the area in its frame."""
    return render(
        template,
        organisation=managed.facts,
        organisation_links=_links(managed),
        organisation_here=_here(managed),
        is_staff_looking=managed.role is None,
        parent_name=managed.parent_name,
        **values,
    )


def _here(managed: Managed) -> str:
    """Return the path by which the rail tells where somebody is."""
    entrance = ENTERED_FROM.get(request.blueprint or "")
    if entrance is None:
        return request.path
    return f"{url_for(entrance, organisation_id=managed.facts.public_id)}/"


def _links(managed: Managed) -> list[tuple[str | None, list[Link]]]:
    here = managed.facts.public_id

    def link(label: str, endpoint: str, picture: str) -> Link:
        return (label, url_for(endpoint, organisation_id=here), picture)

    allotments = (
        [link(_("Allotments"), "organisation_allotments.overview", "building-2")]
        if managed.has_children
        else []
    )
    return [
        (
            None,
            [
                link(_("Overview"), "organisations.overview", "house"),
                link(_("People and seats"), PEOPLE, "users"),
                link(_("Invite people"), "organisation_inviting.begin", "send"),
                link(_("Import a list"), "organisation_imports.begin", "upload"),
                link(_("Training"), "organisation_training.index", "list-checks"),
                *allotments,
                link(_("Reports"), "organisation_reports.overview", "chart-column"),
                link(_("Usage"), "organisation_usage.usage", "ticket"),
            ],
        ),
        (
            _("Settings"),
            [
                link(_("Without an invitation"), "organisation_claims.claims", "lock-open"),
                link(_("Members and roles"), "organisation_members.members", "key-round"),
                link(_("Learning system"), "organisation_lti.overview", "presentation"),
                link(_("On your own pages"), OWN_PAGES, "monitor"),
            ],
        ),
    ]
