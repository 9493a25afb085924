"""Grants of an account: giving, dating, and revoking them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.grants import grants
from lms.grants.grants import Target, Term, year_from
from lms.models.audit import AuditEntry
from lms.models.grants import Grant, Scope, Withdrawal
from lms.models.playback import PlaybackEnd, PlaybackSession
from tests.cast import Cast
from tests.clock import NOW

NEW_YORK = ZoneInfo("America/New_York")


def code(database: Database, login_id: int, webinar_id: int, at: datetime = NOW) -> Code:
    with database.read_session() as session:
        case = load_case(session, login_id=login_id, webinar_id=webinar_id)
    return decide(case.login, case.webinar, Action.RECORDING, at).code


@pytest.mark.parametrize(
    ("bought", "ends"),
    [
        ("2026-10-06T18:00", "2027-10-07T04:00"),  # PRODUCT.md A1
        ("2026-10-07T03:59", "2027-10-07T04:00"),  # still the 6th in New York
        ("2028-02-29T18:00", "2029-03-01T05:00"),  # the year from a leap day ends with February 28
        ("2026-03-08T06:30", "2027-03-09T05:00"),  # the night on which clocks are set forward
        ("2025-11-02T05:30", "2026-11-03T05:00"),  # the repeated hour
    ],
)
def test_pass_ends_with_its_anniversary_in_the_sellers_time_zone(bought: str, ends: str) -> None:
    starts_at = datetime.fromisoformat(bought).replace(tzinfo=UTC)
    term = year_from(starts_at, NEW_YORK)
    assert term.starts_at == starts_at
    assert term.ends_at == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def test_permanent_grant_gives_access_and_is_not_duplicated(database: Database, cast: Cast) -> None:
    made = []
    for _ in range(2):
        with database.transaction() as session:
            line = grants.give_permanently(
                session, login_id=cast.dan.id, webinar_id=cast.webinar_id, actor=None, now=NOW
            )
            made.append(line.public_id)
    assert made[0] == made[1]
    far = NOW.replace(year=NOW.year + 20)
    assert code(database, cast.dan.id, cast.webinar_id, far) is Code.OK_PERMANENT


def test_revoking_one_grant_does_not_affect_another(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        term = Term(NOW, NOW + timedelta(days=5))
        year = grants.grant(
            session,
            login_id=cast.alice.id,
            target=Target(Scope.EVERYTHING),
            term=term,
            actor=cast.ada.public_id,
            now=NOW,
        ).public_id
        bought = session.scalars(
            select(Grant.public_id).where(Grant.login_id == cast.alice.id, Grant.ends_at.is_(None))
        ).one()
    for grant_id, expected in ((bought, Code.OK_TERM), (year, Code.REFUNDED)):
        with database.transaction() as session:
            grants.take_back(
                session,
                grant_id,
                withdrawal=Withdrawal.REFUNDED,
                actor=cast.ada.public_id,
                now=NOW,
            )
        assert code(database, cast.alice.id, cast.webinar_id) is expected


def test_revoking_a_grant_ends_the_persons_playback(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
        playing = PlaybackSession(
            login_id=cast.alice.id,
            recording_id=cast.recording_id,
            sign_in_id=None,
            opened_at=NOW,
            expires_at=NOW + timedelta(hours=24),
            beat_at=NOW,
        )
        session.add(playing)
        session.flush()
        grants.take_back(
            session, line.public_id, withdrawal=Withdrawal.REVOKED, actor=None, now=NOW
        )
    with database.read_session() as session:
        ended = session.scalars(select(PlaybackSession)).one()
        assert (ended.ended_at, ended.ended_as) == (NOW, PlaybackEnd.REVOKED)
        assert session.scalars(select(AuditEntry.act)).all() == ["grant.revoked"]


def test_grant_can_be_revoked_only_once(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        line = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
        grants.take_back(
            session, line.public_id, withdrawal=Withdrawal.REVOKED, actor=None, now=NOW
        )
    with pytest.raises(Conflict), database.transaction() as session:
        grants.take_back(
            session, line.public_id, withdrawal=Withdrawal.REFUNDED, actor=None, now=NOW
        )
    with pytest.raises(NotFound), database.transaction() as session:
        grants.take_back(session, "0" * 26, withdrawal=Withdrawal.REVOKED, actor=None, now=NOW)
