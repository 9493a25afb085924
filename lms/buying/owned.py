"""What a signed-in person already has, so that they are warned before they pay again (PRODUCT.md, A6)."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.person_grants_and_seats import read_holdings
from lms.access.policy import Action, Admitted, Code, decide
from lms.grants.grants import Target
from lms.models.grants import OfferKind, Scope
from lms.models.orders import Order
from lms.sales import orders
from lms.sales.order_access import target_of

FOR_ONE: Final = (OfferKind.SINGLE, OfferKind.PASS)
_OPEN: Final = (Code.OK_PERMANENT, Code.OK_TERM, Code.OK_GRACE)


def has_already(session: Session, login_id: int, target: Target, *, now: datetime) -> bool:
    """Return whether a person already has a webinar, or all of a series or presenter."""
    if target.scope is Scope.WEBINAR:
        assert target.id is not None  # noqa: S101  (a webinar has an ID)
        case = load_case(session, login_id=login_id, webinar_id=target.id)
        # a handout is open to everyone with access to the webinar, even without a recording
        return isinstance(decide(case.login, case.webinar, Action.HANDOUT, now), Admitted)
    return any(
        one.candidate.code in _OPEN
        and (
            one.candidate.grant.scope is Scope.EVERYTHING
            or (one.candidate.grant.scope is target.scope and one.target_id == target.id)
        )
        for one in read_holdings(session, login_id, now)
    )


def lines_owned(session: Session, cart: Order, login_id: int, *, now: datetime) -> frozenset[str]:
    """Return the lines of a cart, by public ID, that its signed-in buyer already has.

    Only lines for one person: seats and group viewings are for others too.
    """
    return frozenset(
        line.public_id
        for line in orders.lines_of(session, cart.id)
        if line.kind in FOR_ONE
        and (line.quantity or 1) == 1
        and has_already(session, login_id, target_of(line), now=now)
    )
