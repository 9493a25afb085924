"""The emails of offers: what may be chosen, and that a canceled webinar is held after all."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.cancellation_offers.bought import bought_by
from lms.cancellation_offers.read_models import lines_of, worth_of
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.errors import N_
from lms.mail import outbox as mail_outbox
from lms.mail.links import SignedLinks
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.live import CancellationOffer
from lms.organizations.manager_and_owner_permissions import Steward, stewards_of
from lms.pricing.price_list import say_money

CHOOSE = N_("Canceled: choose a refund or another webinar instead of “%(title)s”")
NEW_DATE = N_("New date: keep your order for “%(title)s”, or choose something else")
HELD = N_("“%(title)s” will be held after all")


def send_offer(
    session: Session,
    offer: CancellationOffer,
    *,
    where: SignedLinks,
    now: datetime,
) -> None:
    """Tell who bought a canceled or postponed webinar what they may choose, with the link to do it."""
    worth = worth_of(session, offer)
    values: dict[str, object] = {
        "lines": lines_of(session, offer),
        "paid": say_money(worth.paid_minor, worth.currency) if worth.paid_minor else "",
        "unpaid": say_money(worth.unpaid_minor, worth.currency) if worth.unpaid_minor else "",
        "action_url": where.page(offer.public_id),
    }
    people = payers_people(
        session, offer, [one.order.contact_id for one in bought_by(session, offer)]
    )
    kind, subject = "cancellation_offer", CHOOSE
    if offer.is_postponement:
        kind, subject = "postponement_offer", NEW_DATE
    _send(session, offer, people, kind, subject, values, now=now)


def send_ended(
    session: Session,
    offer: CancellationOffer,
    *,
    price: str,
    link: str,
    contacts: Sequence[int | None],
    now: datetime,
) -> None:
    """Tell a payer that the webinar is held after all; `link` buys again what was paid back.

    Without a link their order stands as it was.
    """
    values: dict[str, object] = {"price": price, "action_url": link}
    people = payers_people(session, offer, contacts)
    _send(session, offer, people, "cancellation_offer_ended", HELD, values, now=now)


def payers_people(
    session: Session, offer: CancellationOffer, contacts: Sequence[int | None]
) -> tuple[Steward, ...]:
    """Return who is written to: the person, or those who ordered and who manage the organization."""
    found: dict[str, Steward] = {}
    ids = [offer.login_id] if offer.login_id is not None else contacts
    for login in session.scalars(
        select(Login).where(Login.id.in_([one for one in ids if one])).order_by(Login.id)
    ):
        if login.email:
            found.setdefault(login.email, Steward(login.id, login.email, login.name))
    if offer.organization_id is not None:
        for one in stewards_of(session, offer.organization_id):
            found.setdefault(one.email, one)
    return tuple(found.values())


def _send(  # noqa: PLR0913  (it reads as one sentence)
    session: Session,
    offer: CancellationOffer,
    people: Sequence[Steward],
    kind: str,
    subject: str,
    values: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    webinar = session.get_one(Webinar, offer.webinar_id)
    for one in people:
        mail_outbox.post(
            session,
            kind=kind,
            to=one.email,
            login_id=one.login_id,
            subject=subject % {"title": webinar.title},
            values={
                **values,
                "name": one.name,
                "title": webinar.title,
                "when": say_datetime(webinar.held_at, read_zone(webinar.zone)),
            },
            now=now,
            unique_key=f"{kind}:{offer.public_id}:{one.login_id}",
        )
