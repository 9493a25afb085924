"""The emails about orders: what was bought and how to attend, and access that opened later.

Documents are emailed separately, to those who pay (lms/documents/mails.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts.recovery_email_prompt import asks_for_recovery
from lms.contracts import mails as contract_mails
from lms.contracts.mails import NewTerm
from lms.core.dates_and_time_zones import read_zone, say_date, say_datetime, say_last_date
from lms.core.errors import N_
from lms.core.icalendar import Invitation
from lms.live import mails as live_mails
from lms.mail import link_tokens_and_codes
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, MailContext
from lms.models.accounts import EmailPurpose, Login
from lms.models.catalog import OFF, Webinar
from lms.models.grants import Scope
from lms.models.orders import DeliveredThrough, LineAct, Order, OrderLine, Terms
from lms.models.organizations import Organization
from lms.models.seats import AssignmentState
from lms.organizations.manager_emails import Recipient, emailed_managers
from lms.organizations.order_contacts import each_address_once, emailed_contact
from lms.pricing.offers import NAMED, WHAT
from lms.pricing.price_list import say_money
from lms.sales.read_models import OrderFacts, OrderGrant, find_order_facts, standing_grants_of_order
from lms.seats import claims, pools

# Emails that tell buyers what they bought; every order sends one of them.
SAY_WHAT_WAS_BOUGHT: Final = (
    EmailPurpose.CONFIRM_ORDER.value,
    "order_confirmation",
    "order_confirmation_organization",
    "contract_renewed",
)


def send_placed(
    session: Session,
    order: Order,
    *,
    mail_context: MailContext,
    now: datetime,
    is_again: bool = False,
) -> None:
    """Email the buyer what they bought, how to attend, and the permanent page.

    Managers of a contract are emailed about its renewal.
    """
    facts = find_order_facts(session, order.public_id)
    rest = _send_renewals(
        session, order, facts, mail_context=mail_context, now=now, is_again=is_again
    )
    if rest and is_unconfirmed(session, order):
        send_confirm(session, order, mail_context=mail_context, now=now)
    elif rest:
        readers = confirmation_readers(session, order)
        _send_bought(session, facts, rest, readers, mail_context=mail_context, now=now)


def is_unconfirmed(session: Session, order: Order) -> bool:
    """Return whether the buyer has not confirmed the email address they entered (S15)."""
    if order.contact_id is None or not order.contact_email:  # it has none once they are erased
        return False
    contact = session.get_one(Login, order.contact_id)
    return contact.email is None and contact.merged_into is None


def send_confirm(
    session: Session, order: Order, *, mail_context: MailContext, now: datetime
) -> None:
    """Email a buyer the link that confirms their address; earlier links stop working.

    Until then it is the only email about the order: it says what was bought and what happens next. No one
    else gets it, since its link proves the address.
    """
    contact = emailed_contact(session, order.id)
    if contact is None:
        return
    facts = find_order_facts(session, order.public_id)
    assert order.contact_id is not None  # noqa: S101  (the caller checked it)
    purpose = EmailPurpose.CONFIRM_ORDER
    link_tokens_and_codes.void(session, order.contact_id, purpose, now=now)
    secret = link_tokens_and_codes.issue(
        session, order.contact_id, purpose, email=order.contact_email, now=now
    )
    grants = standing_grants_of_order(session, order.id)
    values = {
        "buyer": facts.buyer,
        "number": facts.number,
        "items": items_of(grants, mail_context.zone, now),
        "total": _money(facts.total_minor, facts),
        "is_paid": not order.awaits_proof,
        "due": "",
        "po_number": facts.po_number,
        "is_organization": facts.is_to_organization,
        "live": live_of(session, grants[0], now) if grants else "",
        "action_url": mail_context.links.secret_page(purpose, secret, onward=None),
    }
    subject = (
        N_("Confirm your order %(number)s") if order.awaits_proof else N_("Your order %(number)s")
    )
    subject = subject % {"number": facts.number}
    _send_to(session, (contact,), purpose.value, subject, values, now=now)


def send_open(session: Session, order: Order, *, mail_context: MailContext, now: datetime) -> None:
    """Email the buyer and managers that the access of an order on hold is open, if it has any left.

    Of a contract, managers are emailed that it is renewed, as they were that this was ordered.
    """
    facts = find_order_facts(session, order.public_id)
    rest = _send_renewals(session, order, facts, mail_context=mail_context, now=now, is_again=True)
    managers = emailed_managers(session, facts.organization_id) if facts.organization_id else ()
    grants = rest or standing_grants_of_order(session, order.id)
    if not grants:
        return
    has_seats = facts.organization_public_id is not None and any(one.pool_id for one in grants)
    page = f"/organization/{facts.organization_public_id}" if has_seats else _page(grants)
    for one in buyer_and(session, facts, managers):
        if not rest and one.login_id in [each.login_id for each in managers]:
            continue
        mail_outbox.post(
            session,
            kind="order_open",
            to=one.email,
            login_id=one.login_id,
            subject=N_("Order %(number)s: you now have access") % {"number": facts.number},
            values={
                "name": one.name,
                "items": items_of(grants, mail_context.zone, now),
                "has_seats": has_seats,
                "action_url": mail_context.links.page(page),
            },
            now=now,
        )


def buyer_and(
    session: Session, facts: OrderFacts, others: Iterable[Recipient]
) -> tuple[Recipient, ...]:
    """Return the contact of an order, if they are emailed, and others, each address once."""
    contact = emailed_contact(session, facts.id)
    return each_address_once(others if contact is None else (contact, *others))


def confirmation_readers(session: Session, order: Order) -> tuple[Recipient, ...]:
    """Return who gets the confirmation of an order: its contact, or else the managers of its seats.

    No one else gets the link that confirms the contact's address.
    """
    contact = emailed_contact(session, order.id)
    if contact is not None:
        return (contact,)
    grants = standing_grants_of_order(session, order.id)
    has_seats = any(one.pool_id is not None for one in grants)
    if order.organization_id is None or not has_seats or is_unconfirmed(session, order):
        return ()
    return emailed_managers(session, order.organization_id)


def _send_renewals(
    session: Session,
    order: Order,
    facts: OrderFacts,
    *,
    mail_context: MailContext,
    now: datetime,
    is_again: bool,
) -> list[OrderGrant]:
    """Email managers about the terms that an order renews; returns its other grants that stand."""
    grants = standing_grants_of_order(session, order.id)
    held = {one.line_id for one in grants}
    renewals = [line for line in _renewal_lines(session, order) if line.id in held]
    for line in renewals:
        _send_renewed(
            session, facts, line, grants, mail_context=mail_context, now=now, is_again=is_again
        )
    return [one for one in grants if one.line_id not in {line.id for line in renewals}]


def _renewal_lines(session: Session, order: Order) -> list[OrderLine]:
    return list(
        session.scalars(
            select(OrderLine)
            .where(
                OrderLine.order_id == order.id,
                OrderLine.act == LineAct.RENEWAL,
                OrderLine.replaced_at.is_(None),
            )
            .order_by(OrderLine.position)
        )
    )


def _send_renewed(  # noqa: PLR0913  (the parts of an email)
    session: Session,
    facts: OrderFacts,
    line: OrderLine,
    grants: Sequence[OrderGrant],
    *,
    mail_context: MailContext,
    now: datetime,
    is_again: bool,
) -> None:
    grant = next(one for one in grants if one.line_id == line.id)
    assert grant.pool_id is not None  # noqa: S101  (a contract's grant belongs to a pool)
    assert grant.ends_at is not None  # noqa: S101  (a contract has an end)
    pool = pools.read_pool(session, grant.pool_id)
    own = session.scalar(select(Organization.zone).where(Organization.id == pool.organization_id))
    new = NewTerm(
        seats=grant.seats,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        number=facts.number,
        price="" if facts.terms is Terms.COMPLIMENTARY else _money(line.net_minor, facts),
        reference=facts.po_number,
        is_held=facts.held_at is not None,
    )
    context = mail_context.in_zone(own)
    contract_mails.send_renewed(session, pool, context, new, now=now, is_again=is_again)


def _send_bought(
    session: Session,
    facts: OrderFacts,
    grants: Sequence[OrderGrant],
    readers: Sequence[Recipient],
    *,
    mail_context: MailContext,
    now: datetime,
) -> None:
    links, zone = mail_context.links, mail_context.zone
    is_to_contact = emailed_contact(session, facts.id) is not None
    first = grants[0]
    values: dict[str, object] = {
        "buyer": facts.buyer,
        "number": facts.number,
        "items": items_of(grants, zone, now),
        "total": "" if facts.terms is Terms.COMPLIMENTARY else _money(facts.total_minor, facts),
        "is_paid": facts.open_minor == 0,
        "due": say_last_date(facts.due_at, zone) if facts.due_at and facts.open_minor else "",
        "po_number": facts.po_number,
        "live": live_of(session, first, now),
        "is_webinar": first.scope is Scope.WEBINAR,
        "has_seat": _has_seat(session, facts, first),
        "is_held": facts.held_at is not None,
        "in_lms": facts.delivered_through is DeliveredThrough.LMS,
        "page": links.page(_page(grants)),
        "action_url": links.page(_page(grants)),
        "holder": "" if is_to_contact else facts.contact_name,
        "recovery_url": _recovery_page(session, grants, links),
    }
    kind = "order_confirmation"
    if any(one.pool_id is not None for one in grants):
        kind = "order_confirmation_organization"
        values["action_url"] = links.page(f"/organization/{facts.organization_public_id}")
    what = first.covers or WHAT[first.kind]
    subject = N_("Your access: %(what)s") % {"what": what}
    invitation = _entry(session, facts, first, links=links, now=now) if is_to_contact else None
    _send_to(session, readers, kind, subject, values, now=now, invitation=invitation)


def items_of(grants: Sequence[OrderGrant], zone: ZoneInfo, now: datetime) -> list[dict[str, Any]]:
    """Return what was bought, as a list: the product, number of people, and days of its term.

    The days are those of the organization that has it, in `zone` for a person.
    """
    zones = [read_zone(one.term_zone) if one.term_zone else zone for one in grants]
    return [
        {
            "what": WHAT[one.kind],
            "covers": one.covers,
            "seats": one.seats or 1,
            "starts": say_date(one.starts_at, its_zone) if one.starts_at > now else "",
            "until": say_last_date(one.ends_at, its_zone) if one.ends_at else "",
        }
        for one, its_zone in zip(grants, zones, strict=True)
    ]


def live_of(session: Session, grant: OrderGrant, now: datetime) -> str:
    """Return when the webinar of a grant is held live; "" if it won't be, and for other products."""
    if grant.scope is not Scope.WEBINAR:
        return ""
    held = session.execute(
        select(Webinar.held_at, Webinar.zone, Webinar.minutes, Webinar.state).where(
            Webinar.slug == grant.slug
        )
    ).one()
    is_over = held.held_at + timedelta(minutes=held.minutes) <= now or held.state in OFF
    return "" if is_over else say_datetime(held.held_at, read_zone(held.zone))


