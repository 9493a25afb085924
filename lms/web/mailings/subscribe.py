"""Subscribing to new webinars: ask for the address, confirm it by email, change and end it."""

from typing import Any, Final

from flask import Blueprint, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.catalog.feeds import WHOLE, Part, read_name
from lms.core.clock import now
from lms.mail.opt_outs import SUBSCRIPTIONS, recipient_of, subscription_links
from lms.mailings import subscriptions
from lms.mailings.subscriptions import PATH, confirm_links
from lms.web.accounts.forms import AddressForm
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import viewer
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.mail.unsubscribe import ONE_CLICK, check_link

blueprint = Blueprint("subscribe", __name__)

SENT_TO: Final = "subscribed_as"


@blueprint.get(PATH)
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Ask for the address that gets the news."""
    person = viewer()
    return _ask_page(AddressForm(email=person.email if person else None))


@blueprint.post(PATH)
@evenly
@open_to(Audience.EVERYONE)
def send() -> ResponseReturnValue:
    """Email the link that confirms it; the response is the same for every address."""
    form = AddressForm(request.form)
    if not form.validate():
        return _ask_page(form), 400
    address = form.email.address
    rate_limits.spend_email(address.key)
    with transaction() as writing:
        subscriptions.ask(
            writing,
            address,
            _part(),
            confirming=confirm_links(carrel().settings),
            now=now(),
        )
    session[SENT_TO] = address.shown
    return see_other(".sent", **_about(_part()))


@blueprint.get(f"{PATH}/sent")
@open_to(Audience.EVERYONE)
def sent() -> ResponseReturnValue:
    """Tell the person to check their email."""
    again = url_for(".ask", **_about(_part()))
    return render("mailings/subscribe_sent.html", email=session.get(SENT_TO), again=again)


@blueprint.get(f"{PATH}/<subscription_id>/<signature>")
@open_to(Audience.MAILBOX)
@keeps_its_address
def confirm(subscription_id: str, signature: str) -> ResponseReturnValue:
    """Ask before anything changes, because virus scanners open links too."""
    _check_confirming(subscription_id, signature)
    with read_session() as reading:
        found = subscriptions.subscription(reading, subscription_id, now=now())
    return render("mailings/subscribe_confirm.html", found=found)


@blueprint.post(f"{PATH}/<subscription_id>/<signature>")
@open_to(Audience.MAILBOX)
@keeps_its_address
def confirm_now(subscription_id: str, signature: str) -> ResponseReturnValue:
    """Confirm a subscription, or end it."""
    _check_confirming(subscription_id, signature)
    if request.form.get("choice") == "end":
        with transaction() as writing:
            subscriptions.end(writing, subscription_id, actor=None, now=now())
        flash(_("You're unsubscribed."), "done")
        return see_other(".ask")
    with transaction() as writing:
        subscriptions.confirm(writing, subscription_id, now=now())
    return see_other(".confirm", subscription_id=subscription_id, signature=signature)


@blueprint.get(f"{SUBSCRIPTIONS}/<mail_id>/<signature>")
@open_to(Audience.MAILBOX)
@keeps_its_address
def own(mail_id: str, signature: str) -> ResponseReturnValue:
    """Show the subscriptions of an email's recipient."""
    _check_mail(mail_id, signature)
    with read_session() as reading:
        mail = recipient_of(reading, mail_id)
        address = mail.recipient
        found = subscriptions.subscriptions_of(reading, mail.recipient_key or "")
    return render("mailings/subscriptions.html", address=address, found=found)


@blueprint.post(f"{SUBSCRIPTIONS}/<mail_id>/<signature>")
@open_to(Audience.MAILBOX)
@keeps_its_address
def change(mail_id: str, signature: str) -> ResponseReturnValue:
    """End one subscription of an email's recipient, or all; mail programs post this, too."""
    _check_mail(mail_id, signature)
    with transaction() as writing:
        mail = recipient_of(writing, mail_id)
        subscriptions.end_by_email(writing, mail, only=request.form.get("only", ""), now=now())
    if ONE_CLICK in request.form:
        return "", 200
    flash(_("You're unsubscribed."), "done")
    return see_other(".own", mail_id=mail_id, signature=signature)


def _part() -> Part:
    """Return what the page asks about: a presenter or a series by slug, or all webinars."""
    return Part(
        series=request.values.get("series", ""), presenter=request.values.get("presenter", "")
    )


def _about(part: Part) -> dict[str, Any]:
    """Return the query of a page about a presenter or a series; it is empty for all webinars."""
    named = {"presenter": part.presenter, "series": part.series}
    return {name: slug for name, slug in named.items() if slug}


def _ask_page(form: AddressForm) -> str:
    part = _part()
    with read_session() as reading:
        topic = "" if part == WHOLE else read_name(reading, part)
    if part.presenter:
        back = url_for("catalog.presenter", slug=part.presenter)
    elif part.series:
        back = url_for("catalog.series", slug=part.series)
    else:
        back = url_for("catalog.webinars")
    return render("mailings/subscribe.html", form=form, part=part, topic=topic, back=back)


def _check_confirming(subscription_id: str, signature: str) -> None:
    check_link(confirm_links(carrel().settings), subscription_id, signature)


def _check_mail(mail_id: str, signature: str) -> None:
    check_link(subscription_links(carrel().settings), mail_id, signature)
