"""Paying by card from the payment page of an order, by anyone with its link."""

from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.buying import payment_page_acts
from lms.core import clock
from lms.core.errors import N_, Conflict, Invalid, Unavailable
from lms.web.buying.card import lead_to_card_page, settle
from lms.web.buying.payment_page import hide_from_search_engines, read_by_link
from lms.web.buying.payment_page_forms import PayQuoteForm
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, links
from lms.web.core.request_context import see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.seller.agreements import check_agreed

blueprint = Blueprint("payment_page_card", __name__, url_prefix="/pay/<token>")
blueprint.after_request(hide_from_search_engines)
NOTHING_OWED: Final = N_("There's no open invoice to pay. If there's a quote, accept it first.")


@blueprint.post("/card")
@open_to(Audience.EVERYONE)
@keeps_its_address
def pay(token: str) -> ResponseReturnValue:
    """Redirect to the page where the amount due of the order is paid by card."""
    here = links().page(url_for("payment_page.show", token=token))
    paid_url = links().page(url_for(".paid", token=token))
    page = read_by_link(token)
    if not (page.is_owed or page.is_quote_to_pay):
        flash(_(NOTHING_OWED), "attention")
        return see_other("payment_page.show", token=token)
    seen = None
    try:
        if page.is_quote_to_pay:
            form = PayQuoteForm(request.form)
            _agree(token, form)
            seen = form.seen.data or 0
        return lead_to_card_page(
            page.facts.public_id, paid_url=paid_url, back_url=here, seen_minor=seen
        )
    except (Conflict, Invalid, Unavailable) as refusal:
        flash(_(refusal.message), "attention")
        return see_other("payment_page.show", token=token)


def _agree(token: str, form: PayQuoteForm) -> None:
    """Store the agreement of a person who pays a quote; raises Invalid if the box isn't checked."""
    check_agreed(has_agreed=form.has_agreed.data)
    with transaction() as session:
        payment_page_acts.agree_to_policies(session, token, now=clock.now())


@blueprint.get("/paid")
@open_to(Audience.EVERYONE)
@keeps_its_address
def paid(token: str) -> ResponseReturnValue:
    """Ask the provider whether the order is paid, and redirect to the payment page."""
    settle(read_by_link(token).facts.public_id)
    return see_other("payment_page.show", token=token)
