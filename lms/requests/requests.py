"""Customer requests: submit, assign, answer, decline, and reopen them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.contracts import grace_periods
from lms.core.attached_files import KeptFile
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.mail.links import Links, MailContext
from lms.models.grants import OfferKind
from lms.models.orders import DeliveredThrough, LineAct, Order, OrderLine
from lms.models.requests import DeskRequest, RequestKind, RequestState
from lms.pricing.price_list import MOST_SEATS, Price
from lms.pricing.quotes import Ask, Quote, Unpriced, quote
from lms.requests import mails, owners
from lms.requests.business_days import due_at
from lms.requests.read_models import MONEY_BACK, OPEN, RequestFacts, find_request

LONGEST_NAME: Final = 200
LONGEST_REFERENCE: Final = 80
LONGEST_MESSAGE: Final = 5000
ANSWERED = N_("This request was already answered.")
PAYMENTS: Final = (RequestKind.PURCHASE_ORDER, RequestKind.INVOICE, RequestKind.CHECK)
OFFERS: Final[Mapping[RequestKind, OfferKind]] = {
    RequestKind.REGISTER: OfferKind.SINGLE,
    RequestKind.GROUP: OfferKind.GROUP_SEATS,
    RequestKind.SHOWING: OfferKind.GROUP_SHOWING,
    RequestKind.INSTITUTION: OfferKind.INSTITUTIONAL,
    RequestKind.PASS: OfferKind.PASS,
    RequestKind.CONTRACT: OfferKind.CONTRACT,
    RequestKind.RENEWAL: OfferKind.CONTRACT,
}


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A new request; ids are row ids. `order_id` is the draft order for what is requested.

    `due_on` is the day by which it is needed, `due_at` the exact time; with neither, it is our usual
    time. `to_email` is the person named for a seat. `offer` is what a payment is for; for other kinds it
    follows from the kind. `covered` is how many of the people already have access.
    """

    kind: RequestKind
    name: str
    email: str
    offer: OfferKind | None = None
    organization_name: str = ""
    login_id: int | None = None
    organization_id: int | None = None
    webinar_id: int | None = None
    pool_id: int | None = None
    seat_id: int | None = None
    quantity: int | None = None
    covered: int = 0
    covers: str = ""
    delivered_through: DeliveredThrough = DeliveredThrough.HERE
    message: str = ""
    to_email: str | None = None
    to_name: str = ""
    reference: str = ""
    file: KeptFile | None = None
    refusal: str = ""
    order_id: int | None = None
    due_on: date | None = None
    due_at: datetime | None = None


def offer_of(kind: RequestKind, paid: OfferKind | None) -> OfferKind | None:
    """Return the offer that a request is about; `paid` is what a payment is for."""
    return OFFERS.get(kind) or (paid if kind in PAYMENTS else None)


def price(prices: Sequence[Price], new: NewRequest) -> Quote | Unpriced | None:
    """Return the price of what is requested; None if it isn't for sale."""
    offer = offer_of(new.kind, new.offer)
    return None if offer is None else quote(prices, Ask(offer, new.quantity, new.covered))


