"""Grant and seat rows on the staff pages of a person."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from lms.access.policy import Code
from lms.core.dates_and_time_zones import say_date, say_last_date
from lms.core.errors import N_
from lms.models.grants import OfferKind, Scope
from lms.models.orders import Terms
from lms.models.seats import AssignmentEnd, AssignmentState
from lms.people.grant_and_seat_history import HeldGrant, HeldSeat, OrderedAs

KINDS: Final = {
    OfferKind.SINGLE: N_("Single webinar"),
    OfferKind.GROUP_SEATS: N_("Group seats"),
    OfferKind.GROUP_SHOWING: N_("Group viewing"),
    OfferKind.INSTITUTIONAL: N_("Institutional"),
    OfferKind.PASS: N_("Pass"),
    OfferKind.CONTRACT: N_("Contract"),
}
SCOPES: Final = {
    Scope.WEBINAR: N_("%(covers)s"),
    Scope.PRESENTER: N_("All webinars with %(covers)s"),
    Scope.SERIES: N_("Series %(covers)s"),
    Scope.EVERYTHING: N_("Every webinar"),
}
TERMS: Final = {
    Terms.CARD: N_("by card"),
    Terms.INVOICE: N_("on invoice"),
    Terms.PURCHASE_ORDER: N_("on a purchase order"),
    Terms.CHECK: N_("by check"),
    Terms.COMPLIMENTARY: N_("complimentary"),
    Terms.HISTORY: N_("past sale"),
}
_STANDINGS: Final = {
    Code.OK_PERMANENT: (N_("Active"), "open"),
    Code.OK_TERM: (N_("Active"), "term"),
    Code.OK_GRACE: (N_("Grace period"), "soon"),
    Code.CONTRACT_LAPSED: (N_("Ended"), "none"),
    Code.NOT_STARTED: (N_("Not started"), "soon"),
    Code.PAYMENT_PENDING: (N_("Awaiting payment"), "soon"),
    Code.PAYMENT_OVERDUE: (N_("On hold until paid"), "soon"),
    Code.PASS_EXPIRED: (N_("Ended"), "none"),
    Code.SUSPENDED_DISPUTE: (N_("Paused"), "soon"),
    Code.REFUNDED: (N_("Refunded"), "danger"),
    Code.REVOKED: (N_("Revoked"), "danger"),
}
_SEATS: Final = {
    AssignmentState.INVITED: (N_("Invited"), "soon"),
    AssignmentState.OFFERED: (N_("Offered"), "soon"),
    AssignmentState.CLAIMED: (N_("Claimed"), "open"),
    AssignmentState.FROZEN: (N_("Saved for renewal"), "soon"),
    AssignmentState.RELEASED: (N_("Ended"), "none"),
}
_ENDINGS: Final = {
    AssignmentEnd.EXPIRED: N_("invitation expired"),
    AssignmentEnd.REMOVED: N_("removed by a manager"),
    AssignmentEnd.REASSIGNED: N_("reassigned"),
    AssignmentEnd.LEFT: N_("released by the person"),
    AssignmentEnd.OVER_CAPACITY: N_("the renewal has fewer seats"),
    AssignmentEnd.LAPSED: N_("the contract ended"),
    AssignmentEnd.ERASED: N_("account deleted"),
}


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant, as its row shows it."""

    id: str
    what: str
    kind: str
    term: str
    source: str
    order: str | None  # its public id
    state: str
    badge: str
    note: str
    is_revocable: bool
    is_of_merged: bool


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat, as its row shows it."""

    what: str
    organization: str
    slug: str
    state: str
    badge: str
    when: str
    note: str


def grant_row(held: HeldGrant, *, login_id: str, zone: ZoneInfo) -> GrantRow:
    """Return a grant in words, with days in `zone`."""
    state, badge = standing_words(held.code)
    return GrantRow(
        id=held.public_id,
        what=covered(held.scope, held.covers),
        kind=_(KINDS[held.kind]),
        term=_term(held, zone),
        source=_ordered(held.order, zone)
        if held.order
        else _("Given %(day)s", day=say_date(held.created_at, zone)),
        order=held.order.public_id if held.order else None,
        state=state,
        badge=badge,
        note=_note(held, zone),
        is_revocable=held.revoked_at is None,
        is_of_merged=held.via != login_id,
    )


def seat_row(seat: HeldSeat, *, zone: ZoneInfo) -> SeatRow:
    """Return a seat in words."""
    state, badge = _SEATS[seat.state]
    return SeatRow(
        what=covered(seat.scope, seat.covers),
        organization=seat.organization,
        slug=seat.organization_slug,
        state=_(state),
        badge=badge,
        when=_seat_when(seat, zone),
        note=_(_ENDINGS[seat.ended_as]) if seat.ended_as else "",
    )


def standing_words(code: Code) -> tuple[str, str]:
    """Return the status of a grant on its own, and the kind of its badge."""
    state, badge = _STANDINGS.get(code, (N_("Not active"), "none"))
    return _(state), badge


def covered(scope: Scope, covers: str) -> str:
    """Return what a grant or a pool covers."""
    return str(_(SCOPES[scope], covers=covers))


def _term(held: HeldGrant, zone: ZoneInfo) -> str:
    since = say_date(held.starts_at, zone)
    if held.ends_at is None:
        return _("Permanent, since %(since)s", since=since)
    return _("%(since)s to %(until)s", since=since, until=say_last_date(held.ends_at, zone))


def _ordered(order: OrderedAs, zone: ZoneInfo) -> str:
    day, terms = say_date(order.placed_at, zone), _(TERMS[order.terms])
    told = _("Ordered %(day)s, %(terms)s", day=day, terms=terms)
    if order.organization:
        told = _(
            "Ordered by %(organization)s on %(day)s, %(terms)s",
            organization=order.organization,
            day=day,
            terms=terms,
        )
    return f"{told} ({order.po_number})" if order.po_number else told


def _note(held: HeldGrant, zone: ZoneInfo) -> str:
    if held.revoked_at is not None:
        day = say_date(held.revoked_at, zone)
        reason = held.revoked_reason or ""
        return f"{day}: {reason}" if reason else day
    if held.suspended_at is not None:
        return _("since %(day)s, because of a dispute", day=say_date(held.suspended_at, zone))
    return ""


def _seat_when(seat: HeldSeat, zone: ZoneInfo) -> str:
    if seat.ended_at is not None:
        return _("until %(day)s", day=say_date(seat.ended_at, zone))
    if seat.claimed_at is not None:
        return _("since %(day)s", day=say_date(seat.claimed_at, zone))
    if seat.expires_at is not None:
        return _("Open until %(day)s", day=say_date(seat.expires_at, zone))
    return say_date(seat.created_at, zone)
