"""A situation for each decision code: rows for which `dan` gets exactly that code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.access.policy import Action, Code
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, Withdrawal
from lms.models.organizations import Organization
from lms.models.seats import AssignmentEnd, AssignmentState, ClaimPolicy, Pool
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_grant,
    make_pool,
    make_pool_grant,
    make_verified_domain,
    make_waiting_entry,
    make_webinar,
)

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Situation:
    """What dan wants to do, and with which webinar."""

    webinar_id: int
    slug: str
    action: Action = Action.RECORDING


@dataclass(frozen=True, slots=True)
class Stage:
    """Rows that situations build on: the cast's rows, and pools of Elm County as needed."""

    session: Session
    dan: Login
    elm: Organization
    webinar: Webinar

    def pool(self, *, capacity: int | None = 10, policy: ClaimPolicy | None = None) -> Pool:
        """Make a pool of this webinar."""
        return make_pool(
            self.session,
            self.elm,
            self.webinar,
            capacity=capacity,
            claim_policy=policy or ClaimPolicy.INVITATION,
        )

    def contract(self, *, ended_days_ago: int, grace_days: int = 14) -> Pool:
        """Make a pool for everything whose contract ended the given number of days ago."""
        pool = make_pool(self.session, self.elm)
        ends_at = NOW - ended_days_ago * DAY
        make_pool_grant(
            self.session,
            pool,
            starts_at=ends_at - 365 * DAY,
            ends_at=ends_at,
            grace_until=ends_at + grace_days * DAY,
        )
        return pool

    def seated(self, pool: Pool) -> Grant:
        """Give dan a seat of a pool with permanent seats."""
        grant = make_pool_grant(self.session, pool)
        make_assignment(self.session, pool, self.dan)
        return grant


def arrange(session: Session, cast: Cast, code: Code) -> Situation:
    """Make the rows for which dan gets `code`."""
    dan = session.get_one(Login, cast.dan.id)
    elm = session.get_one(Organization, cast.organization_id)
    webinar = session.get_one(Webinar, cast.webinar_id)
    stage = Stage(session, dan, elm, webinar)
    made = ARRANGED[code](stage)
    session.flush()
    return made or Situation(webinar.id, webinar.slug)


def _yours(stage: Stage) -> None:
    make_grant(stage.session, stage.dan, stage.webinar)


def _free(stage: Stage) -> None:
    stage.webinar.free = True


def _term(stage: Stage) -> None:
    make_grant(stage.session, stage.dan, ends_at=NOW + 200 * DAY)


def _grace(stage: Stage) -> None:
    make_assignment(stage.session, stage.contract(ended_days_ago=4), stage.dan)


def _invited(stage: Stage) -> None:
    pool = stage.pool()
    make_pool_grant(stage.session, pool)
    make_assignment(stage.session, pool, email=stage.dan.email, state=AssignmentState.INVITED)


def _claimable(stage: Stage) -> None:
    make_pool_grant(stage.session, stage.pool(policy=ClaimPolicy.DOMAIN))
    make_verified_domain(stage.session, stage.elm, "example.org")


def _unpaid(stage: Stage) -> None:
    grant = stage.seated(stage.pool())
    grant.created_at = grant.awaits_payment_since = NOW - DAY


def _paused(stage: Stage) -> None:
    grant = stage.seated(stage.pool())
    grant.created_at, grant.awaits_payment_since = NOW - 40 * DAY, NOW - DAY


def _waiting(stage: Stage) -> None:
    pool = stage.pool(capacity=1)
    make_pool_grant(stage.session, pool)
    make_assignment(stage.session, pool, email="first@example.net", state=AssignmentState.INVITED)
    make_waiting_entry(stage.session, pool, stage.dan)


def _not_started(stage: Stage) -> None:
    make_grant(stage.session, stage.dan, starts_at=NOW + DAY, ends_at=NOW + 366 * DAY)


