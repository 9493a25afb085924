"""The emails about sales: what was bought and how to attend, payments, refunds, and disputes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts.recovery_email_prompt import asks_for_recovery
from lms.branding import read_branding
from lms.contracts import mails as contract_mails
from lms.contracts.mails import NewTerm, Post
from lms.core.dates_and_time_zones import read_zone, say_date, say_datetime
from lms.core.errors import N_
from lms.core.icalendar import Invitation
from lms.grants.grants import Term
from lms.live import mails as live_mails
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.sales import DeliveredThrough, Terms
from lms.organizations.manager_and_owner_permissions import stewards_of
from lms.pricing.price_list import say_money
from lms.sales.read_models import SaleFacts, SaleGrant, grants_of_sale
from lms.seats.pools import PoolFacts

WHAT: Final[Mapping[OfferKind, str]] = {
    OfferKind.SINGLE: N_("A seat"),
    OfferKind.GROUP_SEATS: N_("Seats"),
    OfferKind.GROUP_SHOWING: N_("Group showing"),
    OfferKind.INSTITUTIONAL: N_("Institutional access"),
    OfferKind.PASS: N_("All-access pass"),
    OfferKind.CONTRACT: N_("All-access contract"),
}


def send_bought(
    session: Session, facts: SaleFacts, *, links: Links, zone: ZoneInfo, now: datetime
) -> None:
    """Tell who bought something what it is, how to attend, and the address that stays for good."""
    lines = grants_of_sale(session, facts.id)
    is_of_a_pool = any(line.pool_id is not None for line in lines)
    values = {
        **_sold(facts, zone),
        **_covered(session, lines, zone=zone, now=now),
        "is_held": facts.is_held,
        "in_lms": facts.delivered_through is DeliveredThrough.LMS,
        "page": links.page(_page(lines)),
        "action_url": links.page(_page(lines)),
        "recovery_url": _recovery_page(session, lines, links),
    }
    kind, invitation = "order_confirmation", _entry(session, facts, lines, links=links, now=now)
    if is_of_a_pool:
        kind = "order_confirmation_organization"
        values["action_url"] = links.page(f"/organization/{facts.organization_public_id}")
    subject = N_("Your access: %(what)s") % {"what": values["covers"] or values["what"]}
    _to_buyer(session, facts, kind, subject, values, now=now, invitation=invitation)


def _entry(
    session: Session,
    facts: SaleFacts,
    lines: Sequence[SaleGrant],
    *,
    links: Links,
    now: datetime,
) -> Invitation | None:
    """Return the entry for a buyer's own calendar, where they bought a webinar to come for themselves."""
    line = lines[0]
    if line.scope is not Scope.WEBINAR or line.login_id is None or facts.contact_id is None:
        return None
    webinar = session.scalars(select(Webinar).where(Webinar.slug == line.slug)).one()
    return live_mails.entry_for(session, webinar, line.login_id, links=links, now=now)


def _recovery_page(session: Session, lines: Sequence[SaleGrant], links: Links) -> str:
    """Return where a second address is given, "" where what was bought ends or there is one."""
    holders = {
        line.login_id for line in lines if line.ends_at is None and line.login_id is not None
    }
    asked = any(asks_for_recovery(session, login_id) for login_id in holders)
    return links.page("/account/recovery") if asked else ""


def send_renewed(
    session: Session,
    facts: SaleFacts,
    renewed: tuple[PoolFacts, Term],
    *,
    post: Post,
    now: datetime,
    is_again: bool = False,
) -> None:
    """Tell those who manage a contract that it was renewed by this sale: its pool, and its term."""
    pool, term = renewed
    assert term.ends_at is not None  # noqa: S101  (a contract ends)
    new = NewTerm(
        seats=facts.quantity,
        starts_at=term.starts_at,
        ends_at=term.ends_at,
        number=facts.number,
        price="" if facts.terms is Terms.COMPLIMENTARY else _price(facts),
        reference=facts.reference,
        is_held=facts.is_held,
    )
    contract_mails.send_renewed(session, pool, post, new, now=now, is_again=is_again)


def send_open(session: Session, facts: SaleFacts, *, links: Links, now: datetime) -> None:
    """Tell who bought something that was held that the payment is here and all is open."""
    lines = grants_of_sale(session, facts.id)
    values = {
        "name": facts.contact_name,
        "what": WHAT[facts.kind],
        "covers": facts.covers,
        "action_url": links.page(_page(lines)),
    }
    _to_buyer(session, facts, "sale_paid", N_("Your payment is here"), values, now=now)


