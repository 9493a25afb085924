"""The current user: reads the sign-in cookie once per request; sets and clears it."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, TypedDict

import structlog
from flask import Flask, Request, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import LoginManager, current_user
from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased
from werkzeug.wrappers import Response

from lms.accounts import accounts, browser_sessions
from lms.accounts.browser_sessions import Blocked, Browser, Due, Opened
from lms.core import clock
from lms.core.email_addresses import Address
from lms.core.errors import N_, Forbidden, Frozen
from lms.core.languages import Language
from lms.core.list_queries import read_columns
from lms.core.runtime import derived_key, hash_secret
from lms.core.settings import Settings
from lms.mail.link_tokens_and_codes import LinkOver
from lms.models.accounts import Login, SecondStep, SellerRole, SignIn
from lms.models.organizations import Membership, Role
from lms.web.core.browser_names import describe
from lms.web.core.next_url import HOME
from lms.web.core.request_context import carrel, read_session, transaction
from media.delivery.cookie_reader import cookie_in

log = structlog.get_logger()
KNOWN_FOR: Final = timedelta(days=365)
KNOWN_NAME_BYTES: Final = 16
CART = "cart"  # the only session value that survives sign-in

_one_of_mine = aliased(Login)
_MANAGES = (
    exists()
    .where(
        Membership.login_id == _one_of_mine.id,
        Membership.role != Role.MEMBER,
        or_(_one_of_mine.id == Login.id, _one_of_mine.merged_into == Login.id),
    )
    .correlate(Login)
)
_SIGNED_IN = (
    select(
        Login.id.label("login_id"),
        Login.public_id,
        Login.name,
        Login.email,
        Login.seller_role,
        Login.zone,
        Login.language,
        _MANAGES.label("manages"),
        SignIn.id.label("sign_in_id"),
        SignIn.last_seen_at,
        SignIn.came_before_at,
        SignIn.created_at,
        SignIn.proved_at,
        SignIn.second_step,
    )
    .join_from(SignIn, Login, SignIn.login_id == Login.id)
    .where(
        SignIn.token_hash == bindparam("token_hash"),
        SignIn.second_step != SecondStep.DUE,
        SignIn.ended_at.is_(None),
        SignIn.expires_at > bindparam("now"),
        Login.blocked_at.is_(None),
    )
)


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """The signed-in person of this request; `sign_in_id` is None for a buyer known only by this browser's order."""

    login_id: int
    public_id: str
    name: str
    email: str | None
    seller_role: SellerRole | None
    zone: str | None
    language: Language | None
    manages: bool  # has a role other than member in some organization
    sign_in_id: int | None
    came_before_at: datetime | None  # when their last visit ended
    proved_at: datetime | None  # when they last proved their identity, at sign-in or later
    has_second_step: bool  # they signed in with a second step
    must_set_up: bool  # they have a role on our team but must set up a second step before using it

    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    @property
    def is_staff(self) -> bool:
        """Return whether they work for the seller as owner or staff; False for bookkeepers."""
        return self.seller_role in (SellerRole.OWNER, SellerRole.STAFF)

    @property
    def is_seller_owner(self) -> bool:
        """Return whether they are an owner of the seller."""
        return self.seller_role is SellerRole.OWNER

    def get_id(self) -> str:
        """Return the public id, for Flask-Login."""
        return self.public_id


def cookie_name(settings: Settings) -> str:
    """Return the name of the sign-in cookie; over HTTPS, `__Host-` pins it to this host."""
    return "__Host-carrel" if settings.is_https else "carrel"


def order_cookie(settings: Settings) -> str:
    """Return the name of the cookie of an order's browser (lms/web/core/order_browser.py)."""
    return "__Host-carrel-order" if settings.is_https else "carrel-order"


def playback_cookies(settings: Settings) -> tuple[str, str]:
    """Return the names of the cookies that open playback, in order of precedence: sign-in, then order."""
    return cookie_name(settings), order_cookie(settings)


def viewer() -> Viewer | None:
    """Return the signed-in person, or None."""
    person = current_user._get_current_object()  # noqa: SLF001  (a proxy has no public way to its object)
    return person if isinstance(person, Viewer) else None


def required_viewer() -> Viewer:
    """Return the signed-in person; raises Forbidden, which can't happen on a guarded route."""
    person = viewer()
    if person is None:
        raise Forbidden(N_("Sign in, then try again."), code="sign_in_first")
    return person


class Acting(TypedDict):
    """Who does something, and when: the last arguments of most domain functions."""

    actor: str
    now: datetime


def acting() -> Acting:
    """Return the signed-in person and the time, for `verb(session, ..., **acting())`."""
    return {"actor": required_viewer().public_id, "now": clock.now()}


def init_sign_in(app: Flask) -> None:
    """Have Flask-Login load the viewer from the opaque cookie."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app, add_context_processor=False)
    manager.request_loader(_load_viewer)
    app.register_error_handler(Blocked, _blocked)
    app.register_error_handler(LinkOver, _link_over)


def this_browser(*, remembered: bool) -> Browser:
    """Return this request's browser: its description, earlier sign-in, and whether to remember it."""
    value = cookie_in(request.environ, cookie_name(carrel().settings))
    return Browser(
        agent=describe(request.user_agent.string),
        remembered=remembered,
        earlier=hash_secret(value) if value else None,
    )


