"""Blocking a login, and unblocking it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.accounts.browser_sessions import Blocked, Browser, open_sign_in
from lms.core.database import Database
from lms.core.errors import Conflict, Forbidden, Invalid, NotFound
from lms.models.accounts import Login, SignIn
from lms.models.audit import AuditEntry
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.people import account_blocks
from tests.cast import Cast
from tests.clock import NOW

BROWSER = Browser(agent="test", remembered=False, earlier=None)


def _block(database: Database, login_id: int, actor: str | None = None) -> None:
    with database.transaction() as session:
        account_blocks.block(session, login_id, reason="Shared it", actor=actor, now=NOW)


def test_blocking_ends_sign_ins_and_playback(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        open_sign_in(session, cast.alice.id, browser=BROWSER, now=NOW)
        session.add(
            PlaybackSession(
                login_id=cast.alice.id,
                recording_id=cast.recording_id,
                sign_in_id=None,
                opened_at=NOW,
                expires_at=NOW + timedelta(hours=24),
                beat_at=NOW,
            )
        )
    _block(database, cast.alice.id)
    with database.read_session() as session:
        assert session.scalars(select(SignIn.ended_at)).one() == NOW
        assert session.scalars(select(PlaybackSession.ended_as)).one() is PlaybackEnd.BLOCKED


def test_a_blocked_login_is_refused_everywhere(database: Database, cast: Cast) -> None:
    _block(database, cast.alice.id)
    with database.read_session() as session:
        case = load_case(session, login_id=cast.alice.id, webinar_id=cast.webinar_id)
    for action in Action:
        assert decide(case.login, case.webinar, action, NOW).code is Code.ACCOUNT_BLOCKED
    with database.transaction() as session, pytest.raises(Blocked):
        open_sign_in(session, cast.alice.id, browser=BROWSER, now=NOW)


def test_reason_is_saved_with_the_login_and_not_in_the_audit_trail(
    database: Database, cast: Cast
) -> None:
    _block(database, cast.alice.id, actor=cast.ada.public_id)
    with database.read_session() as session:
        assert session.scalars(select(Login.blocked_reason).where(Login.id == cast.alice.id)).one()
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.actor, entry.detail) == ("login.blocked", cast.ada.public_id, {})


def test_unblocking_deletes_the_reason_and_allows_sign_in(database: Database, cast: Cast) -> None:
    _block(database, cast.alice.id)
    with database.transaction() as session:
        account_blocks.unblock(session, cast.alice.id, actor=None, now=NOW)
        login = session.get_one(Login, cast.alice.id)
        assert (login.blocked_at, login.blocked_reason) == (None, None)
        assert open_sign_in(session, cast.alice.id, browser=BROWSER, now=NOW).cookie


def test_blocking_again_keeps_the_first_date(database: Database, cast: Cast) -> None:
    _block(database, cast.alice.id)
    with database.transaction() as session:
        later = NOW + timedelta(days=1)
        account_blocks.block(session, cast.alice.id, reason="And again", actor=None, now=later)
    with database.read_session() as session:
        login = session.get_one(Login, cast.alice.id)
        assert (login.blocked_at, login.blocked_reason) == (NOW, "And again")


def test_login_that_is_not_blocked_cannot_be_unblocked(database: Database, cast: Cast) -> None:
    with database.transaction() as session, pytest.raises(Conflict):
        account_blocks.unblock(session, cast.alice.id, actor=None, now=NOW)


def test_staff_cannot_block_themselves(database: Database, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        _block(database, cast.ada.id, actor=cast.ada.public_id)


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
def test_a_reason_is_needed(database: Database, cast: Cast, reason: str) -> None:
    with database.transaction() as session, pytest.raises(Invalid):
        account_blocks.block(session, cast.alice.id, reason=reason, actor=None, now=NOW)


def test_unknown_login_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(NotFound):
            account_blocks.block(session, 999, reason="Shared it", actor=None, now=NOW)
        with pytest.raises(NotFound):
            account_blocks.unblock(session, 999, actor=None, now=NOW)
