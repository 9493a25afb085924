"""Read models of customer requests: one request, and our team's list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from lms.core.errors import N_, or_not_found
from lms.core.list_queries import Page, count_rows
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind
from lms.models.orders import DeliveredThrough, Order, OrderLine
from lms.models.organizations import Organization
from lms.models.requests import DeskRequest, RequestKind, RequestState
from lms.models.seats import Seat

OPEN: Final = (RequestState.NEW, RequestState.IN_HAND)
NUMBER: Final = 8  # the first characters of the public ID, short enough to read aloud
KIND_WORDS: Final[Mapping[RequestKind, str]] = {
    RequestKind.REGISTER: N_("Register for a webinar"),
    RequestKind.GROUP: N_("Seats for several people"),
    RequestKind.SHOWING: N_("Show it to a group"),
    RequestKind.INSTITUTION: N_("Everyone at one institution"),
    RequestKind.PASS: N_("An all-access pass"),
    RequestKind.CONTRACT: N_("A contract for an organization"),
    RequestKind.RENEWAL: N_("Renew a contract"),
    RequestKind.PURCHASE_ORDER: N_("Send a purchase order"),
    RequestKind.INVOICE: N_("Pay by invoice"),
    RequestKind.CHECK: N_("Pay by check"),
    RequestKind.TROUBLE: N_("Question or problem"),
    RequestKind.MORE_SEATS: N_("Add seats"),
    RequestKind.REASSIGN: N_("Reassign a seat"),
    RequestKind.DOMAIN: N_("Verify an email domain"),
    RequestKind.VENDOR_FORM: N_("Fill out a vendor form"),
    RequestKind.BARRIER: N_("Accessibility barrier"),
    RequestKind.ACCOMMODATION: N_("Accommodation at a live session"),
}
MONEY_BACK: Final = "MONEY_BACK"  # the reference code of refund requests


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request; fields ending in `_id` are row ids, except public ones.

    `to_email` is the person named for a seat. `owner` is the name of the person of our team who answers,
    `owner_key` their public ID.
    """

    id: int
    public_id: str
    kind: RequestKind
    offer: OfferKind | None
    state: RequestState
    name: str
    email: str
    organization_name: str
    login_id: int | None
    owner: str | None
    owner_key: str | None
    organization_id: int | None
    organization_slug: str | None
    webinar_id: int | None
    webinar_slug: str | None
    webinar_title: str | None
    pool_id: int | None
    seat_public_id: str | None
    order_id: int | None
    order_public_id: str | None
    is_ordered: bool
    is_order_canceled: bool
    quantity: int | None
    covers: str
    delivered_through: DeliveredThrough
    quoted_minor: int | None
    quoted_currency: str | None
    message: str
    to_email: str | None
    to_name: str
    reference: str
    file_key: str | None
    file_name: str | None
    answer_file_key: str | None
    answer_file_name: str | None
    refusal: str
    answer: str
    note: str
    created_at: datetime
    due_at: datetime
    closed_at: datetime | None

    @property
    def number(self) -> str:
        """Return the request's number for people: `3F7K-9QXT`."""
        return number_of(self.public_id)

    @property
    def is_open(self) -> bool:
        """Return whether our team still must answer."""
        return self.state in OPEN

    @property
    def asks_money_back(self) -> bool:
        """Return whether it requests a refund for a webinar."""
        return self.refusal == MONEY_BACK

    @property
    def is_always_answered(self) -> bool:
        """Return whether it can't be closed without an emailed answer, unless the person was erased."""
        return self.kind is RequestKind.ACCOMMODATION and bool(self.email)

    @property
    def kind_words(self) -> str:
        """Return what is requested, as text."""
        return N_("Refund") if self.asks_money_back else KIND_WORDS[self.kind]

    def is_overdue(self, now: datetime) -> bool:
        """Return whether it is open and its due time has passed."""
        return self.is_open and now >= self.due_at


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of a list: words, states, kind, and the owner's public ID.

    `overdue_at` selects requests overdue at that time.
    """

    query: str = ""
    states: Sequence[RequestState] = ()
    kind: RequestKind | None = None
    owner: str = ""
    overdue_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many requests are open, and of these, overdue, for an accommodation, and assigned to one login."""

    total: int
    overdue: int
    accommodations: int = 0
    own: int = 0


