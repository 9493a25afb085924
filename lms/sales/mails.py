"""The emails about orders: what was bought and how to attend, and access that opened later.

Documents are emailed apart from these, to those who pay (lms/documents/mails.py).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts.recovery_email_prompt import asks_for_recovery
from lms.contracts import mails as contract_mails
from lms.contracts.mails import NewTerm, Post
from lms.core.dates_and_time_zones import read_zone, say_date, say_datetime
from lms.core.errors import N_
from lms.core.icalendar import Invitation
from lms.live import mails as live_mails
from lms.mail import link_tokens_and_codes
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, MailContext
from lms.models.accounts import EmailPurpose, Login
from lms.models.catalog import Webinar
from lms.models.grants import Scope
from lms.models.orders import DeliveredThrough, LineAct, Order, OrderLine, Terms
from lms.models.organizations import Organization
from lms.models.seats import AssignmentState
from lms.pricing.offers import NAMED, WHAT
from lms.pricing.price_list import say_money
from lms.sales.read_models import OrderFacts, OrderGrant, find_order_facts, grants_of_order
from lms.seats import claims, pools


def send_placed(
    session: Session,
    order: Order,
    *,
    mail_context: MailContext,
    now: datetime,
    is_again: bool = False,
) -> None:
    """Tell who bought something what it is, how to attend, and the page that stays.

    Those who manage a contract are told of its renewal.
    """
    facts = find_order_facts(session, order.public_id)
    grants = grants_of_order(session, order.id)
    renewals = _renewal_lines(session, order)
    for line in renewals:
        _send_renewed(
            session, facts, line, grants, mail_context=mail_context, now=now, is_again=is_again
        )
    rest = [one for one in grants if one.line_id not in {line.id for line in renewals}]
    if rest and is_unconfirmed(session, order):
        send_confirm(session, order, mail_context=mail_context, now=now)
    elif rest:
        _send_bought(session, facts, rest, mail_context=mail_context, now=now)


def is_unconfirmed(session: Session, order: Order) -> bool:
    """Tell whether who ordered has not shown yet that the address they typed is theirs (S15)."""
    if order.contact_id is None:
        return False
    contact = session.get_one(Login, order.contact_id)
    return contact.email is None and contact.merged_into is None


def send_confirm(
    session: Session, order: Order, *, mail_context: MailContext, now: datetime
) -> None:
    """Send the link by which who ordered shows that the address is theirs; earlier ones end.

    It is the one email about the order until then: it says what was bought and what follows.
    """
    facts = find_order_facts(session, order.public_id)
    assert order.contact_id is not None  # noqa: S101  (the caller asked)
    purpose = EmailPurpose.CONFIRM_ORDER
    link_tokens_and_codes.void(session, order.contact_id, purpose, now=now)
    secret = link_tokens_and_codes.issue(
        session, order.contact_id, purpose, email=order.contact_email, now=now
    )
    grants = grants_of_order(session, order.id)
    values = {
        "name": order.contact_name,
        "buyer": facts.buyer,
        "number": facts.number,
        "items": items_of(grants, mail_context.zone, now),
        "total": _money(facts.total_minor, facts),
        "is_paid": not order.awaits_proof,
        "due": "",
        "po_number": facts.po_number,
        "is_organization": facts.is_to_organization,
        "live": _live(session, grants[0], now),
        "action_url": mail_context.links.secret_page(purpose, secret, onward=None),
    }
    subject = (
        N_("Confirm your order %(number)s") if order.awaits_proof else N_("Your order %(number)s")
    )
    _to_buyer(session, facts, purpose.value, subject % {"number": facts.number}, values, now=now)


def send_open(session: Session, order: Order, *, mail_context: MailContext, now: datetime) -> None:
    """Tell the buyer of an order whose access waited that it is open."""
    facts = find_order_facts(session, order.public_id)
    grants = grants_of_order(session, order.id)
    values = {
        "name": facts.contact_name,
        "items": items_of(grants, mail_context.zone, now),
        "action_url": mail_context.links.page(_page(grants)),
    }
    _to_buyer(session, facts, "order_open", N_("Your access is open"), values, now=now)


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


def _send_renewed(  # noqa: PLR0913  (it reads as one sentence, and each word is needed)
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
    assert grant.pool_id is not None  # noqa: S101  (a contract is a pool's)
    assert grant.ends_at is not None  # noqa: S101  (a contract ends)
    pool = pools.read_pool(session, grant.pool_id)
    own = session.scalar(select(Organization.zone).where(Organization.id == pool.organization_id))
    post = Post(mail_context.links, ZoneInfo(own) if own else mail_context.zone)
    new = NewTerm(
        seats=line.quantity,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        number=facts.number,
        price="" if facts.terms is Terms.COMPLIMENTARY else _money(line.net_minor, facts),
        reference=facts.po_number,
        is_held=facts.held_at is not None,
    )
    contract_mails.send_renewed(session, pool, post, new, now=now, is_again=is_again)


def _send_bought(
    session: Session,
    facts: OrderFacts,
    grants: Sequence[OrderGrant],
    *,
    mail_context: MailContext,
    now: datetime,
) -> None:
    links, zone = mail_context.links, mail_context.zone
    first = grants[0]
    values: dict[str, object] = {
        "name": facts.contact_name,
        "buyer": facts.buyer,
        "number": facts.number,
        "items": items_of(grants, zone, now),
        "total": "" if facts.terms is Terms.COMPLIMENTARY else _money(facts.total_minor, facts),
        "is_paid": facts.open_minor == 0,
        "due": say_date(facts.due_at, zone) if facts.due_at and facts.open_minor else "",
        "po_number": facts.po_number,
        "live": _live(session, first, now),
        "is_webinar": first.scope is Scope.WEBINAR,
        "has_seat": _has_seat(session, facts, first),
        "is_held": facts.held_at is not None,
        "in_lms": facts.delivered_through is DeliveredThrough.LMS,
        "page": links.page(_page(grants)),
        "action_url": links.page(_page(grants)),
        "recovery_url": _recovery_page(session, grants, links),
    }
    kind = "order_confirmation"
    if any(one.pool_id is not None for one in grants):
        kind = "order_confirmation_organization"
        values["action_url"] = links.page(f"/organization/{facts.organization_public_id}")
    what = first.covers or WHAT[first.kind]
    subject = N_("Your access: %(what)s") % {"what": what}
    invitation = _entry(session, facts, first, links=links, now=now)
    _to_buyer(session, facts, kind, subject, values, now=now, invitation=invitation)


def items_of(grants: Sequence[OrderGrant], zone: ZoneInfo, now: datetime) -> list[dict[str, Any]]:
    """Return what was bought, for a list: what, how many people, and the days of its term."""
    return [
        {
            "what": WHAT[one.kind],
            "covers": one.covers,
            "seats": one.seats or 1,
            "starts": say_date(one.starts_at, zone) if one.starts_at > now else "",
            "until": say_date(one.ends_at - timedelta(seconds=1), zone) if one.ends_at else "",
        }
        for one in grants
    ]


def _live(session: Session, grant: OrderGrant, now: datetime) -> str:
    """Say when a webinar is held live; "" for one that is over, and for other things."""
    if grant.scope is not Scope.WEBINAR:
        return ""
    held = session.execute(
        select(Webinar.held_at, Webinar.zone, Webinar.minutes).where(Webinar.slug == grant.slug)
    ).one()
    is_over = held.held_at + timedelta(minutes=held.minutes) <= now
    return "" if is_over else say_datetime(held.held_at, read_zone(held.zone))


def _entry(
    session: Session, facts: OrderFacts, grant: OrderGrant, *, links: Links, now: datetime
) -> Invitation | None:
    """Return the entry for a buyer's own calendar, where they have access to a webinar by it."""
    is_theirs = grant.login_id is not None or _has_seat(session, facts, grant)
    if grant.scope is not Scope.WEBINAR or facts.contact_id is None or not is_theirs:
        return None
    webinar = session.scalars(select(Webinar).where(Webinar.slug == grant.slug)).one()
    holder = grant.login_id or facts.contact_id
    return live_mails.entry_for(session, webinar, holder, links=links, now=now)