def due_sign_in() -> Due | None:
    """Return this browser's sign-in that still needs its second step, or None."""
    value = cookie_in(request.environ, cookie_name(carrel().settings))
    if not value:
        return None
    with read_session() as reading:
        return browser_sessions.read_due(reading, value, now=clock.now())


def let_in(opened: Opened, onward: str | None) -> Response:
    """Set the sign-in cookie and redirect to `onward`, which must have passed `local_path`.

    If the second step is due, redirect there first. Clearing the session also changes the CSRF token,
    so forms that were open before sign-in become stale.
    """
    is_due = opened.is_second_step_due
    cart = session.get(CART)
    session.clear()
    if cart:
        session[CART] = cart
    step = url_for("second_step.ask", next=onward)
    response = redirect(step if is_due else onward or HOME, code=303)
    settings = carrel().settings
    if not is_due:
        _remember(response, opened.login_id)
    response.set_cookie(
        cookie_name(settings),
        opened.cookie,
        max_age=browser_sessions.REMEMBERED_FOR if opened.remembered and not is_due else None,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def known_name(login_id: int) -> str | None:
    """Return the random name of this browser if this login has signed in with it before.

    A known browser has its own rate limit, so that failed attempts by strangers never lock out the
    account's owner. Its cookie is a random name with a signature that binds it to the login; it doesn't
    sign anyone in.
    """
    value = cookie_in(request.environ, _known_cookie(carrel().settings)) or ""
    name, _dot, signature = value.partition(".")
    right = _signature(name, login_id)
    # As bytes: compare_digest raises TypeError for text that isn't ASCII.
    return name if hmac.compare_digest(signature.encode(errors="replace"), right.encode()) else None


def known_to(address: Address) -> str | None:
    """Return this browser's random name if the account with this address has signed in with it before."""
    with read_session() as session:
        kept = accounts.read_kept(session, address)
    return None if kept.login_id is None else known_name(kept.login_id)


def let_out(location: str) -> Response:
    """Delete the sign-in cookie, clear the session (with its CSRF token), and redirect."""
    session.clear()
    response = redirect(location, code=303)
    settings = carrel().settings
    response.delete_cookie(
        cookie_name(settings), path="/", secure=settings.is_https, httponly=True, samesite="Lax"
    )
    return response


def _load_viewer(request: Request) -> Viewer | None:
    running = carrel()
    value = cookie_in(request.environ, cookie_name(running.settings))
    if not value:
        return None
    now = clock.now()
    asked = {"token_hash": hash_secret(value), "now": now}
    with running.database.read_session() as reading:
        row = read_columns(reading, _SIGNED_IN, asked).one_or_none()
    if row is None:
        return None
    came_before_at = row.came_before_at
    if browser_sessions.is_due(row.last_seen_at, now=now):
        _note_seen(row.sign_in_id, now)
        if browser_sessions.begins_a_visit(row.last_seen_at, now=now):
            came_before_at = row.last_seen_at
    has_second_step = row.second_step == SecondStep.DONE
    must_set_up = (
        row.seller_role is not None and running.settings.staff_two_step and not has_second_step
    )
    return Viewer(
        login_id=row.login_id,
        public_id=row.public_id,
        name=row.name,
        email=row.email,
        # The role gives no access before they have a second step.
        seller_role=None if must_set_up else row.seller_role,
        zone=row.zone,
        language=row.language,
        manages=row.manages,
        sign_in_id=row.sign_in_id,
        came_before_at=came_before_at,
        proved_at=row.proved_at or row.created_at,
        has_second_step=has_second_step,
        must_set_up=must_set_up,
    )


def _note_seen(sign_in_id: int, at: datetime) -> None:
    try:
        with transaction() as writing:
            browser_sessions.note_seen(writing, sign_in_id, now=at)
    except (
        OperationalError,
        Frozen,
    ) as error:  # the next request will retry; show this page anyway
        log.warning("sign_in_not_noted", fault=type(error).__name__)


def _blocked(refusal: Blocked) -> ResponseReturnValue:
    return render_template("accounts/account_blocked.html", message=_(refusal.message)), 403


def _link_over(refusal: LinkOver) -> ResponseReturnValue:
    return render_template("accounts/link_expired.html", message=_(refusal.message)), 410


def _remember(response: Response, login_id: int) -> None:
    """Set the cookie by which this browser is recognized as one that the login has used."""
    settings = carrel().settings
    name = known_name(login_id) or secrets.token_hex(KNOWN_NAME_BYTES)
    response.set_cookie(
        _known_cookie(settings),
        f"{name}.{_signature(name, login_id)}",
        max_age=KNOWN_FOR,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
    )


def _signature(name: str, login_id: int) -> str:
    key = derived_key(carrel().settings.secret_key, "known browsers")
    return hmac.new(key, f"{name}.{login_id}".encode(), hashlib.sha256).hexdigest()


def _known_cookie(settings: Settings) -> str:
    return "__Host-carrel-known" if settings.is_https else "carrel-known"
