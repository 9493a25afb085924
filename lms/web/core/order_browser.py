"""The browser of an order: its cart, and the cookie that opens what was bought (PRODUCT.md, S15)."""

from typing import Final

from flask import request, session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Code, decide
from lms.accounts import accounts
from lms.buying import order_sessions
from lms.core import clock
from lms.core.errors import N_, Forbidden
from lms.web.core.current_user import CART, Viewer, order_cookie, viewer
from lms.web.core.request_context import carrel, read_session
from media.delivery.cookie_reader import cookie_in

LASTS_S: Final = int(order_sessions.LASTS.total_seconds())


def cart_token() -> str:
    """Return the secret of this browser's cart, or "" if it has none."""
    return str(session.get(CART, ""))


def keep_cart(token: str) -> None:
    """Store the cart's secret in this browser's session."""
    session[CART] = token


def drop_cart() -> None:
    """Remove this browser's cart, which was ordered."""
    session.pop(CART, None)


def order_token() -> str:
    """Return the secret of this browser's order session, or "" if it has none."""
    return cookie_in(request.environ, order_cookie(carrel().settings)) or ""


def keep_order(answer: Response, token: str) -> Response:
    """Set the cookie of the order session, valid for 24 hours."""
    settings = carrel().settings
    answer.set_cookie(
        order_cookie(settings),
        token,
        max_age=LASTS_S,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return answer


def is_of_a_buyer() -> bool:
    """Return whether an order was placed in this browser and its buyer isn't confirmed yet."""
    token = order_token()
    if not token:
        return False
    with read_session() as reading:
        return bool(order_sessions.buyers_of(reading, token, now=clock.now()))


def required_watcher(reading: Session, webinar_id: int) -> Viewer:
    """Return the signed-in person, or the buyer of this browser's order; raises Forbidden."""
    person = viewer() or buyer_here(reading, webinar_id)
    if person is None:
        raise Forbidden(N_("Sign in, then try again."), code="sign_in_first")
    return person


def buyer_here(reading: Session, webinar_id: int) -> Viewer | None:
    """Return the unconfirmed buyer of this browser's order, or None.

    Of several buyers, returns one with paid access to the webinar (a row id), else the last. Returns
    None for a free webinar, which requires an account.
    """
    now = clock.now()
    buyers = order_sessions.buyers_of(reading, order_token(), now=now) if order_token() else ()
    is_free = False
    for login_id in buyers:
        case = load_case(reading, login_id=login_id, webinar_id=webinar_id)
        decision = decide(case.login, case.webinar, Action.HANDOUT, now)
        is_free = decision.code is Code.OK_FREE
        if isinstance(decision, Admitted) and not is_free:
            return _buyer(reading, login_id)
    return _buyer(reading, buyers[-1]) if buyers and not is_free else None


def has_access_here(reading: Session, webinar_id: int) -> bool:
    """Return whether this browser's order gives its unconfirmed buyer access to a webinar (a row id)."""
    buyer = buyer_here(reading, webinar_id)
    if buyer is None:
        return False
    case = load_case(reading, login_id=buyer.login_id, webinar_id=webinar_id)
    return isinstance(decide(case.login, case.webinar, Action.HANDOUT, clock.now()), Admitted)


def _buyer(reading: Session, login_id: int) -> Viewer:
    account = accounts.read_account(reading, login_id)
    return Viewer(
        login_id=login_id,
        public_id=account.public_id,
        name=account.name,
        email=None,
        seller_role=None,
        zone=None,
        language=None,
        manages=False,
        sign_in_id=None,
        came_before_at=None,
        proved_at=None,
        has_second_step=False,
        must_set_up=False,
    )