def ask(
    session: Session,
    new: NewRequest,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> RequestFacts:
    """Create a request, email a receipt to the person, and notify our team.

    Who closed the last request of its kind is responsible for it, until it is assigned to someone else.
    Raises Invalid, with errors by field.
    """
    clean = checked(new)
    offer = offer_of(new.kind, new.offer)
    row = DeskRequest(
        kind=new.kind,
        offer=offer,
        name=clean.name,
        email=clean.email,
        organization_name=clean.organization_name,
        login_id=new.login_id,
        owner_id=owners.usual_owner(session, new.kind),
        organization_id=new.organization_id,
        webinar_id=new.webinar_id,
        pool_id=new.pool_id,
        seat_id=new.seat_id,
        order_id=new.order_id,
        quantity=new.quantity,
        covers=new.covers,
        delivered_through=new.delivered_through,
        message=new.message.strip(),
        to_email=new.to_email,
        to_name=new.to_name,
        reference=clean.reference,
        file_key=new.file.key if new.file else None,
        file_name=new.file.name if new.file else None,
        refusal=new.refusal,
        created_at=now,
        due_at=new.due_at or due_at(new.kind, mail_context.zone, now, needed_on=new.due_on),
    )
    session.add(row)
    session.flush()
    audit.record(session, "request.asked", row.public_id, actor=actor, now=now)
    grace_periods.follow_request(session, row.public_id, now=now)
    facts = find_request(session, row.public_id)
    mails.send_receipt(session, facts, links=mail_context.links, zone=mail_context.zone, now=now)
    mails.notify_staff(session, facts, links=mail_context.links, zone=mail_context.zone, now=now)
    return facts


def assign(
    session: Session,
    request_id: str,
    *,
    to: str,
    mail_context: MailContext,
    actor: str,
    now: datetime,
) -> None:
    """Assign an open request to a person of our team, by public ID, and email them if it is news to them.

    Raises NotFound, also for a person who can't answer requests, and Conflict if it was already answered.
    """
    before = find_request(session, request_id)
    if owners.find_owner(session, to) is None:
        raise NotFound
    _move(session, request_id, RequestState.IN_HAND, owner=to, now=now)
    audit.record(session, "request.taken", request_id, actor=actor, now=now)
    if to != actor and (before.owner_key, before.state) != (to, RequestState.IN_HAND):
        facts = find_request(session, request_id)
        mails.notify_owner(session, facts, by=actor, mail_context=mail_context, now=now)


def finish(  # noqa: PLR0913  (the answer, and its author)
    session: Session,
    request_id: str,
    *,
    answer: str,
    file: KeptFile | None = None,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Close a request as done and email the answer and file, if any.

    Raises NotFound, Conflict if it is closed, and Invalid for an accommodation without an answer.
    """
    if not answer.strip() and find_request(session, request_id).is_always_answered:
        raise Invalid(N_("Enter an answer. We email it to the person who asked."), field="answer")
    _move(session, request_id, RequestState.DONE, answer=answer, owner=actor, now=now)
    if file is not None:
        _set(session, request_id, answer_file_key=file.key, answer_file_name=file.name)
    audit.record(session, "request.done", request_id, actor=actor, now=now)
    if answer.strip() or file is not None:
        mails.send_answer(session, find_request(session, request_id), links=links, now=now)


def link_order(session: Session, request_id: str, order_id: int) -> None:
    """Set the order that answers a request; raises NotFound, and Conflict if it was already answered."""
    _set_open(session, request_id, order_id=order_id)


def finish_with_order(session: Session, order_id: int, *, actor: str | None, now: datetime) -> None:
    """Close the open requests that an order answers, without an email: the order sends its own.

    These are the requests for which it was drafted, those for its renewals or additional seats, and those
    without a message for a webinar that the same person now bought.
    """
    order = session.get_one(Order, order_id)
    in_order = (OrderLine.order_id == order_id, OrderLine.replaced_at.is_(None))
    for_pool = (*in_order, OrderLine.pool_id == DeskRequest.pool_id)
    bought = (
        *in_order,
        OrderLine.kind == DeskRequest.offer,
        OrderLine.webinar_id == DeskRequest.webinar_id,
    )
    which = or_(
        DeskRequest.order_id == order_id,
        and_(
            DeskRequest.kind == RequestKind.RENEWAL,
            exists().where(*for_pool, OrderLine.act == LineAct.RENEWAL),
        ),
        and_(
            DeskRequest.kind == RequestKind.MORE_SEATS,
            exists().where(*for_pool, OrderLine.act == LineAct.MORE_SEATS),
        ),
        and_(
            literal(not order.awaits_proof),  # anyone can order with an address that isn't theirs
            func.lower(DeskRequest.email) == order.contact_email.lower(),
            DeskRequest.kind.in_(OFFERS),
            DeskRequest.message == "",
            exists().where(*bought),
        ),
    )
    finish_answered(session, which, detail={"order": order.public_id}, actor=actor, now=now)


def finish_refund(session: Session, order_id: int, *, actor: str | None, now: datetime) -> None:
    """Close the open request for an order's refund; the credit note's own email answers it."""
    about = and_(DeskRequest.order_id == order_id, DeskRequest.refusal == MONEY_BACK)
    finish_answered(session, about, actor=actor, now=now)


def finish_answered(
    session: Session,
    which: ColumnElement[bool],
    *,
    detail: audit.Detail = audit.NO_DETAIL,
    actor: str | None,
    now: datetime,
) -> None:
    """Close the matching open requests without an email, since another action answered them."""
    found = session.scalars(
        select(DeskRequest.public_id)
        .where(which, DeskRequest.state.in_(OPEN))
        .order_by(DeskRequest.id)
    ).all()
    for public_id in found:
        _move(session, public_id, RequestState.DONE, answer="", owner=actor, now=now)
        audit.record(session, "request.done", public_id, actor=actor, now=now, detail=detail)


def decline(
    session: Session,
    request_id: str,
    *,
    answer: str,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Decline a request, and email the answer, which must give a reason.

    Raises Invalid without one, NotFound, and Conflict if it was already closed.
    """
    if not answer.strip():
        raise Invalid(N_("Enter a reason. We email it to the person who asked."), field="answer")
    _move(session, request_id, RequestState.DECLINED, answer=answer, owner=actor, now=now)
    audit.record(session, "request.declined", request_id, actor=actor, now=now)
    mails.send_answer(session, find_request(session, request_id), links=links, now=now)


def reopen(session: Session, request_id: str, *, actor: str | None, now: datetime) -> None:
    """Reopen a closed request and assign it to the actor; raises NotFound, and Conflict if it is open."""
    row = session.scalar(
        update(DeskRequest)
        .where(DeskRequest.public_id == request_id, DeskRequest.state.not_in(OPEN))
        .values(
            state=RequestState.IN_HAND, closed_at=None, owner_id=owners.find_owner(session, actor)
        )
        .returning(DeskRequest.id)
    )
    if row is None:
        find_request(session, request_id)
        raise Conflict(N_("This request is already open."))
    audit.record(session, "request.reopened", request_id, actor=actor, now=now)
    grace_periods.follow_request(session, request_id, now=now)


def keep_note(
    session: Session, request_id: str, *, note: str, actor: str | None, now: datetime
) -> None:
    """Store our team's internal note; raises NotFound, and Invalid if it is too long."""
    if len(note) > LONGEST_MESSAGE:
        raise Invalid(N_("Use up to 5,000 characters."), field="note")
    if not _set(session, request_id, note=note.strip()):
        raise NotFound
    audit.record(session, "request.noted", request_id, actor=actor, now=now)


def correct_address(
    session: Session, request_id: str, *, email: str, mail_context: MailContext, now: datetime
) -> None:
    """Change a request's address, to which answers go from now on, and send it the receipt.

    Raises Invalid, NotFound, and Conflict if it has been answered.
    """
    address = read_address(email)
    facts = find_request(session, request_id)
    if not facts.is_open:
        raise Conflict(ANSWERED)
    _set(session, request_id, email=address.shown)
    audit.record(session, "request.address_corrected", request_id, actor=None, now=now)
    send_receipt_again(session, request_id, mail_context=mail_context, now=now)


def name_successor(session: Session, request_id: str, *, email: str, name: str) -> None:
    """Change the person named for a seat, while the request is open; raises NotFound, Conflict."""
    _set_open(session, request_id, to_email=email, to_name=name)


def send_receipt_again(
    session: Session, request_id: str, *, mail_context: MailContext, now: datetime
) -> None:
    """Send the receipt again to the stored address; raises NotFound."""
    facts = find_request(session, request_id)
    mails.send_receipt(session, facts, links=mail_context.links, zone=mail_context.zone, now=now)


def checked(new: NewRequest) -> NewRequest:
    """Return the entered values, normalized; raises Invalid, with errors by field."""
    faults: dict[str, str] = {}
    name = " ".join(new.name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        faults["name"] = N_("Enter your name.")
    email = ""
    try:
        email = read_address(new.email).shown
    except Invalid as error:
        faults |= error.fields
    if new.quantity is not None and not 1 <= new.quantity <= MOST_SEATS:
        faults["quantity"] = N_("Enter a number of people from 1 to 10,000.")
    if len(new.message) > LONGEST_MESSAGE:
        faults["message"] = N_("Use up to 5,000 characters.")
    organization, reference = (
        " ".join(text.split()) for text in (new.organization_name, new.reference)
    )
    if len(organization) > LONGEST_NAME:
        faults["organization_name"] = N_("Use up to 200 characters.")
    if len(reference) > LONGEST_REFERENCE:
        faults["reference"] = N_("Use up to 80 characters.")
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    return NewRequest(new.kind, name, email, organization_name=organization, reference=reference)


def _move(
    session: Session,
    request_id: str,
    state: RequestState,
    *,
    owner: str | None,
    now: datetime,
    answer: str | None = None,
) -> None:
    """Change the state of an open request; `owner` is responsible if they are of our team."""
    values: dict[str, object] = {"state": state}
    if (owner_id := owners.find_owner(session, owner)) is not None:
        values["owner_id"] = owner_id
    if answer is not None:
        values |= {"answer": answer.strip(), "closed_at": now}
    _set_open(session, request_id, **values)
    grace_periods.follow_request(session, request_id, now=now)


def _set_open(session: Session, request_id: str, **values: object) -> None:
    """Update an open request; raises NotFound, and Conflict if it was already answered."""
    if not _set(session, request_id, DeskRequest.state.in_(OPEN), **values):
        find_request(session, request_id)
        raise Conflict(ANSWERED)


def _set(session: Session, request_id: str, *which: ColumnElement[bool], **values: object) -> bool:
    """Update a request with one conditional statement; return whether it was updated."""
    changed = session.scalar(
        update(DeskRequest)
        .where(DeskRequest.public_id == request_id, *which)
        .values(**values)
        .returning(DeskRequest.id)
    )
    return changed is not None
