"""Customer requests: submit, assign, answer, decline, and reopen them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.contracts import grace_periods
from lms.core.attached_files import KeptFile
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.mail.links import Links, MailContext
from lms.models.grants import OfferKind
from lms.models.orders import DeliveredThrough, Order
from lms.models.requests import DeskRequest, RequestKind, RequestState
from lms.pricing.price_list import MOST_SEATS, Price
from lms.pricing.quotes import Ask, Quote, Unpriced, quote
from lms.requests import mails
from lms.requests.read_models import OPEN, RequestFacts, find_request

DAY_ENDS: Final = time(17)
SATURDAY: Final = 5
LONGEST_NAME: Final = 200
LONGEST_REFERENCE: Final = 80
LONGEST_MESSAGE: Final = 5000
ANSWERED = N_("This request has been answered already.")
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
    """What a customer asks for; ids are rows'. `order_id` is the draft of what is to be sold.

    `due_on` is the day by which they need it, None for our usual time.

    `to_email` is whom a seat is to go to. `offer` is what a payment is for; for other kinds it follows from the kind. `covered` of the
    people hold it already.
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


def due_after(asked_at: datetime, zone: ZoneInfo) -> datetime:
    """Return until when an answer is due: the end of the next working day, 5 pm in `zone`.

    What is asked on a Friday, or on the days after it, is due on Monday.
    """
    day = asked_at.astimezone(zone).date() + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, DAY_ENDS, tzinfo=zone)


def offer_of(kind: RequestKind, paid: OfferKind | None) -> OfferKind | None:
    """Return which offer a request is about; `paid` is what a payment is for."""
    return OFFERS.get(kind) or (paid if kind in PAYMENTS else None)


def price(prices: Sequence[Price], new: NewRequest) -> Quote | Unpriced | None:
    """Return what a request asks a price of; None when it is about nothing that is sold."""
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
    """Add a request to the queue of our team, and email its receipt.

    Raises Invalid, with faults by field.
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
        due_at=_due_at(new, mail_context.zone, now),
    )
    session.add(row)
    session.flush()
    audit.record(session, "request.asked", row.public_id, actor=actor, now=now)
    grace_periods.follow_request(session, row.public_id, now=now)
    facts = find_request(session, row.public_id)
    mails.send_receipt(session, facts, links=mail_context.links, zone=mail_context.zone, now=now)
    mails.notify_staff(session, facts, links=mail_context.links, zone=mail_context.zone, now=now)
    return facts


def take_in_hand(session: Session, request_id: str, *, actor: str | None, now: datetime) -> None:
    """Say that somebody is at it; raises NotFound, and Conflict when it has been answered."""
    _move(session, request_id, RequestState.IN_HAND, now=now)
    audit.record(session, "request.taken", request_id, actor=actor, now=now)


def finish(  # noqa: PLR0913  (the answer, and who gives it)
    session: Session,
    request_id: str,
    *,
    answer: str,
    file: KeptFile | None = None,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Close a request as done; an answer is mailed, with its file. Raises NotFound, and Conflict when it was closed."""
    _move(session, request_id, RequestState.DONE, answer=answer, now=now)
    if file is not None:
        _set(session, request_id, answer_file_key=file.key, answer_file_name=file.name)
    audit.record(session, "request.done", request_id, actor=actor, now=now)
    if answer.strip() or file is not None:
        mails.send_answer(session, find_request(session, request_id), links=links, now=now)


def link_order(session: Session, request_id: str, order_id: int) -> None:
    """Say which order answers a request; raises NotFound, and Conflict where it was answered."""
    if not _set(session, request_id, only_open=True, order_id=order_id):
        find_request(session, request_id)
        raise Conflict(ANSWERED)


def finish_with_order(session: Session, order_id: int, *, actor: str | None, now: datetime) -> None:
    """Close the open requests that an order answers: it is placed or quoted, and emailed by itself."""
    found = session.execute(
        select(DeskRequest.public_id, Order.public_id.label("order"))
        .join(Order, Order.id == DeskRequest.order_id)
        .where(DeskRequest.order_id == order_id, DeskRequest.state.in_(OPEN))
        .order_by(DeskRequest.id)
    ).all()
    for row in found:
        _move(session, row.public_id, RequestState.DONE, answer="", now=now)
        detail = {"order": row.order}
        audit.record(session, "request.done", row.public_id, actor=actor, now=now, detail=detail)


