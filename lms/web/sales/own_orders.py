"""A person's orders: what they bought, their documents, and what they can change themselves."""

from functools import partial
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.dates_and_time_zones import say_date
from lms.organizations.payers import Payer
from lms.pricing.price_list import say_money
from lms.sales.read_models import OrderFacts, orders_of_payer
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import required_viewer
from lms.web.core.private_page_headers_and_mail_links import keep_nothing
from lms.web.core.request_context import read_session, render, see_other
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.quote_texts import offer_name
from lms.web.sales.order_texts import STANDING_BADGES, STANDING_WORDS, covered_text
from lms.web.sales.own_order_page import (
    act_on,
    form_of,
    lead_to_payment,
    order_values,
)

blueprint = Blueprint("own_orders", __name__, url_prefix="/account/orders")
blueprint.after_request(keep_nothing)

TEMPLATE: Final = "sales/own_order.html"


@blueprint.get("")
@open_to(Audience.SIGNED_IN)
def index() -> ResponseReturnValue:
    """List a person's own purchases, newest first."""
    with read_session() as session:
        found = orders_of_payer(session, Payer(login_id=required_viewer().login_id))
    rows = [_row(one) for one in found if one.placed_at is not None]
    return render("sales/own_orders.html", rows=rows)


@blueprint.get("/<order_id>")
@open_to(Audience.SIGNED_IN)
def show(order_id: str) -> ResponseReturnValue:
    payer = Payer(login_id=required_viewer().login_id)
    with read_session() as session:
        values = order_values(session, payer, order_id)
        form = form_of(session, payer, order_id)
    return render(TEMPLATE, form=form, fault="", **values)


@blueprint.get("/<order_id>/pay")
@open_to(Audience.SIGNED_IN)
def pay(order_id: str) -> ResponseReturnValue:
    return lead_to_payment(Payer(login_id=required_viewer().login_id), order_id)


@blueprint.post("/<order_id>")
@open_to(Audience.SIGNED_IN)
def act(order_id: str) -> ResponseReturnValue:
    """Add a PO number, change who is billed, or request a refund."""
    payer = Payer(login_id=required_viewer().login_id)
    done = see_other(".show", order_id=order_id)
    return act_on(payer, order_id, done=done, page=partial(render, TEMPLATE))


def _row(facts: OrderFacts) -> dict[str, object]:
    standing = facts.standing(clock.now())
    return {
        "id": facts.public_id,
        "number": facts.number,
        "what": offer_name(facts.kind, facts.quantity),
        "covers": covered_text(facts),
        "total": say_money(facts.total_minor, facts.currency),
        "state": _(STANDING_WORDS[standing]),
        "badge": STANDING_BADGES[standing],
        "placed": say_date(facts.placed_at, reading_zone()) if facts.placed_at else "",
    }
