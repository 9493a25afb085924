"""Read models of cancellation offers: one for its payer, and all of a webinar for our team."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.access.decision_facts import load_cases
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of, kept_organization
from lms.access.policy import Action, Admitted, decide
from lms.cancellation_offers.bought import bought_by
from lms.cancellation_offers.exchanges import new_net
from lms.live.registrants import TO_COME
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.documents import CreditReason
from lms.models.grants import Scope
from lms.models.live import CancellationOffer, OfferChoice
from lms.models.orders import Order
from lms.models.organizations import MANAGING, Membership, Organization, Role
from lms.models.seats import Pool
from lms.own_orders.own_orders import refundable_until
from lms.sales import billing, credit_notes
from lms.sales.credit_notes import Credit, NewCreditNote
from lms.sales.invoices import live_invoice

MOST: Final = 30


@dataclass(frozen=True, slots=True)
class Worth:
    """The amounts to refund and to credit as unpaid, in minor units with tax."""

    paid_minor: int
    unpaid_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another webinar to choose; `more_minor` is the price difference before tax."""

    slug: str
    title: str
    held_at: datetime
    zone: str
    more_minor: int


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """A line of the purchase: its title and quantity; None is unlimited."""

    title: str
    quantity: int | None


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """An offer in one row: its payer, its webinar, and its outcome."""

    id: int
    public_id: str
    payer: str
    login_id: int | None
    organization_slug: str | None
    webinar: str
    webinar_slug: str
    held_at: datetime
    zone: str
    is_postponement: bool
    is_current: bool  # the webinar is canceled, or on the date that was offered
    choice: OfferChoice | None
    chosen_at: datetime | None
    other: str | None
    other_slug: str | None
    withdrawn_at: datetime | None
    again: str | None

    def is_open(self, now: datetime) -> bool:
        """Return whether a choice is still possible; for a postponed webinar, until it begins."""
        is_over = self.is_postponement and self.held_at <= now
        is_unused = self.choice is None and self.withdrawn_at is None
        return self.is_current and is_unused and not is_over


_Other = aliased(Webinar)
_OFFERS: Final = (
    select(
        CancellationOffer.id,
        CancellationOffer.public_id,
        func.coalesce(Organization.name, Login.name).label("payer"),
        CancellationOffer.login_id,
        Organization.slug.label("organization_slug"),
        Webinar.title.label("webinar"),
        Webinar.slug.label("webinar_slug"),
        Webinar.held_at,
        Webinar.zone,
        CancellationOffer.is_postponement,
        case(
            (
                CancellationOffer.is_postponement,
                Webinar.state.in_(TO_COME) & (Webinar.notice == CancellationOffer.notice),
            ),
            else_=Webinar.state == WebinarState.CANCELED,
        ).label("is_current"),
        CancellationOffer.choice,
        CancellationOffer.chosen_at,
        _Other.title.label("other"),
        _Other.slug.label("other_slug"),
        CancellationOffer.withdrawn_at,
        Order.public_id.label("again"),
    )
    .join(Webinar, Webinar.id == CancellationOffer.webinar_id)
    .outerjoin(_Other, _Other.id == CancellationOffer.other_id)
    .outerjoin(Login, Login.id == CancellationOffer.login_id)
    .outerjoin(Organization, Organization.id == CancellationOffer.organization_id)
    .outerjoin(Order, Order.id == CancellationOffer.again_id)
)


def offer_facts(session: Session, offer: CancellationOffer) -> OfferFacts:
    """Return the facts of an offer."""
    row = session.execute(_OFFERS.where(CancellationOffer.id == offer.id)).one()
    return OfferFacts(*tuple(row))


def offers_of(session: Session, webinar_id: int) -> tuple[OfferFacts, ...]:
    """Return every offer of a webinar, the newest cancellation first, by the payers' names."""
    rows = session.execute(
        _OFFERS.where(CancellationOffer.webinar_id == webinar_id).order_by(
            CancellationOffer.notice.desc(),
            func.lower(func.coalesce(Organization.name, Login.name)),
            CancellationOffer.id,
        )
    )
    return tuple(OfferFacts(*tuple(row)) for row in rows)


