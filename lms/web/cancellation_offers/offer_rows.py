"""Rows of cancellation offers on the staff page of a webinar: each payer's choice."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.cancellation_offers import offers
from lms.cancellation_offers.read_models import OfferFacts, offers_of, worth_of
from lms.core.dates_and_time_zones import say_date
from lms.core.errors import N_
from lms.mail.links import SignedLinks
from lms.models.live import OfferChoice
from lms.pricing.price_list import say_money

CHOSEN: Final = {
    OfferChoice.KEEP: (N_("Kept for the new date"), "open"),
    OfferChoice.REFUND: (N_("Refund"), "none"),
    OfferChoice.CREDIT: (N_("Credit"), "none"),
    OfferChoice.EXCHANGE: (N_("Exchanged"), "open"),
}


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
    state, badge = _("No answer yet"), "soon"
    if one.choice is not None:
        words, badge = CHOSEN[one.choice]
        state = _(words)
    elif not is_open:
        state, badge = _("Withdrawn"), "none"
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
