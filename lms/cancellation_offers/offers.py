"""Offers of a canceled webinar: refund, the same on another webinar, or credit (MONEY.md, M27).

Each payer chooses once. A payer who chooses nothing keeps the order unchanged until the date on which
the webinar was to be held; then an unpaid invoice is credited. If a webinar is postponed, payers may
keep their purchase for the new date, choose another webinar, or a refund if the refund policy still
allows one; a payer who chooses nothing keeps it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.audience.audience import audience, payers_of
from lms.cancellation_offers import exchanges, mails, paybacks
from lms.cancellation_offers.bought import Bought, bought_by
from lms.cancellation_offers.read_models import offer_facts, others_of, refund_is_offered, worth_of
from lms.core.database import insert_into
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.core.model_base import locked, new_public_id
from lms.live import registrations
from lms.live.mail_schedule import bought_before
from lms.mail.links import Links, MailContext, SignedLinks
from lms.models.catalog import Webinar, WebinarState
from lms.models.live import CancellationOffer, OfferChoice
from lms.models.seats import Assignment, AssignmentState

CHOSEN: Final = N_("You already chose, so nothing changed.")
WITHDRAWN: Final = N_("The webinar is back on, so your order doesn't change.")
NO_OTHER: Final = N_("Choose one of the webinars in the list.")
OVER: Final = N_("It's too late to choose. Your order is for the webinar's current date.")
NO_REFUND: Final = N_("The refund period has ended.")
NOTHING_PAID: Final = N_("Nothing was paid yet, so there's no credit.")


def open_offers(
    session: Session,
    webinar: Webinar,
    *,
    where: SignedLinks,
    now: datetime,
) -> None:
    """Make offers to the payers of a canceled or postponed webinar, one each, and email them.

    Unused offers of an earlier change end.
    """
    session.execute(
        update(CancellationOffer)
        .where(
            CancellationOffer.webinar_id == webinar.id,
            CancellationOffer.notice < webinar.notice,
            CancellationOffer.choice.is_(None),
            CancellationOffer.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )
    people = audience(session, webinar, now=now)
    deciding = payers_of(session, webinar, people, before=bought_before(webinar))
    new = {}
    for login_id, organization_id in deciding:
        made = session.scalar(
            insert_into(session, CancellationOffer)
            .values(
                public_id=new_public_id(),
                webinar_id=webinar.id,
                notice=webinar.notice,
                login_id=login_id,
                organization_id=organization_id,
                is_postponement=webinar.state is not WebinarState.CANCELED,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(CancellationOffer.id)
        )
        if made is not None:
            new[login_id, organization_id] = session.get_one(CancellationOffer, made)
    mails.send_offers(
        session, webinar, [(new[payer], deciding[payer]) for payer in new], where=where, now=now
    )


def find_offer(session: Session, offer_id: str, *, lock: bool = False) -> CancellationOffer:
    """Return an offer by its public ID, locked if wanted; raises NotFound."""
    query = select(CancellationOffer).where(CancellationOffer.public_id == offer_id)
    return or_not_found(session.scalar(locked(query) if lock else query))


def pay_back(
    session: Session,
    offer_id: str,
    choice: OfferChoice,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Choose the refund, or the credit, of a purchase; unpaid invoices are credited.

    Raises NotFound, and Conflict if a choice was made before, the webinar is held after all, or the
    refund policy allows none for a postponed webinar.
    """
    offer = _open(session, offer_id, now=now)
    if offer.is_postponement and (
        choice is OfferChoice.CREDIT
        or not refund_is_offered(session, offer, zone=mail_context.zone, now=now)
    ):
        raise Conflict(NO_REFUND)
    if choice is OfferChoice.CREDIT and not worth_of(session, offer).paid_minor:
        raise Conflict(NOTHING_PAID)
    found = bought_by(session, offer, lock=True)
    people = _people_of(session, found)
    for one in found:
        paybacks.pay_back(
            session,
            one,
            reason=paybacks.POSTPONED if offer.is_postponement else paybacks.CANCELED,
            is_refund=choice is OfferChoice.REFUND,
            key=_key(offer.public_id),
            mail_context=mail_context,
            actor=actor,
            now=now,
        )
    _leave(session, offer, people, links=mail_context.links, now=now)
    _choose(session, offer, choice, actor=actor, now=now)