_OWNER: Final = aliased(Login)
# the price in the draft order, as of that day
_QUOTED: Final = (
    select(func.sum(OrderLine.net_minor))
    .where(OrderLine.order_id == DeskRequest.order_id, OrderLine.replaced_at.is_(None))
    .correlate(DeskRequest)
    .scalar_subquery()
)
_FACTS: Final = (
    select(
        DeskRequest.id,
        DeskRequest.public_id,
        DeskRequest.kind,
        DeskRequest.offer,
        DeskRequest.state,
        DeskRequest.name,
        DeskRequest.email,
        DeskRequest.organization_name,
        DeskRequest.login_id,
        _OWNER.name.label("owner"),
        _OWNER.public_id.label("owner_key"),
        DeskRequest.organization_id,
        Organization.slug.label("organization_slug"),
        DeskRequest.webinar_id,
        Webinar.slug.label("webinar_slug"),
        Webinar.title.label("webinar_title"),
        DeskRequest.pool_id,
        Seat.public_id.label("seat_public_id"),
        DeskRequest.order_id,
        Order.public_id.label("order_public_id"),
        Order.placed_at.is_not(None).label("is_ordered"),
        Order.canceled_at.is_not(None).label("is_order_canceled"),
        DeskRequest.quantity,
        DeskRequest.covers,
        DeskRequest.delivered_through,
        _QUOTED.label("quoted_minor"),
        Order.currency.label("quoted_currency"),
        DeskRequest.message,
        DeskRequest.to_email,
        DeskRequest.to_name,
        DeskRequest.reference,
        DeskRequest.file_key,
        DeskRequest.file_name,
        DeskRequest.answer_file_key,
        DeskRequest.answer_file_name,
        DeskRequest.refusal,
        DeskRequest.answer,
        DeskRequest.note,
        DeskRequest.created_at,
        DeskRequest.due_at,
        DeskRequest.closed_at,
    )
    .select_from(DeskRequest)
    .outerjoin(_OWNER, _OWNER.id == DeskRequest.owner_id)
    .outerjoin(Organization, Organization.id == DeskRequest.organization_id)
    .outerjoin(Webinar, Webinar.id == DeskRequest.webinar_id)
    .outerjoin(Seat, Seat.id == DeskRequest.seat_id)
    .outerjoin(Order, Order.id == DeskRequest.order_id)
)


def number_of(public_id: str) -> str:
    """Return the first characters of a public ID for people: `3F7K-9QXT`."""
    first = public_id[:NUMBER].upper()
    return f"{first[:4]}-{first[4:]}"


def find_request(session: Session, request_id: str) -> RequestFacts:
    """Return a request by its public ID; raises NotFound."""
    row = session.execute(_FACTS.where(DeskRequest.public_id == request_id)).one_or_none()
    return _facts(or_not_found(row))


def find_requests(session: Session, request_ids: Sequence[str]) -> tuple[RequestFacts, ...]:
    """Return the requests with these public IDs, oldest first."""
    rows = session.execute(
        _FACTS.where(DeskRequest.public_id.in_(request_ids)).order_by(DeskRequest.id)
    )
    return tuple(_facts(row) for row in rows)


def list_requests(
    session: Session, wanted: Wanted, *, offset: int, limit: int
) -> Page[RequestFacts]:
    """Return a page of requests: open ones by due time, then closed ones, newest first."""
    conditions = _conditions(wanted)
    counted = select(DeskRequest.id).where(*conditions)
    rows = session.execute(
        _FACTS.where(*conditions)
        .order_by(
            DeskRequest.closed_at.is_not(None),
            DeskRequest.closed_at.desc(),
            DeskRequest.due_at,
            DeskRequest.id,
        )
        .offset(offset)
        .limit(limit)
    )
    return Page(tuple(_facts(row) for row in rows), count_rows(session, counted))


def count_waiting(session: Session, *, login_id: int, now: datetime) -> Waiting:
    """Return how many requests are open, overdue, about accommodations, and assigned to a login."""
    is_open = DeskRequest.state.in_(OPEN)
    row = session.execute(
        select(
            func.count(),
            func.count().filter(DeskRequest.due_at <= now),
            func.count().filter(DeskRequest.kind == RequestKind.ACCOMMODATION),
            func.count().filter(DeskRequest.owner_id == login_id),
        ).where(is_open)
    ).one()
    return Waiting(*row)


def requests_of_order(session: Session, order_id: int) -> tuple[RequestFacts, ...]:
    """Return the requests that an order answers, oldest first."""
    rows = session.execute(_FACTS.where(DeskRequest.order_id == order_id).order_by(DeskRequest.id))
    return tuple(_facts(row) for row in rows)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_says(word) for word in wanted.query.split()]
    if wanted.states:
        conditions.append(DeskRequest.state.in_(wanted.states))
    if wanted.kind is not None:
        conditions.append(DeskRequest.kind == wanted.kind)
    if wanted.owner:
        owner = select(Login.id).where(Login.public_id == wanted.owner)
        conditions.append(DeskRequest.owner_id == owner.scalar_subquery())
    if wanted.overdue_at is not None:
        late = DeskRequest.due_at <= wanted.overdue_at
        conditions.append(and_(DeskRequest.state.in_(OPEN), late))
    return conditions


def _says(word: str) -> ColumnElement[bool]:
    """Return the condition that a word is in a request's contact or subject, or begins its number."""
    about = select(Webinar.id).where(Webinar.title.icontains(word, autoescape=True))
    return or_(
        DeskRequest.name.icontains(word, autoescape=True),
        DeskRequest.email.icontains(word, autoescape=True),
        DeskRequest.organization_name.icontains(word, autoescape=True),
        DeskRequest.reference.icontains(word, autoescape=True),
        DeskRequest.public_id.startswith(word.replace("-", "").lower(), autoescape=True),
        DeskRequest.webinar_id.in_(about),
    )


def _facts(row: Row[*tuple[Any, ...]]) -> RequestFacts:
    flags = {name: bool(getattr(row, name)) for name in ("is_ordered", "is_order_canceled")}
    return RequestFacts(**{**row._mapping, **flags})  # noqa: SLF001
