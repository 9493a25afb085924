"""Invitations and reminders: unsubscribing by an email's link or in the account."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.errors import NotFound
from lms.mail.links import SignedLinks
from lms.mail.opt_outs import (
    PATH,
    opt_in,
    opt_out,
    opt_out_links,
    opted_out,
    recipient_of,
    unsubscribe,
)
from lms.mail.outbox import key_of
from lms.web.accounts.account import my_addressed_account
from lms.web.core import rate_limits
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, keeps_its_address
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("unsubscribe", __name__)
blueprint.after_request(keep_nothing)

ONE_CLICK: Final = "List-Unsubscribe"  # RFC 8058: mail programs post this automatically


@blueprint.get(f"{PATH}/<mail_id>/<signature>")
@open_to(Audience.MAILBOX)
@keeps_its_address
def show(mail_id: str, signature: str) -> ResponseReturnValue:
    """Ask before anything changes, because virus scanners open links too."""
    _check(mail_id, signature)
    with read_session() as session:
        mail = recipient_of(session, mail_id)
        key, address = mail.recipient_key or "", mail.recipient
        is_out = key in opted_out(session, [key])
    return render("mail/unsubscribe.html", address=address, is_out=is_out)


@blueprint.post(f"{PATH}/<mail_id>/<signature>")
@open_to(Audience.MAILBOX)
@keeps_its_address
def change(mail_id: str, signature: str) -> ResponseReturnValue:
    """Unsubscribe the address of an email, or subscribe it again."""
    _check(mail_id, signature)
    with transaction() as session:
        mail = recipient_of(session, mail_id)
        if request.form.get("choice") == "subscribe":
            opt_in(session, mail.recipient_key or "")
        else:
            unsubscribe(session, mail, now=now())
    if ONE_CLICK in request.form:
        return "", 200
    return see_other(".show", mail_id=mail_id, signature=signature)


@blueprint.get("/account/emails")
@open_to(Audience.SIGNED_IN)
def own() -> ResponseReturnValue:
    account = my_addressed_account()
    key = key_of(account.email or "")
    with read_session() as session:
        is_out = key in opted_out(session, [key])
    return render("mail/unsubscribe.html", address=account.email, is_out=is_out, is_own=True)


@blueprint.post("/account/emails")
@open_to(Audience.SIGNED_IN)
def change_own() -> ResponseReturnValue:
    key = key_of(my_addressed_account().email or "")
    with transaction() as session:
        if request.form.get("choice") == "subscribe":
            opt_in(session, key)
        else:
            opt_out(session, key, now=now())
    flash(_("Your choice was saved."), "done")
    return see_other(".own")


def _check(mail_id: str, signature: str) -> None:
    check_link(opt_out_links(carrel().settings), mail_id, signature)


def check_link(links: SignedLinks, public_id: str, signature: str) -> None:
    """Raise NotFound if a link is invalid."""
    with rate_limits.wrong_links_counted():
        if not links.is_right(public_id, signature):
            raise NotFound