def was_refunded(session: Session, offer_id: str) -> bool:
    """Return whether the choice of a refund refunded a payment; else only an invoice was credited."""
    return paybacks.was_refunded(session, _key(offer_id))


def keep(session: Session, offer_id: str, *, actor: str | None, now: datetime) -> None:
    """Choose to keep the purchase for the new date; raises NotFound, and Conflict as `pay_back`."""
    offer = _open(session, offer_id, now=now)
    if not offer.is_postponement:
        raise NotFound
    _choose(session, offer, OfferChoice.KEEP, actor=actor, now=now)


def exchange(
    session: Session,
    offer_id: str,
    other: str,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Choose another webinar (its slug) instead; people with seats are registered for it.

    Raises as `pay_back`, and Invalid (field `other`).
    """
    offer = _open(session, offer_id, now=now)
    slugs = {each.slug for each in others_of(session, offer, now=now)}
    target = session.scalar(select(Webinar).where(Webinar.slug == other))
    if target is None or target.slug not in slugs:
        raise Invalid(NO_OTHER, field="other")
    found = bought_by(session, offer, lock=True)
    people = _people_of(session, found)
    for one in found:
        exchanges.exchange(session, one, target, mail_context=mail_context, actor=actor, now=now)
    offer.other_id = target.id
    _choose(session, offer, OfferChoice.EXCHANGE, actor=actor, now=now)
    _leave(session, offer, people, links=mail_context.links, now=now)
    if target.held_at > now:
        for login_id in people:
            registrations.register(
                session,
                login_id=login_id,
                webinar_id=target.id,
                links=mail_context.links,
                now=now,
            )


def credit_unpaid(
    session: Session, offer_id: str, *, mail_context: MailContext, now: datetime
) -> None:
    """Credit the unpaid invoice of a payer who chose nothing, for a webinar that wasn't held."""
    offer = find_offer(session, offer_id, lock=True)
    if offer.choice is None and offer.withdrawn_at is None:
        worth = worth_of(session, offer)
        if worth.unpaid_minor and not worth.paid_minor:
            pay_back(
                session,
                offer_id,
                OfferChoice.REFUND,
                mail_context=mail_context,
                actor=None,
                now=now,
            )


def _key(offer_id: str) -> str:
    return f"offer:{offer_id}"


def _open(session: Session, offer_id: str, *, now: datetime) -> CancellationOffer:
    offer = find_offer(session, offer_id, lock=True)
    webinar = session.get_one(Webinar, offer.webinar_id)
    if offer.choice is not None:
        raise Conflict(CHOSEN)
    if offer.is_postponement:
        if not offer_facts(session, offer).is_open(now):
            raise Conflict(OVER)
        return offer
    if offer.withdrawn_at is not None or webinar.state is not WebinarState.CANCELED:
        raise Conflict(WITHDRAWN)
    return offer


def _choose(
    session: Session,
    offer: CancellationOffer,
    choice: OfferChoice,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    offer.choice, offer.chosen_at = choice, now
    session.flush()
    webinar = session.get_one(Webinar, offer.webinar_id)
    detail = {"choice": choice.value}
    audit.record(
        session, "webinar.offer_chosen", webinar.public_id, actor=actor, now=now, detail=detail
    )


def _people_of(session: Session, found: Iterable[Bought]) -> list[int]:
    """Return the logins with access from the purchase: each owner of a line, and each seat holder."""
    lines = [line for one in found for line in one.lines]
    holders = {line.login_id for line in lines if line.login_id is not None}
    pools = {line.pool_id for line in lines if line.pool_id is not None}
    sitters = session.scalars(
        select(Assignment.login_id).where(
            Assignment.pool_id.in_(pools),
            Assignment.state == AssignmentState.CLAIMED,
            Assignment.ended_at.is_(None),
        )
    )
    return sorted(holders | {login_id for login_id in sitters if login_id is not None})


def _leave(
    session: Session,
    offer: CancellationOffer,
    people: Iterable[int],
    *,
    links: Links,
    now: datetime,
) -> None:
    """Cancel people's registrations for a webinar held without them, and update their calendars."""
    if not offer.is_postponement:  # everyone knows of a canceled one already
        return
    for login_id in people:
        registrations.enter(session, login_id=login_id, webinar_id=offer.webinar_id, now=now)
        registrations.leave(
            session, login_id=login_id, webinar_id=offer.webinar_id, links=links, now=now
        )
