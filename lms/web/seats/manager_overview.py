"""Manager overview of an organization: its pools, the waitlist, and to-dos."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.cancellation_offers.offer_links import offer_links
from lms.cancellation_offers.read_models import OfferFacts, choices_to_make
from lms.contracts import renewals
from lms.contracts.renewals import Shortage
from lms.core import clock
from lms.core.dates_and_time_zones import say_day
from lms.core.errors import NotFound
from lms.models.organizations import Role
from lms.order_reviews import takeovers
from lms.order_reviews.takeovers import Asked
from lms.organizations.manager_and_owner_permissions import Managed, managed_by
from lms.seats.pool_overview import PoolCard, Standing, read_pools
from lms.seats.seats_to_assign import pools_with_own_seat
from lms.web.core.current_user import required_viewer
from lms.web.core.manager_area import PEOPLE, area_links, render_in, zone_of
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.pagination import paged
from lms.web.core.request_context import carrel, read_session, render
from lms.web.core.route_guard import Audience, managed_organization, may_open, open_to
from lms.web.seats.assign_lines import purpose_url, take_url
from lms.web.seats.pool_texts import (
    CHOOSE_PURPOSE,
    SOON,
    pool_face,
    pool_names,
    pool_title,
    seats_line,
)

PAGE_SIZE: Final = 24
MOST_NEEDS: Final = 20
blueprint = Blueprint("organizations", __name__, url_prefix="/organization")


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a manager should act on, with a link."""

    text: str
    url: str
    label: str
    kind: str = "attention"


@blueprint.get("")
@open_to(Audience.SIGNED_IN)
def index() -> ResponseReturnValue:
    person = required_viewer()
    with read_session() as session:
        found = managed_by(session, person.login_id, roles=set(Role) - {Role.MEMBER})
    if not found:
        raise NotFound
    if len(found) == 1:
        return redirect(url_for(".overview", organization_id=found[0].public_id), code=303)
    return render("seats/manager_organizations.html", organizations=found)


@blueprint.get("/<organization_id>")
@open_to(
    Audience.MANAGERS,
    Audience.SUPERVISORS,
    Audience.BILLING,
    Audience.LMS_ADMINS,
    Audience.BOOKKEEPERS,
)
def overview(organization_id: str) -> ResponseReturnValue:
    """Show the pools to managers; redirect everyone else to the first page of their menu."""
    managed, now = managed_organization(organization_id), clock.now()
    if not may_open(PEOPLE):
        [(_heading, [(_label, url, _icon), *_others]), *_groups] = area_links(managed)
        return redirect(url, code=303)
    with read_session() as session:
        cards = tuple(
            card for card in read_pools(session, managed.facts.id, now=now) if _is_shown(card)
        )
        asked = takeovers.open_of(session, managed.facts.id)
        shortages = [
            (card, renewals.shortage_ahead(session, card.id, now=now))
            for card in cards
            if any(line.starts_at > now for line in card.lines)
        ]
        canceled = choices_to_make(session, managed.facts.id) if managed.role else ()
        own = pools_with_own_seat(session, required_viewer().login_id)
    zone = zone_of(managed)
    needs = [
        *(_takeover(managed, one) for one in asked),
        *(_choice(one) for one in canceled),
        *(_fewer(managed, card, ahead, zone) for card, ahead in shortages if ahead),
        *(need for card in cards for need in _needs(managed, card)),
    ]
    query = request.args.get("q", "").strip()
    names = pool_names(organization_id, cards)
    found = names.matching(query)
    shown, pager = paged([card for card in cards if card.public_id in found], PAGE_SIZE)
    return render_in(
        managed,
        "seats/manager_overview.html",
        faces=[pool_face(card, organization_id, zone=zone, now=now) for card in shown],
        query=query,
        pager=pager,
        has_pages=len(cards) > PAGE_SIZE,
        take_urls={
            card.public_id: take_url(card.public_id)
            for card in cards
            if managed.role and card.is_to_assign and card.id not in own
        },
        purpose_urls={
            card.public_id: purpose_url(organization_id, card.public_id)
            for card in cards
            if card.has_purpose
        },
        seats_lines={
            card.public_id: seats_line(
                card.unassigned, has_own=card.id in own or managed.role is None
            )
            for card in cards
            if card.is_to_assign
        },
        allots=[
            card.public_id
            for card in cards
            if card.allotted_by is None and (managed.has_children or card.counts.allotted)
        ],
        needs=needs[:MOST_NEEDS],
        more_needs=max(0, len(needs) - MOST_NEEDS),
        ending=[
            pool_face(card, organization_id, zone=zone, now=now)
            for card in cards
            if _ends(card, now)
        ][:MOST_NEEDS],
        totals=_totals(cards),
    )


