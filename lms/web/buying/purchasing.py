"""The public purchasing page: what a purchasing office needs to know about the seller."""

from typing import Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.buying import purchasing
from lms.core import clock
from lms.core.dates_and_time_zones import on_wall_clock
from lms.core.errors import N_
from lms.seller.policies import SLUGS, TITLES
from lms.seller.settings import Method
from lms.web.buying.card import takes_cards
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import carrel, read_session, render
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("purchasing", __name__, url_prefix="/purchasing")

METHOD_WORDS: Final = {
    Method.INVOICE: N_("Invoice"),
    Method.PURCHASE_ORDER: N_("Purchase order"),
    Method.CHECK: N_("Check"),
    Method.TRANSFER: N_("Bank transfer (ACH)"),
}


@blueprint.get("")
@open_to(Audience.EVERYONE)
def show() -> ResponseReturnValue:
    """Show the seller, ways to pay, quotes, vendor documents and information sheets."""
    today = on_wall_clock(clock.now(), mail_context().zone).date()
    with read_session() as session:
        facts = purchasing.read_purchasing(session, on=today)
    cards = [_("Card")] if takes_cards() else []
    return render(
        "buying/purchasing.html",
        seller=facts.seller,
        ein=facts.ein,
        methods=_listed(cards + [_(METHOD_WORDS[one]) for one in facts.methods]),
        net_days=facts.net_days if facts.methods else 0,
        policies_shown=[
            (_(TITLES[kind]), url_for("policies.show", slug=SLUGS[kind])) for kind in facts.policies
        ],
        public=[
            (one.title, url_for("vendor_documents.download", document_id=one.id))
            for one in facts.public
        ],
        on_request=[one.title for one in facts.on_request],
    )


@blueprint.get("/security")
@open_to(Audience.EVERYONE)
def security() -> ResponseReturnValue:
    """Show the security sheet."""
    return render("buying/security.html", is_https=carrel().settings.is_https)


def _listed(names: list[str]) -> str:
    """Return names separated by commas, only the first of them capitalized."""
    return ", ".join([*names[:1], *(each[:1].lower() + each[1:] for each in names[1:])])
