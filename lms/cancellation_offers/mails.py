"""The emails about offers: the choices, and that a canceled webinar is held after all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_id
from lms.accounts import login_lookup
from lms.audience.audience import Person, audience, key_of_address, payers_of, unused_seats
from lms.audience.events import TOLD, Event, Role
from lms.audience.sentences import seats_sentence
from lms.cancellation_offers.bought import is_bought
from lms.cancellation_offers.read_models import OfferedLine, lines_of, worth_of
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.errors import N_
from lms.live.mails import CANCELED, MOVED, changed, invitation_of, key_of
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, SignedLinks
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.live import CancellationOffer
from lms.models.organizations import Organization
from lms.organizations.manager_emails import Recipient, emailed_managers
from lms.organizations.order_contacts import each_address_once, emailed_contact
from lms.pricing.price_list import say_money

CHOOSE = N_("Canceled: choose what you'd like instead of “%(title)s”")
NEW_DATE = N_("New date: keep your order for “%(title)s,” or choose something else")
HELD = N_("“%(title)s” is back on")


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer as its email shows it; `payer` is an organization's name, "" for a person."""

    payer: str
    lines: tuple[OfferedLine, ...]
    paid: str
    unpaid: str
    seats: str
    url: str


def send_offers(
    session: Session,
    webinar: Webinar,
    deciding: Sequence[tuple[CancellationOffer, Sequence[Person]]],
    *,
    where: SignedLinks,
    now: datetime,
) -> None:
    """Email the payers of a canceled or postponed webinar their choices, with the link.

    A person who decides about several orders gets one email with a link for each.
    """
    unused = unused_seats(session, webinar, is_bought(webinar.id), now=now)
    shown: defaultdict[Person, list[Shown]] = defaultdict(list)
    for offer, people in deciding:
        one = _shown(session, offer, unused, where)
        for person in people:
            shown[person].append(one)
    for person, offers in shown.items():
        _send_offers(session, webinar, person, offers, Links(where.base_url), now=now)


def _shown(
    session: Session,
    offer: CancellationOffer,
    unused: Mapping[int, int | None],
    where: SignedLinks,
) -> Shown:
    worth = worth_of(session, offer)
    organization = session.get(Organization, offer.organization_id or 0)
    payer = "" if organization is None else organization.name
    has_seats = offer.organization_id in unused
    return Shown(
        payer=payer,
        lines=lines_of(session, offer),
        paid=say_money(worth.paid_minor, worth.currency) if worth.paid_minor else "",
        unpaid=say_money(worth.unpaid_minor, worth.currency) if worth.unpaid_minor else "",
        seats=seats_sentence(payer, unused[offer.organization_id or 0]) if has_seats else "",
        url=where.page(offer.public_id),
    )


def _send_offers(
    session: Session,
    webinar: Webinar,
    person: Person,
    offers: Sequence[Shown],
    links: Links,
    *,
    now: datetime,
) -> None:
    is_canceled = webinar.state is WebinarState.CANCELED
    kind, subject = (
        ("cancellation_offer", CHOOSE) if is_canceled else ("postponement_offer", NEW_DATE)
    )
    event, zone = (Event.CANCELED if is_canceled else Event.POSTPONED), read_zone(webinar.zone)
    method = (CANCELED if is_canceled else MOVED).method
    assert method is not None  # noqa: S101  (both change a calendar)
    entry = invitation_of(webinar, method, turns=person.turns, links=links, now=now)
    mail_outbox.post(
        session,
        kind=kind,
        to=person.email,
        login_id=person.login_id,
        subject=subject % {"title": webinar.title},
        values={
            "name": person.name,
            "title": webinar.title,
            "when": say_datetime(webinar.held_at, zone),
            "offers": offers,
            "is_one": len(offers) == 1,
            "action_url": offers[0].url if len(offers) == 1 else "",
            "sentence": TOLD[event][Role.BUYER],
            **changed(webinar, zone),
        },
        now=now,
        unique_key=key_of(event, webinar) + person.key,
        invitation=entry if person.registered_at is not None and webinar.held_at > now else None,
    )


def send_ended(
    session: Session,
    offer: CancellationOffer,
    *,
    now: datetime,
) -> None:
    """Email a payer who chose nothing that the webinar is held after all; their order is unchanged."""
    webinar = session.get_one(Webinar, offer.webinar_id)
    organization_id = offer.organization_id and kept_id(session, offer.organization_id)
    login_id = offer.login_id and login_lookup.kept_login(session, offer.login_id)
    people = payers_of(session, webinar, audience(session, webinar, now=now), before=None)
    for one in people.get((login_id, organization_id), ()):
        key = key_of(Event.REINSTATED, webinar) + one.key
        _send_ended(session, webinar, Recipient(one.login_id, one.email, one.name), key, now=now)


def send_offered_again(
    session: Session,
    offer: CancellationOffer,
    *,
    price: str,
    link: str,
    orders: Sequence[int],
    now: datetime,
) -> None:
    """Email a refunded payer how to buy again at that price."""
    webinar = session.get_one(Webinar, offer.webinar_id)
    for one in _former_payers(session, offer, orders):
        key = f"offered-again:{offer.public_id}:{key_of_address(one.email)}"
        _send_ended(session, webinar, one, key, price=price, link=link, now=now)


def _former_payers(
    session: Session, offer: CancellationOffer, orders: Sequence[int]
) -> tuple[Recipient, ...]:
    """Return the person, or the people who ordered and the organization's managers.

    They have no access to the webinar anymore, so its audience doesn't include them.
    """
    if offer.login_id is not None:
        login = session.get_one(Login, login_lookup.kept_login(session, offer.login_id))
        if not login.email or login.blocked_at is not None:
            return ()
        return (Recipient(login.id, login.email, login.name),)
    contacts = (emailed_contact(session, order_id) for order_id in orders)
    managers = emailed_managers(session, offer.organization_id or 0)
    return each_address_once((*filter(None, contacts), *managers))


def _send_ended(  # noqa: PLR0913  (the parts of the email)
    session: Session,
    webinar: Webinar,
    one: Recipient,
    key: str,
    *,
    price: str = "",
    link: str = "",
    now: datetime,
) -> None:
    mail_outbox.post(
        session,
        kind="cancellation_offer_ended",
        to=one.email,
        login_id=one.login_id,
        subject=HELD % {"title": webinar.title},
        values={
            "price": price,
            "action_url": link,
            "name": one.name,
            "title": webinar.title,
            "when": say_datetime(webinar.held_at, read_zone(webinar.zone)),
        },
        now=now,
        unique_key=key,
    )
