"""Seats of the demo: assigns people to its organizations' seats, and adds requests."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.email_addresses import read_address
from lms.demo.data_types import PoolText
from lms.demo.order_acts import known_login
from lms.demo.pools_and_requests import POOLS, REQUESTS
from lms.grants.request_and_sale_form_choices import read_target
from lms.mail.links import MailContext
from lms.models.catalog import Webinar
from lms.models.requests import RequestKind
from lms.models.seats import ClaimPolicy
from lms.organizations import email_domains
from lms.organizations.organizations import find_organization
from lms.requests import requests
from lms.requests.requests import NewRequest
from lms.seats import allotments, claims, invitations, pools, waitlist
from lms.seats.invitations import Invitee
from lms.seats.pool_reconciliation import settle
from lms.seats.pools import PoolFacts

CLAIMED_AFTER: Final = timedelta(days=3)
INVITED_AGO: Final = timedelta(days=2)


def write_seats_and_requests(session: Session, *, mail_context: MailContext, now: datetime) -> None:
    """Seat the people of the demo's organizations, and add requests of customers."""
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
    pool = _pool_of(session, text)
    for person in text.seated:
        login = known_login(session, person, now=bought)
        claimed = bought + CLAIMED_AFTER
        claims.claim(session, pool.id, login.id, actor=login.public_id, now=claimed)
    settle(session, pool.id, now=now)
    if text.invited:
        invited = [Invitee(read_address(one.email), one.name) for one in text.invited]
        asked = now - INVITED_AGO
        invitations.invite(
            session, pool.id, invited, links=mail_context.links, actor=None, now=asked
        )
    for person in text.waiting:
        login = known_login(session, person, now=bought)
        waitlist.join(session, pool.id, login.id, actor=login.public_id, now=now)
    for slug, places in text.allotted:
        child = find_organization(session, slug)
        allotments.allot(session, pool.id, child.id, places, actor=None, now=now)
    if text.domain:
        email_domains.verify(session, pool.organization_id, text.domain, actor=None, now=bought)
        pools.set_claim_policy(session, pool.id, ClaimPolicy.DOMAIN, actor=None, now=bought)


def _pool_of(session: Session, text: PoolText) -> PoolFacts:
    organization = find_organization(session, text.organization)
    target = read_target(session, text.covers)
    return next(
        pool
        for pool in pools.pools_of(session, organization.id)
        if pool.target == target and pool.allotted_from is None
    )
