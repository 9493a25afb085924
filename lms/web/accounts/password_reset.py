"""Password reset pages: request the emailed link, and choose a new password."""

from flask import Blueprint, flash, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import accounts, browser_sessions, sign_in_codes_and_password_resets
from lms.core import clock
from lms.core.errors import Invalid
from lms.core.password_hashing_and_rules import check_new_password, hash_password
from lms.mail import link_tokens_and_codes
from lms.web.accounts.forms import AddressForm, NewPasswordForm
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import let_in, this_browser
from lms.web.core.form_errors import show_faults
from lms.web.core.next_url import asked_onward
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("forgotten_password", __name__)
SENT_TO = "sent_to"


@blueprint.get("/forgotten-password")
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Ask for the account's address."""
    return render("accounts/password_reset_request.html", form=AddressForm(request.args))


@blueprint.post("/forgotten-password")
@evenly
@open_to(Audience.EVERYONE)
def send() -> ResponseReturnValue:
    """Email the link; the response is the same for every address."""
    form = AddressForm(request.form)
    if not form.validate():
        return render("accounts/password_reset_request.html", form=form), 400
    address = form.email.address
    rate_limits.spend_email(address.key)
    with transaction() as writing:
        sign_in_codes_and_password_resets.ask_new_password(
            writing, address, links=links(), now=clock.now()
        )
    session[SENT_TO] = address.shown
    return see_other("forgotten_password.sent")


@blueprint.get("/forgotten-password/sent")
@open_to(Audience.EVERYONE)
def sent() -> ResponseReturnValue:
    """Tell the person to check their email."""
    return render("accounts/password_reset_sent.html", email=session.get(SENT_TO))


@blueprint.get("/reset-password/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def choose(secret: str) -> ResponseReturnValue:
    """Ask for the new password; opening the link doesn't use it up."""
    return _page(NewPasswordForm(), _account_of(secret))


@blueprint.post("/reset-password/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def choose_now(secret: str) -> ResponseReturnValue:
    """Save the new password, sign out all other browsers and sign in this one."""
    account = _account_of(secret)
    form = NewPasswordForm(request.form)
    if not form.validate():
        return _page(form, account), 400
    password = form.password.data or ""
    try:
        check_new_password(password, email=account.email or "", name=account.name)
    except Invalid as refusal:
        show_faults(form, refusal)
        return _page(form, account), 400
    # Hash before the transaction: hashing is slow, and transactions must be short.
    password_hash, now = hash_password(password), clock.now()
    with transaction() as writing:
        login_id = sign_in_codes_and_password_resets.choose_password(
            writing, secret, password_hash=password_hash, links=links(), now=now
        )
    with transaction() as writing:
        browser = this_browser(remembered=False)
        opened = browser_sessions.open_sign_in(writing, login_id, browser=browser, now=now)
    response = let_in(opened, asked_onward())
    flash(_("Your password was changed. You were signed out of all other browsers."), "done")
    return response


def _account_of(secret: str) -> accounts.Account:
    with read_session() as reading:
        ticket = link_tokens_and_codes.read(
            reading, secret, *sign_in_codes_and_password_resets.CHOOSING, now=clock.now()
        )
        return accounts.read_account(reading, ticket.login_id)


def _page(form: NewPasswordForm, account: accounts.Account) -> str:
    return render("accounts/password_choose.html", form=form, account=account)