def decline(
    session: Session,
    request_id: str,
    *,
    answer: str,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Decline a request; the answer, which has to say why, is mailed.

    Raises Invalid without one, NotFound, and Conflict when it was closed before.
    """
    if not answer.strip():
        sentence = N_("Say why: the answer is mailed to who asked.")
        raise Invalid(sentence, fields={"answer": sentence})
    _move(session, request_id, RequestState.DECLINED, answer=answer, now=now)
    audit.record(session, "request.declined", request_id, actor=actor, now=now)
    mails.send_answer(session, find_request(session, request_id), links=links, now=now)


def reopen(session: Session, request_id: str, *, actor: str | None, now: datetime) -> None:
    """Take a closed request in hand again; raises NotFound, and Conflict while it is open."""
    row = session.scalar(
        update(DeskRequest)
        .where(DeskRequest.public_id == request_id, DeskRequest.state.not_in(OPEN))
        .values(state=RequestState.IN_HAND, closed_at=None)
        .returning(DeskRequest.id)
        .execution_options(synchronize_session=False)
    )
    if row is None:
        find_request(session, request_id)
        raise Conflict(N_("This request is open."))
    audit.record(session, "request.reopened", request_id, actor=actor, now=now)
    grace_periods.follow_request(session, request_id, now=now)


def keep_note(
    session: Session, request_id: str, *, note: str, actor: str | None, now: datetime
) -> None:
    """Keep what staff write for each other; raises NotFound, and Invalid when it is too long."""
    if len(note) > LONGEST_MESSAGE:
        sentence = N_("Use at most 5,000 characters.")
        raise Invalid(sentence, fields={"note": sentence})
    if not _set(session, request_id, note=note.strip()):
        raise NotFound
    audit.record(session, "request.noted", request_id, actor=actor, now=now)


def correct_address(
    session: Session, request_id: str, *, email: str, mail_context: MailContext, now: datetime
) -> None:
    """Send a request's receipt to another address, which its answers go to from now on.

    Raises Invalid, NotFound, and Conflict when it has been answered.
    """
    address = read_address(email)
    facts = find_request(session, request_id)
    if not facts.is_open:
        raise Conflict(ANSWERED)
    _set(session, request_id, email=address.shown)
    audit.record(session, "request.address_corrected", request_id, actor=None, now=now)
    send_receipt_again(session, request_id, mail_context=mail_context, now=now)


def name_successor(session: Session, request_id: str, *, email: str, name: str) -> None:
    """Name anew whom a seat is to go to, while the request is open; raises NotFound, Conflict."""
    if not _set(session, request_id, only_open=True, to_email=email, to_name=name):
        find_request(session, request_id)
        raise Conflict(ANSWERED)


def send_receipt_again(
    session: Session, request_id: str, *, mail_context: MailContext, now: datetime
) -> None:
    """Send the receipt once more to the address that is kept; raises NotFound."""
    facts = find_request(session, request_id)
    mails.send_receipt(session, facts, links=mail_context.links, zone=mail_context.zone, now=now)


def checked(new: NewRequest) -> NewRequest:
    """Return what was typed, cleaned; raises Invalid, with faults by field."""
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
        faults["quantity"] = N_("Give a number of people between 1 and 10,000.")
    if len(new.message) > LONGEST_MESSAGE:
        faults["message"] = N_("Use at most 5,000 characters.")
    organization, reference = (
        " ".join(text.split()) for text in (new.organization_name, new.reference)
    )
    if len(organization) > LONGEST_NAME:
        faults["organization_name"] = N_("Use at most 200 characters.")
    if len(reference) > LONGEST_REFERENCE:
        faults["reference"] = N_("Use at most 80 characters.")
    if faults:
        raise Invalid(N_("Please look at this again."), fields=faults)
    return NewRequest(new.kind, name, email, organization_name=organization, reference=reference)


def _due_at(new: NewRequest, zone: ZoneInfo, now: datetime) -> datetime:
    """Return until when an answer is due: the day they need it by, else the next business day."""
    if new.due_on is None:
        return due_after(now, zone)
    return max(datetime.combine(new.due_on, DAY_ENDS, tzinfo=zone), now)


def _move(
    session: Session,
    request_id: str,
    state: RequestState,
    *,
    now: datetime,
    answer: str | None = None,
) -> None:
    values: dict[str, object] = {"state": state}
    if answer is not None:
        values |= {"answer": answer.strip(), "closed_at": now}
    if not _set(session, request_id, only_open=True, **values):
        find_request(session, request_id)
        raise Conflict(ANSWERED)
    grace_periods.follow_request(session, request_id, now=now)


def _set(session: Session, request_id: str, *, only_open: bool = False, **values: object) -> bool:
    """Change a request by one conditional statement; tell whether there was one to change."""
    which = [DeskRequest.public_id == request_id]
    if only_open:
        which.append(DeskRequest.state.in_(OPEN))
    changed = session.scalar(
        update(DeskRequest)
        .where(*which)
        .values(**values)
        .returning(DeskRequest.id)
        .execution_options(synchronize_session=False)
    )
    return changed is not None
