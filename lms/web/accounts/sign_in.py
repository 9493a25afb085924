"""The sign-in page with a password, and signing out."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.accounts import accounts, browser_sessions, power_over_others, sign_up
from lms.accounts.browser_sessions import Opened
from lms.core.clock import now
from lms.core.email_addresses import Address
from lms.core.errors import TooMany
from lms.core.password_hashing_and_rules import Wrong, check_password, hash_password
from lms.web.accounts.forms import SignInForm
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import known_to, let_in, let_out, this_browser, viewer
from lms.web.core.next_url import HOME, asked_onward
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, render, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@open_to(Audience.EVERYONE)
def sign_in() -> ResponseReturnValue:
    """Ask for address and password; redirect people who are already signed in."""
    if viewer() is not None:
        return redirect(asked_onward() or HOME, code=303)
    return _page(SignInForm())


@blueprint.post("/sign-in")
@evenly
@open_to(Audience.EVERYONE)
def sign_in_now() -> ResponseReturnValue:
    """Sign in with address and password.

    The response and the work are the same whether the account doesn't exist, isn't confirmed, has no
    password, or the password is wrong. It also takes a constant time, because an unconfirmed account is
    sent an email. While passwords are paused, no matter who caused it, a code by email still works. A
    browser in which this person has signed in before has its own limit.
    """
    form = SignInForm(request.form)
    if not form.validate():
        return _page(form), 400
    address = form.email.address
    known = known_to(address)
    try:
        if known is None:
            rate_limits.check(rate_limits.FAILURES, rate_limits.network())
        rate_limits.spend(rate_limits.SIGN_INS, known or address.key)
    except TooMany as pause:
        return _paused(form, pause)
    opened = _opened(address, form.password.data or "", remembered=bool(form.remember.data))
    if opened is None:
        if known is None:
            rate_limits.spend(rate_limits.FAILURES, rate_limits.network())
        form.form_errors.append(_("That email and password don't match."))
        return _page(form, failed=True), 400
    rate_limits.forgive(rate_limits.SIGN_INS, known or address.key)
    return let_in(opened, asked_onward())


@blueprint.post("/sign-out")
@open_to(Audience.EVERYONE)
def sign_out() -> ResponseReturnValue:
    """Sign this browser out; also works if its sign-in has already expired."""
    person = viewer()
    if person is not None and person.sign_in_id is not None:
        with transaction() as session:
            browser_sessions.end(session, person.sign_in_id, now=now())
    response = let_out(asked_onward() or "/")
    flash(_("You're signed out."), "done")
    return response


def _opened(address: Address, password: str, *, remembered: bool) -> Opened | None:
    with read_session() as session:
        kept = power_over_others.read_kept(session, address)
    verdict = check_password(kept.password_hash, password)
    if isinstance(verdict, Wrong) or kept.login_id is None:
        with read_session() as session:  # a wrong guess must not take the write lock
            is_unconfirmed = sign_up.is_unconfirmed(session, address)
        if is_unconfirmed:
            with transaction() as session:
                sign_up.remind_unconfirmed(
                    session, address, links=links(), onward=asked_onward(), now=now()
                )
        return None
    renewed = hash_password(password) if verdict.outdated else None
    with transaction() as session:
        if power_over_others.read_kept(session, address) != kept:
            return None  # changed while it was checked
        if renewed is not None:
            accounts.renew_hash(session, kept, password_hash=renewed)
        browser = this_browser(remembered=remembered)
        return browser_sessions.open_sign_in(session, kept.login_id, browser=browser, now=now())


def _paused(form: SignInForm, pause: TooMany) -> ResponseReturnValue:
    form.form_errors.append(
        ngettext(
            "Too many password attempts. We can email you a code to sign in now, or you"
            " can try again in %(num)d minute.",
            "Too many password attempts. We can email you a code to sign in now, or you"
            " can try again in %(num)d minutes.",
            (pause.retry_after_s + 59) // 60,
        )
    )
    wait = {"Retry-After": str(pause.retry_after_s)}
    return _page(form), HTTPStatus.TOO_MANY_REQUESTS, wait


def _page(form: SignInForm, *, failed: bool = False) -> str:
    return render("accounts/sign_in.html", form=form, onward=asked_onward(), failed=failed)
