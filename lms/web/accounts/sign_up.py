"""Sign-up pages: create an account and confirm the address."""

from flask import Blueprint, flash, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import browser_sessions, sign_up
from lms.accounts.sign_up import Person
from lms.core import clock
from lms.core.errors import Invalid
from lms.core.password_hashing_and_rules import check_new_password, hash_password
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import Ticket
from lms.models.accounts import EmailPurpose
from lms.web.accounts.forms import AddressForm, ConfirmForm
from lms.web.accounts.page_language import chosen_language
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import let_in, this_browser, viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.next_url import HOME, asked_onward
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.time_zone_choices import zone_choices

blueprint = Blueprint("sign_up", __name__)
SENT_TO = "sent_to"


@blueprint.get("/sign-up")
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Ask for the address; nothing else is needed at first."""
    if viewer() is not None:
        return redirect(asked_onward() or HOME, code=303)
    return _ask_page(AddressForm(request.args))


@blueprint.post("/sign-up")
@evenly
@open_to(Audience.EVERYONE)
def send() -> ResponseReturnValue:
    """Email the link that creates the account; the response is the same for every address."""
    form = AddressForm(request.form)
    if not form.validate():
        return _ask_page(form), 400
    address = form.email.address
    rate_limits.spend_email(address.key)
    with transaction() as writing:
        sign_up.ask_sign_up(writing, address, links=links(), onward=asked_onward(), now=clock.now())
    session[SENT_TO] = address.shown
    return see_other("sign_up.sent")


@blueprint.get("/sign-up/sent")
@open_to(Audience.EVERYONE)
def sent() -> ResponseReturnValue:
    """Tell the person to check their email."""
    return render("accounts/sign_up_sent.html", email=session.get(SENT_TO))


@blueprint.get("/sign-up/confirm/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def confirm(secret: str) -> ResponseReturnValue:
    """Ask for name, password and time zone; opening the link doesn't use it up."""
    form = _with_zones(ConfirmForm(zone=carrel().settings.time_zone))
    return _confirm_page(form, _ticket(secret))


@blueprint.post("/sign-up/confirm/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def confirm_now(secret: str) -> ResponseReturnValue:
    """Complete the account and sign in this browser."""
    ticket = _ticket(secret)
    form = _with_zones(ConfirmForm(request.form))
    if not form.validate():
        return _confirm_page(form, ticket), 400
    name, password = form.name.data or "", form.password.data or ""
    try:
        check_new_password(password, email=ticket.email, name=name)
    except Invalid as refusal:
        show_faults(form, refusal)
        return _confirm_page(form, ticket), 400
    # Hash before the transaction: hashing is slow, and transactions must be short.
    person = Person(name, form.zone.data, hash_password(password), chosen_language())
    now = clock.now()
    with transaction() as writing:
        login_id = sign_up.confirm_sign_up(writing, secret, person=person, now=now)
        browser = this_browser(remembered=False)
        opened = browser_sessions.open_sign_in(writing, login_id, browser=browser, now=now)
    response = let_in(opened, asked_onward())
    flash(_("Your account is ready. Welcome, %(name)s.", name=name.strip()), "done")
    return response


def _ticket(secret: str) -> Ticket:
    with read_session() as reading:
        return link_tokens_and_codes.read(
            reading, secret, EmailPurpose.CONFIRM_SIGN_UP, now=clock.now()
        )


def _ask_page(form: AddressForm) -> str:
    return render("accounts/sign_up.html", form=form, onward=asked_onward())


def _confirm_page(form: ConfirmForm, ticket: Ticket) -> str:
    return render(
        "accounts/sign_up_confirm.html", form=form, email=ticket.email, onward=asked_onward()
    )


def _with_zones(form: ConfirmForm) -> ConfirmForm:
    form.zone.choices = zone_choices(clock.now(), present=carrel().settings.time_zone)
    return form