def _not_open(stage: Stage) -> Situation:
    webinar = make_webinar(stage.session, held_at=NOW + timedelta(hours=30))
    make_grant(stage.session, stage.dan, webinar)
    return Situation(webinar.id, webinar.slug, Action.LIVE)


def _not_ready(stage: Stage) -> Situation:
    webinar = make_webinar(stage.session)
    make_grant(stage.session, stage.dan, webinar)
    return Situation(webinar.id, webinar.slug)


def _over(stage: Stage) -> Situation:
    make_grant(stage.session, stage.dan, stage.webinar)
    return Situation(stage.webinar.id, stage.webinar.slug, Action.LIVE)


def _held_after(stage: Stage) -> Situation:
    webinar = make_webinar(stage.session, held_at=NOW + 20 * DAY)
    make_grant(stage.session, stage.dan, ends_at=NOW + 10 * DAY)
    return Situation(webinar.id, webinar.slug)


def _lapsed(stage: Stage) -> None:
    pool = stage.contract(ended_days_ago=20)
    make_assignment(stage.session, pool, stage.dan, state=AssignmentState.FROZEN)


def _expired(stage: Stage) -> None:
    make_grant(stage.session, stage.dan, starts_at=NOW - 366 * DAY, ends_at=NOW - DAY)


def _released(stage: Stage) -> None:
    pool = stage.pool()
    make_pool_grant(stage.session, pool)
    make_assignment(stage.session, pool, stage.dan, ended_as=AssignmentEnd.REMOVED)


def _suspended(stage: Stage) -> None:
    make_grant(stage.session, stage.dan, stage.webinar).suspended_at = NOW - DAY


def _refunded(stage: Stage) -> None:
    _take_back(make_grant(stage.session, stage.dan, stage.webinar), Withdrawal.REFUNDED)


def _revoked(stage: Stage) -> None:
    _take_back(make_grant(stage.session, stage.dan, stage.webinar), Withdrawal.REVOKED)


def _take_back(grant: Grant, withdrawal: Withdrawal) -> None:
    grant.revoked_at, grant.revoked_as = NOW - DAY, withdrawal


def _nothing(_stage: Stage) -> None:
    """Leave dan without access."""


def _blocked(stage: Stage) -> None:
    make_grant(stage.session, stage.dan, stage.webinar)
    stage.dan.blocked_at = NOW - DAY


def _pulled(stage: Stage) -> None:
    make_grant(stage.session, stage.dan, stage.webinar)
    stage.session.execute(
        update(Webinar)
        .where(Webinar.id == stage.webinar.id)
        .values(state=WebinarState.PULLED, pulled_reason="A rights holder objected.")
    )


ARRANGED: Final[Mapping[Code, Callable[[Stage], Situation | None]]] = {
    Code.OK_PERMANENT: _yours,
    Code.OK_FREE: _free,
    Code.OK_TERM: _term,
    Code.OK_GRACE: _grace,
    Code.INVITE_NOT_CLAIMED: _invited,
    Code.SEAT_CLAIMABLE: _claimable,
    Code.PAYMENT_PENDING: _unpaid,
    Code.PAYMENT_OVERDUE: _paused,
    Code.POOL_FULL_WAITLISTED: _waiting,
    Code.NOT_STARTED: _not_started,
    Code.LIVE_NOT_OPEN: _not_open,
    Code.RECORDING_NOT_READY: _not_ready,
    Code.LIVE_OVER: _over,
    Code.HELD_AFTER_TERM: _held_after,
    Code.CONTRACT_LAPSED: _lapsed,
    Code.PASS_EXPIRED: _expired,
    Code.SEAT_RELEASED: _released,
    Code.SUSPENDED_DISPUTE: _suspended,
    Code.REFUNDED: _refunded,
    Code.REVOKED: _revoked,
    Code.NO_GRANT: _nothing,
    Code.ACCOUNT_BLOCKED: _blocked,
    Code.WEBINAR_PULLED: _pulled,
}
