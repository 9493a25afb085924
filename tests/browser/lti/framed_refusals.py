"""Refusals in a frame: one state for each access code, and for the frame's own errors."""

from datetime import timedelta

from sqlalchemy import update

from lms.core.clock import now
from lms.models.catalog import WebinarState
from lms.models.grants import Withdrawal
from lms.models.recordings import Recording, RecordingState
from lms.models.seats import AssignmentEnd
from tests.browser.lti.framed_organization import House, state
from tests.factories import make_assignment, make_login
from tests.lti.course_fixtures import ANONYMOUS


@state("refused no seat left")
def _full(house: House) -> str:
    pool, _ = house.pool(capacity=1)
    make_assignment(house.session, pool, make_login(house.session))
    return house.launch()


@state("refused seat released")
def _released(house: House) -> str:
    pool, _ = house.pool(capacity=1)
    path = house.launch()
    make_assignment(house.session, pool, house.learner(), ended_as=AssignmentEnd.REMOVED)
    return path


@state("refused contract lapsed")
def _lapsed(house: House) -> str:
    house.webinar.held_at = now() - timedelta(days=90)
    house.pool(
        capacity=1, starts_at=now() - timedelta(days=400), ends_at=now() - timedelta(days=35)
    )
    return house.launch()


@state("refused held after the term")
def _held_after(house: House) -> str:
    house.webinar.held_at = now() - timedelta(days=3)
    house.pool(
        capacity=1, starts_at=now() - timedelta(days=400), ends_at=now() - timedelta(days=35)
    )
    return house.launch()


@state("refused not started")
def _not_started(house: House) -> str:
    house.pool(capacity=1, starts_at=now() + timedelta(days=9), ends_at=now() + timedelta(days=99))
    return house.launch()


@state("refused payment pending")
def _pending(house: House) -> str:
    _, grant = house.pool(capacity=1)
    grant.created_at = grant.awaits_payment_since = now() - timedelta(days=1)
    return house.launch()


@state("refused payment overdue")
def _overdue(house: House) -> str:
    _, grant = house.pool(capacity=1)
    grant.created_at = now() - timedelta(days=40)
    grant.awaits_payment_since = now() - timedelta(days=1)
    return house.launch()


@state("refused disputed")
def _disputed(house: House) -> str:
    _, grant = house.pool(capacity=1)
    grant.suspended_at = now() - timedelta(days=1)
    return house.launch()


@state("refused refunded")
def _refunded(house: House) -> str:
    _, grant = house.pool(capacity=1)
    grant.revoked_at, grant.revoked_as = now() - timedelta(days=1), Withdrawal.REFUNDED
    return house.launch()


@state("refused revoked")
def _revoked(house: House) -> str:
    _, grant = house.pool(capacity=1)
    grant.revoked_at, grant.revoked_as = now() - timedelta(days=1), Withdrawal.REVOKED
    return house.launch()


@state("refused blocked")
def _blocked(house: House) -> str:
    house.pool()
    path = house.launch()
    house.learner().blocked_at = now() - timedelta(days=1)
    return path


@state("refused pulled")
def _pulled(house: House) -> str:
    house.pool()
    house.webinar.state, house.webinar.pulled_reason = WebinarState.PULLED, "safety"
    return house.launch()


@state("refused not ready")
def _not_ready(house: House) -> str:
    house.pool()
    house.session.execute(
        update(Recording)
        .where(Recording.webinar_id == house.webinar.id)
        .values(run=None, state=RecordingState.WAITING)
    )
    return house.launch()


@state("refused without a name")
def _unnamed(house: House) -> str:
    house.pool(capacity=5)
    return house.launch(ANONYMOUS)


@state("not in the library")
def _foreign(house: House) -> str:
    return house.launch()
