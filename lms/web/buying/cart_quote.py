"""The link of "Send to purchasing": confirms the buyer's mailbox and issues the quote of their cart."""

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.buying import cart_quotes
from lms.buying.cart_quotes import CartQuote
from lms.core import clock
from lms.core.errors import Invalid
from lms.documents.payment_links import payment_links
from lms.web.buying.payment_page import spend_try
from lms.web.core import rate_limits
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("cart_quote", __name__, url_prefix="/checkout/quote")


@blueprint.get("/sent")
@open_to(Audience.EVERYONE)
def sent() -> ResponseReturnValue:
    """Tell the buyer that the link was emailed."""
    return render(
        "buying/quote_sent.html",
        sender=carrel().settings.mail_from,
        again_url=url_for("checkout.show"),
    )


@blueprint.get("/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def show(token: str) -> ResponseReturnValue:
    """Show the request with a button that issues the quote, because mail scanners open links."""
    with rate_limits.wrong_links_counted(), read_session() as session:
        asked = _opened(session, token)
        facts = cart_quotes.read(session, asked)
    return render(
        "buying/quote_confirm.html",
        what=", ".join(title or _("Every webinar") for title in facts.titles),
        organization=facts.organization_name,
        email=facts.email,
    )


@blueprint.post("/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def issue(token: str) -> ResponseReturnValue:
    """Issue the quote, email it to the buyer and the purchasing office, and show it."""
    spend_try()
    try:
        with transaction() as session:
            asked = _opened(session, token)
            url = cart_quotes.issue(
                session,
                asked,
                where=payment_links(carrel().settings),
                mail_context=mail_context(),
                now=clock.now(),
            )
    except Invalid as refusal:
        flash(_(refusal.message), "attention")
        return see_other("cart.show")
    flash(
        _("Your quote is ready. We emailed it to %(email)s.", email=asked.purchasing_email), "done"
    )
    return see_other("payment_page.show", token=url.rpartition("/")[2])


def _opened(session: Session, token: str) -> CartQuote:
    key = carrel().settings.secret_key
    return cart_quotes.open_link(session, token, secret_key=key, now=clock.now())