def _entry(
    session: Session, facts: OrderFacts, grant: OrderGrant, *, links: Links, now: datetime
) -> Invitation | None:
    """Return the calendar entry for a buyer who has access to a webinar by the order, else None."""
    is_theirs = grant.login_id is not None or _has_seat(session, facts, grant)
    if grant.scope is not Scope.WEBINAR or facts.contact_id is None or not is_theirs:
        return None
    webinar = session.scalars(select(Webinar).where(Webinar.slug == grant.slug)).one()
    holder = grant.login_id or facts.contact_id
    return live_mails.entry_for(session, webinar, holder, links=links, now=now)


def _has_seat(session: Session, facts: OrderFacts, grant: OrderGrant) -> bool:
    """Return whether the contact has the single seat that an organization bought."""
    if grant.pool_id is None or facts.contact_id is None or grant.kind not in NAMED:
        return False
    sitter = claims.asking_sitter(session, facts.contact_id)
    held = claims.seat_held(session, grant.pool_id, sitter)
    return held is not None and held.state is AssignmentState.CLAIMED


def _recovery_page(session: Session, grants: Sequence[OrderGrant], links: Links) -> str:
    """Return the page for adding a recovery email address; "" if access is not permanent, or there is one."""
    holders = {one.login_id for one in grants if one.ends_at is None and one.login_id is not None}
    asked = any(asks_for_recovery(session, login_id) for login_id in holders)
    return links.page("/account/recovery") if asked else ""


def _page(grants: Sequence[OrderGrant]) -> str:
    """Return the permanent page: the webinar's, or else the person's webinars."""
    first = grants[0] if grants else None
    return f"/webinars/{first.slug}" if first and first.scope is Scope.WEBINAR else "/library"


def _money(minor: int, facts: OrderFacts) -> str:
    return say_money(minor, facts.currency)


def _send_to(  # noqa: PLR0913  (the parts of an email)
    session: Session,
    readers: Iterable[Recipient],
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    now: datetime,
    invitation: Invitation | None = None,
) -> None:
    for one in readers:
        mail_outbox.post(
            session,
            kind=kind,
            to=one.email,
            login_id=one.login_id,
            subject=subject,
            values={**values, "name": one.name},
            now=now,
            invitation=invitation,
        )
