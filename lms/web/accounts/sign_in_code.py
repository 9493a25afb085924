"""Sign-in code pages: request an emailed code, and enter it in the same browser."""

from flask import Blueprint, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import browser_sessions, sign_in_codes_and_password_resets
from lms.accounts.browser_sessions import Opened
from lms.core import clock
from lms.core.email_addresses import read_address
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import MailedCode, RightCode
from lms.web.accounts.forms import CodeAskForm, CodeForm, typed_code
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import known_to, let_in, this_browser, viewer
from lms.web.core.next_url import HOME, asked_onward, local_path
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("sign_in_code", __name__)
KEPT = "sign_in_code"


@blueprint.get("/sign-in/code")
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Ask for the address that gets the code."""
    if viewer() is not None:
        return redirect(asked_onward() or HOME, code=303)
    return _ask_page(CodeAskForm(request.args))


@blueprint.post("/sign-in/code")
@evenly
@open_to(Audience.EVERYONE)
def send() -> ResponseReturnValue:
    """Email a code, and store the secret that it needs in this browser's session."""
    form = CodeAskForm(request.form)
    if not form.validate():
        return _ask_page(form), 400
    address, onward = form.email.address, asked_onward()
    known = known_to(address)
    if known is None:
        rate_limits.spend(rate_limits.EMAILS_FROM, rate_limits.network())
    rate_limits.spend(rate_limits.EMAILS, known or address.key)
    with transaction() as writing:
        made = sign_in_codes_and_password_resets.ask_code(
            writing, address, links=links(), onward=onward, now=clock.now()
        )
    session[KEPT] = {
        "ticket": made.ticket,
        "secret": made.browser_secret,
        "email": address.shown,
        "remember": bool(form.remember.data),
        "next": onward,
    }
    return see_other("sign_in_code.enter")


@blueprint.get("/sign-in/code/enter")
@open_to(Audience.EVERYONE)
def enter() -> ResponseReturnValue:
    """Ask for the code; redirect browsers that haven't requested one."""
    if KEPT not in session:
        return see_other("sign_in_code.ask")
    return _enter_page(CodeForm())


@blueprint.post("/sign-in/code/enter")
@evenly
@open_to(Audience.EVERYONE)
def enter_now() -> ResponseReturnValue:
    """Sign in with the code; the error doesn't reveal whether it was wrong, used or expired."""
    if KEPT not in session:
        return see_other("sign_in_code.ask")
    form = CodeForm(request.form)
    if not form.validate():
        return _enter_page(form), 400
    is_known = known_to(read_address(session[KEPT]["email"])) is not None
    if not is_known:
        rate_limits.check(rate_limits.FAILURES, rate_limits.network())
    opened = _opened(typed_code(form.code.data or ""))
    if opened is None:
        if not is_known:
            rate_limits.spend(rate_limits.FAILURES, rate_limits.network())
        form.code.errors = [
            _("This code doesn't work. Enter the one from the newest email, or request another.")
        ]
        return _enter_page(form), 400
    return let_in(opened, local_path(session[KEPT]["next"]))


def _opened(code: str) -> Opened | None:
    asked = session[KEPT]
    answer = MailedCode(code, asked["ticket"], asked["secret"])
    now = clock.now()
    with transaction() as writing:
        tried = link_tokens_and_codes.try_code(writing, answer, now=now)
        if not isinstance(tried, RightCode):
            return None
        browser = this_browser(remembered=asked["remember"])
        return browser_sessions.open_sign_in(writing, tried.login_id, browser=browser, now=now)


def _ask_page(form: CodeAskForm) -> str:
    return render("accounts/sign_in_code_request.html", form=form, onward=asked_onward())


def _enter_page(form: CodeForm) -> str:
    return render("accounts/sign_in_code_enter.html", form=form, asked=session[KEPT])