def send_refunded(session: Session, facts: SaleFacts, *, links: Links, now: datetime) -> None:
    """Tell who bought something that the money is returned, or not owed, and the access has ended."""
    was_paid = facts.paid_at is not None
    values = {
        "was_paid": was_paid,
        "name": facts.contact_name,
        "what": WHAT[facts.kind],
        "covers": facts.covers,
        "price": say_money(facts.price_minor - facts.refunded_minor, facts.currency),
        "action_url": links.page("/library"),
    }
    subject = N_("Your money is returned") if was_paid else N_("Your order is canceled")
    _to_buyer(session, facts, "sale_refunded", subject, values, now=now)


def send_overdue(
    session: Session, facts: SaleFacts, *, links: Links, zone: ZoneInfo, now: datetime
) -> None:
    """Tell the house, the buyer and who manages the organization that a payment is overdue (P9).

    Each is told once.
    """
    values = {**_sold(facts, zone), "starts": "", "until": ""}
    subject = N_("Payment %(number)s is overdue") % {"number": facts.number}
    contact = read_branding(session, contact="").contact_email
    page = f"/staff/sales/{facts.public_id}"
    readers = [
        (
            facts.contact_email,
            facts.contact_id,
            "/ask?kind=invoice",
            "buyer",
            "",
            facts.contact_name,
        ),
        (contact, None, page, "staff", "", ""),
    ]
    if facts.organization_id is not None:
        readers += [
            (one.email, one.login_id, "/ask?kind=invoice", "buyer", f":{one.login_id}", one.name)
            for one in stewards_of(session, facts.organization_id)
            if one.login_id != facts.contact_id
        ]
    for to, login_id, path, whose, which, name in readers:
        if to:
            mail_outbox.post(
                session,
                kind=f"sale_overdue_{whose}",
                to=to,
                login_id=login_id,
                subject=subject,
                values={**values, "name": name, "action_url": links.page(path)},
                now=now,
                unique_key=f"sale-overdue-{whose}:{facts.public_id}{which}",
            )


def notify_staff_of_dispute(
    session: Session, facts: SaleFacts, *, links: Links, now: datetime
) -> None:
    """Tell the house that a payment is disputed, and what was done or is to be decided (R2)."""
    contact = read_branding(session, contact="").contact_email
    if not contact:
        return
    mail_outbox.post(
        session,
        kind="sale_disputed",
        to=contact,
        login_id=None,
        subject=N_("Sale %(number)s is disputed") % {"number": facts.number},
        values={
            "number": facts.number,
            "buyer": facts.buyer,
            "is_to_organization": facts.is_to_organization,
            "action_url": links.page(f"/staff/sales/{facts.public_id}"),
        },
        now=now,
    )


def _page(lines: tuple[SaleGrant, ...]) -> str:
    """Return the page that stays: a webinar's own, or else the person's library."""
    first = lines[0] if lines else None
    return f"/webinars/{first.slug}" if first and first.scope is Scope.WEBINAR else "/library"


def _sold(facts: SaleFacts, zone: ZoneInfo) -> dict[str, object]:
    is_paid = facts.paid_at is not None
    return {
        "name": facts.contact_name,
        "buyer": facts.buyer,
        "number": facts.number,
        "what": WHAT[facts.kind],
        "covers": facts.covers,
        "quantity": facts.quantity,
        "price": "" if facts.terms is Terms.COMPLIMENTARY else _price(facts),
        "is_paid": is_paid,
        "due": say_date(facts.due_at, zone) if facts.due_at and not is_paid else "",
        "reference": facts.reference,
        "tax_exemption": facts.tax_exemption,
    }


def _price(facts: SaleFacts) -> str:
    return say_money(facts.price_minor, facts.currency)


def _covered(
    session: Session, lines: tuple[SaleGrant, ...], *, zone: ZoneInfo, now: datetime
) -> dict[str, object]:
    """Say when a webinar is held live, where it is to come, and until when a term runs."""
    line = lines[0]
    until = "" if line.ends_at is None else say_date(line.ends_at - timedelta(seconds=1), zone)
    starts = say_date(line.starts_at, zone) if line.starts_at > now else ""
    live = ""
    slug = line.slug if line.scope is Scope.WEBINAR else ""
    held = session.execute(
        select(Webinar.held_at, Webinar.zone, Webinar.minutes).where(Webinar.slug == slug)
    ).one_or_none()
    if held is not None and held.held_at + timedelta(minutes=held.minutes) > now:
        live = say_datetime(held.held_at, read_zone(held.zone))
    return {"until": until, "starts": starts, "live": live, "is_webinar": held is not None}


def _to_buyer(  # noqa: PLR0913  (it reads as one sentence, and each word is needed)
    session: Session,
    facts: SaleFacts,
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    now: datetime,
    invitation: Invitation | None = None,
) -> None:
    if facts.contact_email is None:
        return
    mail_outbox.post(
        session,
        kind=kind,
        to=facts.contact_email,
        login_id=facts.contact_id,
        subject=subject,
        values=values,
        now=now,
        invitation=invitation,
    )
