"""Seat sales of the demo: sells seats to its organizations, fills them, and adds requests."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts.accounts import Account, NewLogin, add_login, find_by_email
from lms.core.email_addresses import read_address
from lms.core.errors import NotFound
from lms.demo.data_types import ZONE, PersonText, PoolText
from lms.demo.pools_and_requests import POOLS, REQUESTS
from lms.grants.grants import Term, year_from
from lms.grants.request_and_sale_form_choices import read_target
from lms.mail.links import Links, MailContext
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind
from lms.models.requests import RequestKind
from lms.models.sales import Terms
from lms.models.seats import ClaimPolicy
from lms.organizations import email_domains
from lms.organizations.organizations import find_organization
from lms.requests import requests
from lms.requests.requests import NewRequest
from lms.sales import sales
from lms.sales.sales import NewSale
from lms.seats import allotments, claims, invitations, pools, waitlist
from lms.seats.invitations import Invitee
from lms.seats.pools import PoolFacts

CURRENCY: Final = "USD"
CLAIMED_AFTER: Final = timedelta(days=3)
INVITED_AGO: Final = timedelta(days=2)


def write_customers(session: Session, *, base_url: str, now: datetime) -> None:
    """Sell what the demo's organizations hold, seat their people, and lay requests on the desk."""
    mail_context = MailContext(Links(base_url), ZoneInfo(ZONE))
    for text in POOLS:
        _write_pool(session, text, mail_context=mail_context, now=now)
    for kind, person, organization, slug, quantity, message in REQUESTS:
        webinar_id = session.scalar(select(Webinar.id).where(Webinar.slug == slug))
        new = NewRequest(
            kind=RequestKind(kind),
            name=person.name,
            email=person.email,
            organization_name=organization,
            webinar_id=webinar_id,
            quantity=quantity,
            message=message,
        )
        requests.ask(
            session, new, mail_context=mail_context, actor=None, now=now - timedelta(hours=4)
        )


def _write_pool(
    session: Session, text: PoolText, *, mail_context: MailContext, now: datetime
) -> None:
    bought = now - timedelta(days=text.bought_days_ago)
    pool = _sold(session, text, mail_context=mail_context, bought=bought)
    for person in text.seated:
        login = _login(session, person, now=bought)
        claimed = bought + CLAIMED_AFTER
        claims.claim(session, pool.id, login.id, actor=login.public_id, now=claimed)
    pools.settle(session, pool.id, now=now)
    if text.invited:
        invited = [Invitee(read_address(one.email), one.name) for one in text.invited]
        asked = now - INVITED_AGO
        invitations.invite(
            session, pool.id, invited, links=mail_context.links, actor=None, now=asked
        )
    for person in text.waiting:
        login = _login(session, person, now=bought)
        waitlist.join(session, pool.id, login.id, actor=login.public_id, now=now)
    for slug, places in text.allotted:
        child = find_organization(session, slug)
        allotments.allot(session, pool.id, child.id, places, actor=None, now=now)
    if text.domain:
        email_domains.verify(session, pool.organization_id, text.domain, actor=None, now=bought)
        pools.set_claim_policy(session, pool.id, ClaimPolicy.DOMAIN, actor=None, now=bought)


def _sold(
    session: Session, text: PoolText, *, mail_context: MailContext, bought: datetime
) -> PoolFacts:
    _login(session, text.contact, now=bought)
    term = year_from(bought, mail_context.zone) if text.is_contract else Term(bought)
    new = NewSale(
        kind=_kind(text),
        covers=text.covers,
        email=text.contact.email,
        name=text.contact.name,
        price_minor=text.price_cents,
        currency=CURRENCY,
        terms=Terms.HISTORY,
        organization=text.organization,
        quantity=text.seats,
        starts_at=bought,
        ends_at=term.ends_at,
    )
    sales.sell(session, new, mail_context=mail_context, actor=None, now=bought)
    organization = find_organization(session, text.organization)
    target = read_target(session, text.covers)
    return next(
        pool
        for pool in pools.pools_of(session, organization.id)
        if pool.target == target and pool.allotted_from is None
    )


def _kind(text: PoolText) -> OfferKind:
    if text.is_contract:
        return OfferKind.CONTRACT
    return OfferKind.INSTITUTIONAL if text.seats is None else OfferKind.GROUP_SEATS


def _login(session: Session, person: PersonText, *, now: datetime) -> Account:
    try:
        return find_by_email(session, person.email)
    except NotFound:
        new = NewLogin(address=read_address(person.email), name=person.name, zone=ZONE)
        return add_login(session, new, actor=None, now=now)
