"""Cancellation offers for staff: each payer's choice, and refunds for those who haven't chosen."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.cancellation_offers import offers
from lms.cancellation_offers.jobs import REFUND
from lms.cancellation_offers.read_models import OfferFacts, offers_of, worth_of
from lms.catalog.staff_read_models import read_standing
from lms.core import clock
from lms.core.dates_and_time_zones import say_date
from lms.core.errors import N_, Conflict
from lms.jobs import queue as job_queue
from lms.mail.links import SignedLinks
from lms.models.catalog import WebinarState
from lms.models.jobs import Lane
from lms.models.live import OfferChoice
from lms.pricing.price_list import say_money
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_offers", __name__, url_prefix="/staff/webinars/<slug>/offers")

NOT_CANCELED = N_("This webinar isn't canceled.")
NO_ANSWER = N_("No answer yet")
WITHDRAWN = N_("Withdrawn")
CHOSEN: Final = {
    OfferChoice.KEEP: (N_("Kept for the new date"), "open"),
    OfferChoice.REFUND: (N_("Refund"), "none"),
    OfferChoice.CREDIT: (N_("Credit"), "none"),
    OfferChoice.EXCHANGE: (N_("Exchanged"), "open"),
}


@blueprint.post("/refund")
@asks_again
@open_to(Audience.STAFF)
def refund(slug: str) -> ResponseReturnValue:
    """Start the refunds of payers who haven't chosen, once each."""
    actor = required_viewer().public_id
    with transaction() as session:
        standing = read_standing(session, slug)
        if standing.state is not WebinarState.CANCELED:
            raise Conflict(NOT_CANCELED)
        job_queue.enqueue(
            session,
            kind=REFUND,
            lane=Lane.PROMPT,
            subject=standing.public_id,
            payload={"actor": actor},
            now=clock.now(),
        )
    flash(_("Refunds started. Reload this page in a minute."), "done")
    return see_other("staff_webinars.show", slug=slug)


def offer_rows(
    session: Session, webinar_id: int, *, where: SignedLinks, zone: ZoneInfo, now: datetime
) -> list[dict[str, object]]:
    """Return each payer's choice, or the link to choose with if the offer is open."""
    return [
        _row(session, one, is_open=one.is_open(now), where=where, zone=zone)
        for one in offers_of(session, webinar_id)
    ]


def _row(
    session: Session, one: OfferFacts, *, is_open: bool, where: SignedLinks, zone: ZoneInfo
) -> dict[str, object]:
    state, badge = _(NO_ANSWER), "soon"
    if one.choice is not None:
        words, badge = CHOSEN[one.choice]
        state = _(words)
    elif not is_open:
        state, badge = _(WITHDRAWN), "none"
    worth = worth_of(session, offers.find_offer(session, one.public_id)) if is_open else None
    if one.organization_slug:
        payer_url = url_for("staff_organizations.organization", slug=one.organization_slug)
    else:
        payer_url = ""
    return {
        "payer": one.payer,
        "payer_url": payer_url,
        "state": state,
        "badge": badge,
        "may_be_refunded": is_open and not one.is_postponement,
        "chosen": say_date(one.chosen_at, zone) if one.chosen_at else "",
        "other": one.other or "",
        "other_slug": one.other_slug,
        "again": one.again,
        "paid": say_money(worth.paid_minor, worth.currency) if worth and worth.paid_minor else "",
        "unpaid": say_money(worth.unpaid_minor, worth.currency)
        if worth and worth.unpaid_minor
        else "",
        "link": where.page(one.public_id) if is_open else "",
    }
