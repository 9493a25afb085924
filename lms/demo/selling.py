"""Sells the demo's organisations their seats and fills them, as staff and managers would."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import allotments, desk, domains, invitations, pools, sales, seats, waiting
from lms.accounts import Account, NewLogin, add_login, find_by_email
from lms.addresses import read_address
from lms.demo.customers import POOLS, REQUESTS
from lms.demo.shapes import ZONE, PersonText, PoolText
from lms.desk import NewRequest
from lms.desk_choices import read_target
from lms.errors import NotFound
from lms.invitations import Invitee
from lms.links import Doors, Office
from lms.models.catalogue import Webinar
from lms.models.holdings import OfferKind
from lms.models.requests import RequestKind
from lms.models.sales import Terms
from lms.models.seats import ClaimPolicy
from lms.organisations import find_organisation
from lms.passes import Term, year_from
from lms.pools import PoolFacts
from lms.sales import NewSale

CURRENCY: Final = "USD"
CLAIMED_AFTER: Final = timedelta(days=3)
INVITED_AGO: Final = timedelta(days=2)


def write_customers(session: Session, *, base_url: str, now: datetime) -> None:
    """Sell what the demo's organisations hold, seat their people, and lay requests on the desk."""
    office = Office(Doors(base_url), ZoneInfo(ZONE))
    for text in POOLS:
        _write_pool(session, text, office=office, now=now)
    for kind, person, organisation, slug, quantity, message in REQUESTS:
        webinar_id = session.scalar(select(Webinar.id).where(Webinar.slug == slug))
        new = NewRequest(
            kind=RequestKind(kind),
            name=person.name,
            email=person.email,
            organisation_name=organisation,
            webinar_id=webinar_id,
            quantity=quantity,
            message=message,
        )
        desk.ask(session, new, office=office, actor=None, now=now - timedelta(hours=4))


def _write_pool(session: Session, text: PoolText, *, office: Office, now: datetime) -> None:
    bought = now - timedelta(days=text.bought_days_ago)
    pool = _sold(session, text, office=office, bought=bought)
    for person in text.seated:
        login = _login(session, person, now=bought)
        claimed = bought + CLAIMED_AFTER
        seats.claim(session, pool.id, login.id, actor=login.public_id, now=claimed)
    pools.settle(session, pool.id, now=now)
    if text.invited:
        invited = [Invitee(read_address(one.email), one.name) for one in text.invited]
        asked = now - INVITED_AGO
        invitations.invite(session, pool.id, invited, doors=office.doors, actor=None, now=asked)
    for person in text.waiting:
        login = _login(session, person, now=bought)
        waiting.join(session, pool.id, login.id, actor=login.public_id, now=now)
    for slug, places in text.allotted:
        child = find_organisation(session, slug)
        allotments.allot(session, pool.id, child.id, places, actor=None, now=now)
    if text.domain:
        domains.verify(session, pool.organisation_id, text.domain, actor=None, now=bought)
        pools.set_claim_policy(session, pool.id, ClaimPolicy.DOMAIN, actor=None, now=bought)


def _sold(session: Session, text: PoolText, *, office: Office, bought: datetime) -> PoolFacts:
    _login(session, text.contact, now=bought)
    term = year_from(bought, office.zone) if text.is_contract else Term(bought)
    new = NewSale(
        kind=_kind(text),
        covers=text.covers,
        email=text.contact.email,
        name=text.contact.name,
        price_minor=text.price_cents,
        currency=CURRENCY,
        terms=Terms.HISTORY,
        organisation=text.organisation,
        quantity=text.seats,
        starts_at=bought,
        ends_at=term.ends_at,
    )
    sales.sell(session, new, office=office, actor=None, now=bought)
    organisation = find_organisation(session, text.organisation)
    target = read_target(session, text.covers)
    return next(
        pool
        for pool in pools.pools_of(session, organisation.id)
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
