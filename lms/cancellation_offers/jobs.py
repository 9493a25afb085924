"""Jobs of cancellation offers: make and end them, and refund payers who chose nothing."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from lms.cancellation_offers import offers, reinstatements
from lms.cancellation_offers.offer_links import offer_links
from lms.core.clock import now
from lms.core.errors import Conflict
from lms.core.runtime import Carrel
from lms.documents.payment_links import payment_links
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.live.registrants import LONGEST, TO_COME
from lms.mail.links import mail_context_of
from lms.models.catalog import Webinar, WebinarState
from lms.models.live import CancellationOffer, OfferChoice

ROUND: Final = "cancellation_offers.round"
REFUND: Final = "cancellation_offers.refund"
SCHEDULES: Final = (Schedule(ROUND, timedelta(minutes=2)),)
LATE_UP_TO: Final = timedelta(days=30)  # a worker that was down still offers payers their choice
UNUSED: Final = (CancellationOffer.choice.is_(None), CancellationOffer.withdrawn_at.is_(None))


_EARLIER: Final = aliased(CancellationOffer)
_IS_TO_OFFER: Final = or_(
    Webinar.state == WebinarState.CANCELED,
    and_(
        Webinar.state.in_(TO_COME),
        Webinar.moved_at.is_not(None),
        # the move was offered before, and has changed since
        ~exists().where(
            _EARLIER.webinar_id == Webinar.id,
            _EARLIER.created_at >= Webinar.moved_at,
            _EARLIER.notice < Webinar.notice,
        ),
    ),
)


def go_round(carrel: Carrel, run: JobRun) -> None:
    """Make offers for canceled and postponed webinars, and end those of reinstated ones.

    On the date of a canceled webinar, unpaid invoices of payers who chose nothing are credited.
    """
    context = mail_context_of(carrel.settings)
    late = and_(Webinar.state == WebinarState.CANCELED, Webinar.held_at > now() - LATE_UP_TO)
    with carrel.database.read_session() as session:
        changed = session.scalars(
            select(Webinar.id).where(or_(Webinar.held_at > now() - LONGEST, late), _IS_TO_OFFER)
        ).all()
    for webinar_id in changed:
        with carrel.database.transaction() as session:
            is_still = select(Webinar).where(Webinar.id == webinar_id, _IS_TO_OFFER)
            webinar = session.scalar(is_still.with_for_update())
            if webinar is not None:
                offers.open_offers(session, webinar, where=offer_links(carrel.settings), now=now())
    reinstated = (
        Webinar.state.in_(TO_COME),
        # one that was taken off sale since isn't offered again
        or_(Webinar.state == WebinarState.ANNOUNCED, CancellationOffer.choice.is_(None)),
        CancellationOffer.is_postponement.is_(False),
        CancellationOffer.withdrawn_at.is_(None),
        CancellationOffer.again_id.is_(None),
        CancellationOffer.choice.is_distinct_from(OfferChoice.EXCHANGE),
    )
    for offer_id in _ids(carrel, *reinstated):
        with carrel.database.transaction() as session:
            reinstatements.end_offer(
                session,
                offer_id,
                pay=payment_links(carrel.settings),
                mail_context=context,
                now=now(),
            )
    over = (Webinar.state == WebinarState.CANCELED, Webinar.held_at <= now(), *UNUSED)
    for offer_id in _ids(carrel, *over):
        if run.canceled():
            return
        with carrel.database.transaction() as session:
            offers.credit_unpaid(session, offer_id, mail_context=context, now=now())


def refund(carrel: Carrel, run: JobRun) -> None:
    """Refund every payer of a canceled webinar who chose nothing, each in its own transaction."""
    wanted = (Webinar.public_id == run.subject, Webinar.state == WebinarState.CANCELED, *UNUSED)
    for offer_id in _ids(carrel, *wanted):
        if run.canceled():
            return
        with run.transaction(carrel.database) as session:
            try:
                offers.pay_back(
                    session,
                    offer_id,
                    OfferChoice.REFUND,
                    mail_context=mail_context_of(carrel.settings),
                    actor=run.payload.get("actor"),
                    now=now(),
                )
            except Conflict:
                continue  # chosen a moment ago
        run.give_way()


def _ids(carrel: Carrel, *wanted: ColumnElement[bool]) -> Sequence[str]:
    with carrel.database.read_session() as session:
        return session.scalars(
            select(CancellationOffer.public_id)
            .join(Webinar, Webinar.id == CancellationOffer.webinar_id)
            .where(*wanted)
            .order_by(CancellationOffer.id)
        ).all()


JOBS: Final = (JobKind(ROUND, go_round), JobKind(REFUND, refund))
