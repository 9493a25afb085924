"""The second step of signing in: an authenticator code, a passkey, or a recovery code."""

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Form, HiddenField, StringField

from lms.accounts import browser_sessions, passkeys, second_factors, second_step_proofs
from lms.accounts.browser_sessions import Due, Opened
from lms.accounts.second_step_proofs import Asked, Recovery
from lms.core.clock import now
from lms.core.errors import N_, Forbidden
from lms.models.accounts import FactorKind
from lms.web.accounts.forms import PLAIN
from lms.web.accounts.passkey_site import passkey_site
from lms.web.accounts.step_up import read_proof
from lms.web.core import rate_limits
from lms.web.core.current_user import due_sign_in, known_name, let_in
from lms.web.core.lazy_form_translations import _l
from lms.web.core.next_url import asked_onward
from lms.web.core.private_page_headers_and_mail_links import keep_nothing, links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("second_step", __name__, url_prefix="/sign-in/second-step")
blueprint.after_request(keep_nothing)

SIGN_IN_FIRST = N_("Sign in with your email address first.")
FEW_CODES = 3


class SecondStepForm(Form):
    """A code, or a passkey's response, which a script fills in."""

    code = StringField(
        _l("Code"),
        render_kw={
            "autocomplete": "one-time-code",
            "maxlength": 30,
            "class": "input-code",
            **PLAIN,
        },
    )
    passkey = HiddenField()


@blueprint.get("")
@open_to(Audience.EVERYONE)
def ask() -> ResponseReturnValue:
    """Ask for the second step; redirect browsers without a pending one to sign in."""
    due = due_sign_in()
    if due is None:
        return see_other("sign_in.sign_in", next=asked_onward())
    return _page(due, SecondStepForm())


@blueprint.post("")
@open_to(Audience.EVERYONE)
def prove() -> ResponseReturnValue:
    """Sign in if the code or the passkey is right; each works once."""
    due = due_sign_in()
    if due is None:
        flash(_("That took too long. Sign in again."), "attention")
        return see_other("sign_in.sign_in", next=asked_onward())
    form = SecondStepForm(request.form)
    key = known_name(due.login_id) or due.login
    rate_limits.spend(rate_limits.SECOND_STEPS, key)
    opened = _opened(due)
    if opened is None:
        form.code.errors = [
            _(
                "That code or passkey didn't work. Enter the current code from your app, or a "
                "recovery code you haven't used."
            )
        ]
        return _page(due, form), 400
    rate_limits.forgive(rate_limits.SECOND_STEPS, key)
    return let_in(opened, asked_onward())


@blueprint.post("/passkey")
@open_to(Audience.EVERYONE)
def ask_passkey() -> ResponseReturnValue:
    """Return the challenge for a passkey, as JSON for the script."""
    due = due_sign_in()
    if due is None:
        raise Forbidden(SIGN_IN_FIRST, code="sign_in_first")
    return passkey_question(due.sign_in_id, due.login_id)


def passkey_question(sign_in_id: int, login_id: int) -> Response:
    """Return the challenge for one of a person's passkeys, as JSON; stores it with the sign-in."""
    site = passkey_site()
    with transaction() as session:
        known = second_step_proofs.known_passkeys(session, login_id, site)
        question, challenge = passkeys.ask_to_sign(site, known)
        browser_sessions.set_challenge(session, sign_in_id, challenge)
    return Response(question, content_type="application/json")


def _opened(due: Due) -> Opened | None:
    asked = Asked(due.login_id, due.challenge, passkey_site(), carrel().settings.secret_key)
    proof, at = read_proof("code", "passkey"), now()
    with read_session() as session:
        # Verify in a read session, so that wrong codes never wait for a writer.
        match = second_step_proofs.find_match(session, proof, asked, now=at)
    if match is None:
        return None
    with transaction() as session:
        if not second_step_proofs.use(session, match, links=links(), now=at):
            return None
        opened = browser_sessions.finish(session, due, now=at)
        left = second_factors.codes_left(session, due.login_id)
    if isinstance(match, Recovery) and left <= FEW_CODES:
        text = _("You have %(num)d recovery codes left. Get new ones in your account.", num=left)
        flash(text, "attention")
    return opened


def _page(due: Due, form: SecondStepForm) -> str:
    with read_session() as session:
        factors = second_factors.list_factors(session, due.login_id)
        passkeys_here = second_step_proofs.known_passkeys(session, due.login_id, passkey_site())
    return render(
        "accounts/second_step.html",
        form=form,
        onward=asked_onward(),
        has_app=any(one.kind is FactorKind.APP for one in factors),
        has_passkey=bool(passkeys_here),
    )