def _has_seat(session: Session, facts: OrderFacts, grant: OrderGrant) -> bool:
    """Tell whether the one seat that an organization bought is the contact's."""
    if grant.pool_id is None or facts.contact_id is None or grant.kind not in NAMED:
        return False
    sitter = claims.asking_sitter(session, facts.contact_id)
    held = claims.seat_held(session, grant.pool_id, sitter)
    return held is not None and held.state is AssignmentState.CLAIMED


def _recovery_page(session: Session, grants: Sequence[OrderGrant], links: Links) -> str:
    """Return where a second address is given, "" where what was bought ends or there is one."""
    holders = {one.login_id for one in grants if one.ends_at is None and one.login_id is not None}
    asked = any(asks_for_recovery(session, login_id) for login_id in holders)
    return links.page("/account/recovery") if asked else ""


def _page(grants: Sequence[OrderGrant]) -> str:
    """Return the page that stays: a webinar's own, or else the person's webinars."""
    first = grants[0] if grants else None
    return f"/webinars/{first.slug}" if first and first.scope is Scope.WEBINAR else "/library"


def _money(minor: int, facts: OrderFacts) -> str:
    return say_money(minor, facts.currency)


def _to_buyer(  # noqa: PLR0913  (it reads as one sentence, and each word is needed)
    session: Session,
    facts: OrderFacts,
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    now: datetime,
    invitation: Invitation | None = None,
) -> None:
    if not facts.contact_email:
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
