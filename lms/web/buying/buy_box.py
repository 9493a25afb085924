"""The price of a selection in a buy box, for the box's script."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import Invalid
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.buy_box import Total, read_item, total_of

blueprint = Blueprint("buy_box", __name__)


@blueprint.get("/cart/price")
@open_to(Audience.EVERYONE)
def price() -> ResponseReturnValue:
    """Show the price of the box's selection."""
    try:
        item = read_item(request.args)
    except Invalid as refusal:
        return render("buying/_total.html", total=Total("", "", (), _(refusal.message)))
    with read_session() as session:
        return render("buying/_total.html", total=total_of(session, item))
