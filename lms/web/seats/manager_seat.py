"""Manager page for one seat: its person, their progress, and its history."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.certificates.read_models import list_in_seat
from lms.core.clock import now
from lms.core.dates_and_time_zones import say_date, say_datetime_in_table
from lms.core.errors import N_, NotFound
from lms.models.grants import Scope
from lms.models.seats import AssignmentEnd, AssignmentState, SeatState
from lms.organizations.manager_and_owner_permissions import Managed
from lms.seats import invitations
from lms.seats.pool_overview import PoolCard, read_pool
from lms.seats.read_models import SeatFacts, SeatHolder, find_seat, read_history
from lms.seats.seat_table import Standing
from lms.seats.watch_progress import COMPLETED_FROM, read_shares
from lms.web.certificates.texts_and_pdfs import day_of, hours_words
from lms.web.core.current_user import acting
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, links
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.seats.pool_texts import pool_title
from lms.web.seats.seat_table_filters import STANDING_BADGES, STANDING_WORDS

blueprint = Blueprint(
    "organization_seat", __name__, url_prefix="/organization/<organization_id>/seats"
)

ON_APPROVAL: Final = N_("after we approve it")
ENDINGS: Final = {
    AssignmentEnd.EXPIRED: N_("Invitation expired"),
    AssignmentEnd.REMOVED: N_("Released by a manager"),
    AssignmentEnd.REASSIGNED: N_("Reassigned"),
    AssignmentEnd.LEFT: N_("Released by the person"),
    AssignmentEnd.OVER_CAPACITY: N_("Released: fewer seats after renewal"),
    AssignmentEnd.LAPSED: N_("Contract ended"),
    AssignmentEnd.ERASED: N_("Account deleted"),
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """One person's time in the seat, as shown."""

    name: str
    email: str
    since: str
    until: str
    how: str


@blueprint.get("/<seat_id>")
@open_to(Audience.MANAGERS)
def seat(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    zone = zone_of(managed)
    with read_session() as session:
        found = own_seat(session, managed, seat_id)
        card = read_pool(session, managed.facts.id, found.pool, now=now())
        history = read_history(session, found.id)
        shares = read_shares(session, [history[0].assignment_id]) if history else {}
        earned = list_in_seat(session, history[0].assignment_id) if history else ()
    sits = history[0] if history and history[0].ended_at is None else None
    is_locked = found.state is SeatState.LOCKED
    return render_in(
        managed,
        "seats/manager_seat.html",
        seat=found,
        pool=pool_title(card),
        pool_id=card.public_id,
        person=_name(sits) if sits else _("Unassigned seat"),
        badge=_badge(found, sits),
        facts=_facts(found, card, sits, next(iter(shares.values()), ()), zone),
        may_be_released=sits is not None,
        is_open=sits is not None
        and sits.state in (AssignmentState.INVITED, AssignmentState.OFFERED),
        may_be_given_on=sits is not None and sits.state is not AssignmentState.FROZEN,
        may_be_readdressed=found.login_id is None,
        is_locked=is_locked,
        waits_for_approval=is_locked and found.opens_at is None,
        certificates=[(each, day_of(each), hours_words(each.credit_minutes)) for each in earned],
        history=[_chapter(each, zone) for each in history],
    )


@blueprint.post("/<seat_id>/resend")
@open_to(Audience.MANAGERS)
def resend(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        found = own_seat(session, managed, seat_id)
        invitations.send_again(session, seat_id, links=links(), **acting())
    flash(_("The invitation was sent again. Earlier links no longer work."), "done")
    if request.form.get("from") == "pool":
        return see_other(
            "organization_invitations.invitations",
            organization_id=organization_id,
            pool_id=found.pool,
        )
    return see_other(".seat", organization_id=organization_id, seat_id=seat_id)


@blueprint.post("/<seat_id>/link")
@open_to(Audience.MANAGERS)
def fresh_link(organization_id: str, seat_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        found = own_seat(session, managed, seat_id)
        token = invitations.fresh_link(session, seat_id, **acting())
    page = render_in(
        managed,
        "seats/manager_seat_link.html",
        person=found.name or found.email or "",
        email=found.email,
        seat_id=seat_id,
        link=links().page(f"/claim/{token}"),
    )
    return keep_nothing(make_response(page))


def own_seat(session: Session, managed: Managed, seat_id: str) -> SeatFacts:
    """Return a seat of this organization; raises NotFound for any other."""
    found = find_seat(session, seat_id)
    if found.organization_id != managed.facts.id:
        raise NotFound
    return found


def _name(holder: SeatHolder) -> str:
    return holder.name or holder.email or _("Person without an email address")


def _badge(found: SeatFacts, sits: SeatHolder | None) -> tuple[str, str]:
    if sits is None:
        if found.state is SeatState.LOCKED:
            return _(STANDING_WORDS[Standing.LOCKED]), "locked"
        return _("Available"), "free"
    standing = Standing(sits.state.value)
    return _(STANDING_WORDS[standing]), STANDING_BADGES[standing]


def _facts(
    found: SeatFacts,
    card: PoolCard,
    sits: SeatHolder | None,
    shares: tuple[float, ...],
    zone: ZoneInfo,
) -> list[tuple[str, str]]:
    pairs = [(_("Seat for"), pool_title(card))]
    if sits is not None:
        pairs.append((_("Email address"), sits.email or ""))
        pairs.append((_("Invited"), say_date(sits.invited_at, zone)))
        if sits.claimed_at is not None:
            pairs.append((_("Claimed"), say_date(sits.claimed_at, zone)))
        if sits.expires_at is not None and sits.state is not AssignmentState.CLAIMED:
            pairs.append((_("Expires"), say_datetime_in_table(sits.expires_at, zone)))
        if sits.state is AssignmentState.CLAIMED:
            pairs.extend(_watched(card, shares))
    elif found.state is SeatState.LOCKED:
        opens = say_datetime_in_table(found.opens_at, zone) if found.opens_at else ""
        pairs.append((_("Can be assigned"), opens or _(ON_APPROVAL)))
    pairs.append((_("Reference"), found.public_id))
    return pairs


def _watched(card: PoolCard, shares: tuple[float, ...]) -> list[tuple[str, str]]:
    completed = sum(share >= COMPLETED_FROM for share in shares)
    if card.scope is Scope.WEBINAR:
        share = max(shares, default=0.0)
        done = _("Yes") if completed else _("Not yet")
        return [(_("Watched"), f"{round(100 * share)}%"), (_("Completed"), done)]
    return [(_("Webinars started"), str(len(shares))), (_("Completed"), str(completed))]


def _chapter(holder: SeatHolder, zone: ZoneInfo) -> Chapter:
    ended = holder.ended_as
    how = _(ENDINGS[ended]) if ended else _(STANDING_WORDS[Standing(holder.state.value)])
    return Chapter(
        name=_name(holder),
        email=(holder.email or "") if holder.name else "",
        since=say_date(holder.claimed_at or holder.invited_at, zone),
        until=say_date(holder.ended_at, zone) if holder.ended_at else "",
        how=how,
    )