def _is_shown(card: PoolCard) -> bool:
    """Return whether to show a pool: it isn't fully revoked, or people still have seats in it."""
    is_taken_back = card.term.standing is Standing.LAPSED and card.term.until is None
    return not is_taken_back or bool(card.used or card.counts.frozen)


def _ends(card: PoolCard, at: datetime) -> bool:
    lapses = card.term.until is not None and card.term.until - at <= SOON
    return lapses or (card.term.standing is Standing.LAPSED and card.counts.frozen > 0)


def _totals(cards: tuple[PoolCard, ...]) -> list[tuple[str, str]]:
    """Return the numbers of all active pools; none if every one is zero."""
    live = [card for card in cards if card.term.standing is not Standing.LAPSED]
    claimed = sum(card.counts.claimed for card in live)
    invited = sum(card.counts.invited for card in live)
    waiting = sum(card.counts.waiting for card in live)
    free = sum(card.free or 0 for card in live)
    if not (claimed or invited or waiting or free):
        return []
    is_unlimited = any(card.free is None for card in live)
    return [
        (_("Seats claimed"), counted(claimed)),
        (_("Open invitations"), counted(invited)),
        (_("Available seats"), _("Unlimited") if is_unlimited else counted(free)),
        (_("On the waitlist"), counted(waiting)),
    ]


def _takeover(managed: Managed, asked: Asked) -> Need:
    text = _(
        "A person with an email address at your domain placed an order for “%(name)s.”",
        name=asked.ordered_for,
    )
    url = url_for(
        "organization_takeovers.show",
        organization_id=managed.facts.public_id,
        takeover_id=asked.public_id,
    )
    return Need(text, url, _("Review order"))


def _choice(offer: OfferFacts) -> Need:
    text = _("“%(title)s” was canceled. Choose a refund or another option.", title=offer.webinar)
    return Need(text, offer_links(carrel().settings).page(offer.public_id), _("See your options"))


def _fewer(managed: Managed, card: PoolCard, ahead: Shortage, zone: ZoneInfo) -> Need:
    text = ngettext(
        "%(pool)s will have fewer seats starting %(day)s. %(count)s person will lose their seat.",
        "%(pool)s will have fewer seats starting %(day)s. %(count)s people will lose their seats.",
        len(ahead.leavers),
        pool=pool_title(card),
        day=say_day(ahead.at, zone),
        count=counted(len(ahead.leavers)),
    )
    url = url_for(
        "organization_renewal.renewal",
        organization_id=managed.facts.public_id,
        pool_id=card.public_id,
    )
    return Need(text, url, _("Choose who keeps a seat"))


def _needs(managed: Managed, card: PoolCard) -> list[Need]:
    title, here = pool_title(card), managed.facts.public_id
    rows: dict[str, Any] = {"organization_id": here, "pool": card.public_id}
    needs = []
    if card.awaits_purpose:
        text = _("%(pool)s: you have unlimited seats. Who are they for?", pool=title)
        needs.append(Need(text, purpose_url(here, card.public_id), _(CHOOSE_PURPOSE), "note"))
    if card.counts.waiting:
        text = ngettext(
            "%(count)s person is waiting for a seat for %(pool)s.",
            "%(count)s people are waiting for a seat for %(pool)s.",
            card.counts.waiting,
            count=counted(card.counts.waiting),
            pool=title,
        )
        url = url_for(
            "organization_invitations.invitations", organization_id=here, pool_id=card.public_id
        )
        needs.append(Need(text, f"{url}#waiting", _("View waitlist")))
    if card.counts.awaiting_approval:
        text = ngettext(
            "%(count)s released seat for %(pool)s needs our approval before you can assign it "
            "again.",
            "%(count)s released seats for %(pool)s need our approval before you can assign them "
            "again.",
            card.counts.awaiting_approval,
            count=counted(card.counts.awaiting_approval),
            pool=title,
        )
        url = url_for("organization_people.people", state="locked", **rows)
        needs.append(Need(text, url, _("View seats"), "note"))
    return needs
