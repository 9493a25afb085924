"""Staff pages to find people, including invited ones, and to show one person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.dates_and_time_zones import say_date
from lms.core.errors import N_
from lms.core.list_queries import Page
from lms.people.invited_people import InvitedRow, find_invited
from lms.people.login_search import PersonRow, Show, find_people
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.pagination import page_number, pager_of, this_url
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.people.learner_systems import learner_systems
from lms.web.people.staff_forms import AliasForm
from lms.web.people.staff_person_page import badges, person_page

blueprint = Blueprint("staff_people", __name__, url_prefix="/staff/people")

PAGE_SIZE: Final = 50
FEW_INVITED: Final = 5
SHOWN: Final = {
    Show.EVERYONE: N_("Everyone"),
    Show.INVITED: N_("Invited, no account yet"),
    Show.STAFF: N_("Our team"),
    Show.BLOCKED: N_("Blocked"),
    Show.MERGED: N_("Merged"),
    Show.UNCONFIRMED: N_("Not confirmed"),
}


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List matching people: those with a login, and invited people without one."""
    number = page_number()
    query = request.args.get("q", "").strip()
    show = _chosen_show()
    people, invited, systems = _found(query, show, number)
    return render(
        "people/staff_profiles.html",
        rows=people.items,
        invited=invited.items,
        invited_total=invited.total,
        invited_more=invited.has_more,
        has_more=invited.has_more if show is Show.INVITED else people.has_more,
        invited_url=url_for(".index", q=query or None, show=Show.INVITED.value),
        badges=badges,
        systems=systems,
        joined={row.public_id: _day(row.created_at) for row in people.items},
        asked={row.email: _day(row.invited_at) for row in invited.items},
        query=query,
        show=show.value,
        shown=[(each.value, _(words)) for each, words in SHOWN.items()],
        filters=_filters(query, show),
        pager=pager_of(number, PAGE_SIZE, invited.total if show is Show.INVITED else people.total),
    )


@blueprint.get("/<login_id>")
@open_to(Audience.STAFF)
def person(login_id: str) -> ResponseReturnValue:
    """Show one login: who it is, its current and past access, and its history."""
    return person_page(login_id, AliasForm())


def _found(
    query: str, show: Show, number: int
) -> tuple[Page[PersonRow], Page[InvitedRow], Mapping[int, str]]:
    """Return a page of people or of invited people, and the LMS of those without an address.

    Page 1 of everyone also has a few invited people.
    """
    offset = (number - 1) * PAGE_SIZE
    people: Page[PersonRow] = Page((), 0)
    invited: Page[InvitedRow] = Page((), 0)
    with read_session() as session:
        if show is not Show.INVITED:
            people = find_people(session, query, show=show, offset=offset, limit=PAGE_SIZE)
        if show is Show.INVITED:
            invited = find_invited(session, query, offset=offset, limit=PAGE_SIZE)
        elif show is Show.EVERYONE and number == 1:
            invited = find_invited(session, query, limit=FEW_INVITED)
        systems = learner_systems(session, (one.id for one in people.items if not one.email))
    return people, invited, systems


def _chosen_show() -> Show:
    try:
        return Show(request.args.get("show", ""))
    except ValueError:
        return Show.EVERYONE


def _filters(query: str, show: Show) -> list[tuple[str, str]]:
    chosen = []
    if query:
        chosen.append((f"“{query}”", this_url(q=None, page=None)))
    if show is not Show.EVERYONE:
        chosen.append((_(SHOWN[show]), this_url(show=None, page=None)))
    return chosen


def _day(at: datetime) -> str:
    return say_date(at, reading_zone())
