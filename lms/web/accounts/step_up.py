"""Step-up: sensitive actions ask for proof of identity, then continue with the submitted form.

A view marked by `asks_again` is called only if the person signed in or proved their identity within the
last 15 minutes. Otherwise the response is a page that asks for a code, a passkey or the password and
contains the submitted fields; nothing is stored on the server meanwhile.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import accounts, browser_sessions, second_step_proofs
from lms.accounts.accounts import Account
from lms.accounts.second_step_proofs import Asked, Proof
from lms.core.clock import now
from lms.core.errors import N_
from lms.core.password_hashing_and_rules import Right, check_password
from lms.web.accounts.passkey_site import passkey_site
from lms.web.core import rate_limits
from lms.web.core.current_user import Viewer, viewer
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, read_session, render, transaction
from lms.web.core.route_guard import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
MARK: Final = "__carrel_asks_again__"
GOOD_FOR: Final = timedelta(minutes=15)
PASSWORD, CODE, PASSKEY = "proof_password", "proof_code", "proof_passkey"
_OURS: Final = frozenset({"csrf_token", PASSWORD, CODE, PASSKEY})
NOT_YOUR_PASSWORD = N_("That isn't your password. Enter your account's password.")


def asks_again(view: View) -> View:
    """Mark a view that needs a proof of identity within the last 15 minutes; goes above `open_to`."""
    setattr(view, MARK, True)
    return view


def is_marked(view: Callable[..., Any]) -> bool:
    """Return whether a view needs a recent proof of identity."""
    return getattr(view, MARK, False)


def init_step_up(app: Flask) -> None:
    """Ask for proof before marked actions; must be called after the CSRF check is registered."""
    app.before_request(_ask_again)


def is_present_password(account: Account, typed: str) -> bool:
    """Return whether this is the account's current password; raises TooMany after ten wrong ones."""
    rate_limits.spend(rate_limits.PRESENT_PASSWORD, account.public_id)
    with read_session() as session:
        kept = accounts.read_own_kept(session, account.id)
    right = isinstance(check_password(kept.password_hash, typed), Right)
    if right:
        rate_limits.forgive(rate_limits.PRESENT_PASSWORD, account.public_id)
    return right


def read_proof(code_field: str, passkey_field: str) -> Proof:
    """Return the second step in a form."""
    typed = "".join(sign for sign in request.form.get(code_field, "") if sign.isalnum())
    return Proof(typed, request.form.get(passkey_field, ""))


def tries_key(person: Viewer) -> str:
    """Return the key that counts a signed-in person's second steps: of this sign-in alone.

    Strangers who know the password count under the account's. They must not use up the person's tries,
    nor get new ones when the person succeeds.
    """
    return str(person.sign_in_id)


def _ask_again() -> ResponseReturnValue | None:
    person = _unproved()
    if person is None:
        return None
    with read_session() as session:
        account = accounts.read_account(session, person.login_id)
    if not any(request.form.get(name) for name in (PASSWORD, CODE, PASSKEY)):
        return _page(person, account, fault=None), 403
    if not _is_proved(person, account):
        return _page(person, account, fault=_fault(person)), 400
    return None


def _unproved() -> Viewer | None:
    """Return the person who must prove their identity before this request's action, or None."""
    if request.endpoint is None or request.method in SAFE_METHODS:
        return None
    if not is_marked(current_app.view_functions[request.endpoint]):
        return None
    person = viewer()  # the guard admits only signed-in people to these routes
    if person is None or person.proved_at is None or now() - person.proved_at < GOOD_FOR:
        return None
    return person


def _is_proved(person: Viewer, account: Account) -> bool:
    if person.sign_in_id is None:
        return False
    if not person.has_second_step:
        typed = request.form.get(PASSWORD, "")
        if not (account.has_password and is_present_password(account, typed)):
            return False
        with transaction() as session:
            browser_sessions.note_proof(session, person.sign_in_id, now=now())
        return True
    rate_limits.spend(rate_limits.SECOND_STEPS, tries_key(person))
    with read_session() as session:
        asked = Asked(
            person.login_id,
            browser_sessions.read_challenge(session, person.sign_in_id),
            passkey_site(),
            carrel().settings.secret_key,
        )
        match = second_step_proofs.find_match(session, read_proof(CODE, PASSKEY), asked, now=now())
    if match is None:
        return False
    with transaction() as session:
        if not second_step_proofs.use(session, match, links=links(), now=now()):
            return False
        browser_sessions.note_proof(session, person.sign_in_id, now=now())
    rate_limits.forgive(rate_limits.SECOND_STEPS, tries_key(person))
    return True


def _fault(person: Viewer) -> str:
    if person.has_second_step:
        return _("That code or passkey didn't work. Enter the current code from your app.")
    return _(NOT_YOUR_PASSWORD)


def _page(person: Viewer, account: Account, *, fault: str | None) -> str:
    with read_session() as session:
        known = second_step_proofs.known_passkeys(session, person.login_id, passkey_site())
    return render(
        "accounts/ask_again.html",
        account=account,
        typed=[
            (name, value)
            for name, values in request.form.lists()
            if name not in _OURS
            for value in values
        ],
        act=request.full_path.rstrip("?"),
        has_second_step=person.has_second_step,
        has_passkey=bool(known),
        fault=fault,
    )
