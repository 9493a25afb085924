"""The link in an order's email: confirms the buyer's address, with one form."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form, PasswordField
from wtforms.validators import DataRequired

from lms.accounts import browser_sessions
from lms.buying import confirmations
from lms.buying.confirmations import Confirmation, NewPerson
from lms.component import hooks_for
from lms.core import clock
from lms.core.errors import Conflict, Invalid
from lms.core.password_hashing_and_rules import check_new_password, hash_password
from lms.web.accounts.forms import name_field
from lms.web.buying.card import is_test
from lms.web.core import rate_limits
from lms.web.core.current_user import let_in, this_browser
from lms.web.core.form_errors import show_faults
from lms.web.core.lazy_form_translations import _l
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, mail_context
from lms.web.core.request_context import components, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("order_confirmation", __name__, url_prefix="/orders/confirm")


class PersonForm(Form):
    """The name and password of a buyer whose address has no account yet."""

    name = name_field()
    password = PasswordField(
        _l("Choose a password"),
        [DataRequired(_l("Choose a password."))],
        description=_l("At least 10 characters. You'll sign in with it and your email address."),
        render_kw={"autocomplete": "new-password"},
    )


@blueprint.get("/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def show(secret: str) -> ResponseReturnValue:
    """Ask for what is missing; opening the link confirms nothing, because mail scanners open links."""
    found = _read(secret)
    return _page(found, PersonForm(name=found.name))


@blueprint.post("/<secret>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def confirm(secret: str) -> ResponseReturnValue:
    """Confirm the address, sign in to an account that this makes, and redirect to the order.

    People with an account sign in themselves, because the link works for two months, and the order's
    email may be forwarded.
    """
    found = _read(secret)
    form = PersonForm(request.form)
    person = None
    if not found.has_account:
        if not form.validate():
            return _page(found, form), 400
        password, name = form.password.data or "", form.name.data or ""
        try:
            check_new_password(password, email=found.email, name=name)
        except Invalid as refusal:
            show_faults(form, refusal)
            return _page(found, form), 400
        # Hash before the transaction: hashing is slow, and transactions must be short.
        person = NewPerson(name, hash_password(password))
    try:
        with transaction() as session:
            login_id = confirmations.confirm(
                session,
                secret,
                person,
                hooks=hooks_for(components(), "on_merge"),
                mail_context=mail_context(),
                now=clock.now(),
            )
            opened = None
            if not found.has_account:
                browser = this_browser(remembered=False)
                opened = browser_sessions.open_sign_in(
                    session, login_id, browser=browser, now=clock.now()
                )
    except Conflict as refusal:
        form.form_errors.append(_(refusal.message))
        return _page(found, form), 409
    place = f"/orders/{found.order_id}"
    answer = let_in(opened, place) if opened else see_other("sign_in.sign_in", next=place)
    flash(_("Your email address is confirmed."), "done")
    return answer


def _read(secret: str) -> Confirmation:
    with rate_limits.wrong_links_counted(), read_session() as session:
        return confirmations.read_confirmation(session, secret, now=clock.now())


def _page(found: Confirmation, form: PersonForm) -> str:
    return render("buying/confirm.html", found=found, form=form, is_test=is_test())
