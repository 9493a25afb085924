"""Manager page for a pool's open invitations, shared link, and waitlist (S4, S5, S9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core import clock
from lms.core.dates_and_time_zones import say_date, say_datetime_in_table
from lms.core.errors import NotFound
from lms.organizations.manager_and_owner_permissions import Managed
from lms.seats import claim_links, waitlist
from lms.seats.pool_overview import read_pool
from lms.seats.seat_table import PAGE_SIZE, Order, SeatRow, Sort, Standing, Wanted, read_rows
from lms.web.core.current_user import required_viewer
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, links
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.manager_seat_forms import OpenLinkForm
from lms.web.seats.pool_texts import pool_title
from lms.web.seats.seat_table_filters import (
    BOUNCED_WORDS,
    STANDING_BADGES,
    STANDING_WORDS,
    UNSUBSCRIBED,
)

blueprint = Blueprint(
    "organization_invitations",
    __name__,
    url_prefix="/organization/<organization_id>/pools/<pool_id>",
)

WAITING_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class OpenOne:
    """An unclaimed invitation or offer, as shown."""

    seat_id: str
    name: str
    email: str
    state: str
    badge_kind: str
    age: str
    until: str


@blueprint.get("/invitations")
@open_to(Audience.MANAGERS)
def invitations(organization_id: str, pool_id: str) -> ResponseReturnValue:
    return _page(managed_organization(organization_id), pool_id, OpenLinkForm())


@blueprint.post("/open-link")
@open_to(Audience.MANAGERS)
def open_link(organization_id: str, pool_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    form = OpenLinkForm(request.form)
    with read_session() as session:
        card = read_pool(session, managed.facts.id, pool_id, now=now)
    if not card.takes_people:
        flash(_("You can't invite people because access with these seats has ended."), "attention")
        return see_other(".invitations", organization_id=organization_id, pool_id=pool_id)
    if not form.validate():
        return _page(managed, pool_id, form), 400
    with transaction() as session:
        token = claim_links.open_link(
            session,
            card.id,
            expires_at=now + timedelta(days=form.days.data or 1),
            most_uses=form.most_uses.data or 1,
            actor=required_viewer().public_id,
            now=now,
        )
    page = render_in(
        managed,
        "seats/manager_open_link.html",
        pool=pool_title(card),
        pool_id=pool_id,
        link=links().page(f"/claim/{token}"),
        until=say_datetime_in_table(now + timedelta(days=form.days.data or 1), zone_of(managed)),
        most=form.most_uses.data or 1,
        said=counted(form.most_uses.data or 1),
    )
    return keep_nothing(make_response(page))


@blueprint.post("/open-link/close")
@open_to(Audience.MANAGERS)
def close_link(organization_id: str, pool_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    with transaction() as session:
        card = read_pool(session, managed.facts.id, pool_id, now=now)
        claim_links.close_open_link(session, card.id, actor=required_viewer().public_id, now=now)
    flash(_("The shared link is turned off. People keep the seats they claimed with it."), "done")
    return see_other(".invitations", organization_id=organization_id, pool_id=pool_id)


@blueprint.post("/waiting/<entry_id>/remove")
@open_to(Audience.MANAGERS)
def remove(organization_id: str, pool_id: str, entry_id: str) -> ResponseReturnValue:
    managed, now = managed_organization(organization_id), clock.now()
    with transaction() as session:
        card = read_pool(session, managed.facts.id, pool_id, now=now)
        waitlist.remove(session, card.id, entry_id, actor=required_viewer().public_id, now=now)
    flash(_("The person was removed from the waitlist."), "done")
    return see_other(".invitations", organization_id=organization_id, pool_id=pool_id)


def _page(managed: Managed, pool_id: str, form: OpenLinkForm) -> str:
    now, number, here = clock.now(), page_number(), managed.facts
    oldest_first = Order(Sort.SINCE)
    with read_session() as session:
        card = read_pool(session, here.id, pool_id, now=now)
        invited = read_rows(
            session,
            here.id,
            Wanted(pool_id=pool_id, standing=Standing.INVITED),
            oldest_first,
            offset=(number - 1) * PAGE_SIZE,
        )
        wanted = Wanted(pool_id=pool_id, standing=Standing.OFFERED)
        offered = read_rows(session, here.id, wanted, oldest_first, offset=0)
        rows = (*offered.items, *invited.items)
        link = claim_links.find_open_link(session, card.id, now=now)
        queue = waitlist.list_waiting(session, card.id)
    if number > 1 and not invited.items:
        raise NotFound
    zone = zone_of(managed)
    return render_in(
        managed,
        "seats/manager_open_invitations.html",
        pool=pool_title(card),
        pool_id=pool_id,
        takes_people=card.takes_people,
        rows=[_open_one(row, zone, now) for row in rows],
        pager=pager_of(
            number,
            PAGE_SIZE,
            invited.total,
            url=lambda page: url_for(
                ".invitations", organization_id=here.public_id, pool_id=pool_id, page=page
            ),
        ),
        is_paged=invited.total > PAGE_SIZE,
        form=form,
        open_link=None
        if link is None
        else ngettext(
            "Expires %(until)s. Used by %(uses)s of %(most)s person.",
            "Expires %(until)s. Used by %(uses)s of %(most)s people.",
            link.most_uses,
            until=say_datetime_in_table(link.expires_at, zone),
            uses=counted(link.uses),
            most=counted(link.most_uses),
        ),
        waiting=[
            (each.public_id, each.position, each.name, each.email, say_date(each.joined_at, zone))
            for each in queue[:WAITING_SHOWN]
        ],
        waiting_more=max(0, len(queue) - WAITING_SHOWN),
    )


def _open_one(row: SeatRow, zone: ZoneInfo, at: datetime) -> OpenOne:
    days = (at - row.since).days
    return OpenOne(
        seat_id=row.seat_id,
        name=row.name or row.email or _("Person without an email address"),
        email=(row.email or "") if row.name else "",
        state=_open_state(row),
        badge_kind="danger" if row.bounced or row.unsubscribed else STANDING_BADGES[row.standing],
        age=ngettext("%(num)s day ago", "%(num)s days ago", days) if days else _("today"),
        until=say_date(row.expires_at, zone) if row.expires_at else "",
    )


def _open_state(row: SeatRow) -> str:
    """Return the status of an invitation, or why its email doesn't arrive."""
    if row.bounced:
        return _(BOUNCED_WORDS)
    if row.unsubscribed:
        return _(UNSUBSCRIBED)
    return _(STANDING_WORDS[row.standing])