def open_offer_of(session: Session, webinar_id: int, login_id: int) -> str | None:
    """Return the public ID of an open offer that a person decides about, their own first; None without one."""
    decides_for = select(kept_organization(Membership.organization_id)).where(
        Membership.login_id.in_(logins_of(login_id)),
        Membership.role.in_((*MANAGING, Role.BILLING)),
    )
    return session.scalar(
        select(CancellationOffer.public_id)
        .where(
            CancellationOffer.webinar_id == webinar_id,
            or_(
                CancellationOffer.login_id.in_(logins_of(login_id)),
                kept_organization(CancellationOffer.organization_id).in_(decides_for),
            ),
            CancellationOffer.choice.is_(None),
            CancellationOffer.withdrawn_at.is_(None),
        )
        .order_by(CancellationOffer.login_id.is_(None), CancellationOffer.id.desc())
        .limit(1)
    )


def choices_to_make(session: Session, organization_id: int) -> tuple[OfferFacts, ...]:
    """Return an organization's open offers for canceled webinars, the oldest first."""
    rows = session.execute(
        _OFFERS.where(
            CancellationOffer.organization_id.in_(family_of(organization_id)),
            CancellationOffer.is_postponement.is_(False),
            CancellationOffer.choice.is_(None),
            CancellationOffer.withdrawn_at.is_(None),
            Webinar.state == WebinarState.CANCELED,
        ).order_by(CancellationOffer.id)
    )
    return tuple(OfferFacts(*tuple(row)) for row in rows)


def refund_is_offered(
    session: Session, offer: CancellationOffer, *, zone: ZoneInfo, now: datetime
) -> bool:
    """Return whether a payer may choose a refund: for a canceled webinar always, else by the policy."""
    if not offer.is_postponement:
        return True
    today = now.astimezone(zone).date()
    last = [
        refundable_until(session, one.order.placed_at, zone=zone)
        for one in bought_by(session, offer)
    ]
    return all(day is None or today <= day for day in last)


def lines_of(session: Session, offer: CancellationOffer) -> tuple[OfferedLine, ...]:
    """Return the lines that an offer's payer still has of the webinar."""
    return tuple(
        OfferedLine(billing.title_of(line), credit_notes.left_of_line(session, line).seats)
        for one in bought_by(session, offer)
        for line in one.lines
    )


def worth_of(session: Session, offer: CancellationOffer) -> Worth:
    """Return what a payer paid for an offer's webinar, and what is billed and not paid yet."""
    paid = unpaid = 0
    currency = "USD"
    for one in bought_by(session, offer):
        currency = one.order.currency
        invoice = live_invoice(session, one.order.id)
        if invoice is None:
            continue
        lines = tuple(Credit(line.public_id) for line in one.lines)
        worth = credit_notes.preview(session, one.order, NewCreditNote(CreditReason.RETURN, lines))
        settled_first = min(worth, invoice.open_minor)
        paid, unpaid = paid + worth - settled_first, unpaid + settled_first
    return Worth(paid, unpaid, currency)


def others_of(session: Session, offer: CancellationOffer, *, now: datetime) -> tuple[Other, ...]:
    """Return the webinars that a payer may choose: future ones first, without those they have."""
    on_sale = select(Webinar).where(
        Webinar.state == WebinarState.ANNOUNCED,
        Webinar.free.is_(False),
        Webinar.id != offer.webinar_id,
    )
    to_come = on_sale.where(Webinar.held_at > now).order_by(Webinar.held_at, Webinar.id)
    held = on_sale.where(Webinar.held_at <= now).order_by(Webinar.held_at.desc(), Webinar.id)
    rows = [one for query in (to_come, held) for one in session.scalars(query.limit(MOST))]
    taken = _taken(session, offer, [one.id for one in rows], now)
    left = [
        credit_notes.left_of_line(session, line)
        for each in bought_by(session, offer)
        for line in each.lines
    ]
    return tuple(
        Other(
            one.slug,
            one.title,
            one.held_at,
            one.zone,
            sum(new_net(session, each, one) - each.net_minor for each in left),
        )
        for one in rows
        if one.id not in taken
    )


def _taken(
    session: Session, offer: CancellationOffer, webinar_ids: list[int], now: datetime
) -> set[int]:
    """Return the webinars that a payer already has."""
    if offer.organization_id is not None:
        theirs = select(Pool.webinar_id).where(
            Pool.organization_id.in_(family_of(offer.organization_id)),
            Pool.scope == Scope.WEBINAR,
        )
        return {one for one in session.scalars(theirs) if one is not None}
    cases = load_cases(session, login_id=offer.login_id, webinar_ids=webinar_ids)
    return {
        webinar_id
        for webinar_id, case in cases.items()
        if isinstance(decide(case.login, case.webinar, Action.HANDOUT, now), Admitted)
    }
