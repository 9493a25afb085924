"""The page of a payer's offer, without an account: a refund, another webinar, credit, or keep the order."""

from typing import Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.cancellation_offers import offers
from lms.cancellation_offers.offer_links import offer_links
from lms.cancellation_offers.read_models import (
    OfferFacts,
    Other,
    Worth,
    lines_of,
    offer_facts,
    others_of,
    refund_is_offered,
    worth_of,
)
from lms.core import clock
from lms.core.errors import Conflict, Invalid
from lms.models.live import CancellationOffer, OfferChoice
from lms.pricing.price_list import say_money
from lms.web.access.access_panel_and_reader_times import said_datetime
from lms.web.core.current_user import viewer
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.mail.unsubscribe import check_link

blueprint = Blueprint("cancellation_offer", __name__, url_prefix="/canceled")

PAID_BACK: Final = {"refund": OfferChoice.REFUND, "credit": OfferChoice.CREDIT}


@blueprint.get("/<offer_id>/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def show(offer_id: str, token: str) -> ResponseReturnValue:
    """Show what was canceled or postponed and the options; nothing happens before a click."""
    _check(offer_id, token)
    return _page(offer_id, "")


@blueprint.post("/<offer_id>/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def choose(offer_id: str, token: str) -> ResponseReturnValue:
    """Save the choice; if another choice came first, that one counts."""
    _check(offer_id, token)
    try:
        with transaction() as session:
            _do(session, offer_id, request.form.get("choice", ""))
    except Invalid as refusal:
        return _page(offer_id, _(refusal.message)), 400
    except Conflict as refusal:
        return _page(offer_id, _(refusal.message)), 409
    return see_other(".show", offer_id=offer_id, token=token)


def _do(session: Session, offer_id: str, choice: str) -> None:
    person = viewer()
    actor = person.public_id if person else None
    if choice in PAID_BACK:
        offers.pay_back(
            session,
            offer_id,
            PAID_BACK[choice],
            mail_context=mail_context(),
            actor=actor,
            now=clock.now(),
        )
        return
    if choice == "keep":
        offers.keep(session, offer_id, actor=actor, now=clock.now())
        return
    # an empty choice names no webinar, so exchange() refuses it
    offers.exchange(
        session,
        offer_id,
        request.form.get("other", ""),
        mail_context=mail_context(),
        actor=actor,
        now=clock.now(),
    )


def _check(offer_id: str, token: str) -> None:
    """Raise NotFound if the link is invalid."""
    check_link(offer_links(carrel().settings), offer_id, token)


def _page(offer_id: str, fault: str) -> str:
    with read_session() as session:
        offer = offers.find_offer(session, offer_id)
        facts = offer_facts(session, offer)
        is_open = facts.is_open(clock.now())
        values = _open_values(session, offer) if is_open else {}
        said = "" if is_open else _said(session, facts)
    return render(
        "cancellation_offers/choose.html",
        facts=facts,
        said=said,
        when=said_datetime(facts.held_at, facts.zone),
        fault=fault,
        **values,
    )


def _open_values(session: Session, offer: CancellationOffer) -> dict[str, object]:
    worth = worth_of(session, offer)
    return {
        "lines": lines_of(session, offer),
        "paid": _money(worth.paid_minor, worth),
        "unpaid": _money(worth.unpaid_minor, worth),
        "may_refund": refund_is_offered(session, offer, zone=mail_context().zone, now=clock.now()),
        "others": [_other(one, worth) for one in others_of(session, offer, now=clock.now())],
    }


def _other(one: Other, worth: Worth) -> dict[str, str]:
    price = _("Same price")
    if one.more_minor > 0:
        price = _("%(amount)s more, before tax", amount=_money(one.more_minor, worth))
    elif one.more_minor < 0:
        price = _("%(amount)s less, before tax", amount=_money(-one.more_minor, worth))
    return {
        "slug": one.slug,
        "title": one.title,
        "when": said_datetime(one.held_at, one.zone),
        "price": price,
    }


def _said(session: Session, facts: OfferFacts) -> str:
    """Return the result of an offer that is no longer open.

    Our team and a job refund payers who chose nothing, so it doesn't say who chose the refund.
    """
    match facts.choice:
        case OfferChoice.REFUND:
            if offers.was_refunded(session, facts.public_id):
                said = _("This purchase was refunded. The credit note is in a separate email.")
            else:
                said = _("Your invoice was canceled. The credit note is in a separate email.")
            return said
        case OfferChoice.CREDIT:
            return _(
                "You chose credit toward a future order. The credit note is in a separate email."
            )
        case OfferChoice.EXCHANGE:
            return _("You chose “%(title)s” instead. It's in My webinars.", title=facts.other)
        case OfferChoice.KEEP:
            return _("You kept your order for the new date.")
        case None if facts.is_postponement:
            return _("It's too late to choose. Your order is for the webinar's current date.")
        case None:
            return _("The webinar is back on. Your order hasn't changed.")


def _money(minor: int, worth: Worth) -> str:
    return say_money(minor, worth.currency) if minor else ""
