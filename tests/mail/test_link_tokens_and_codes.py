"""Emailed secrets: single use, limited in time and purpose, and stored only as hashes."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Gone
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import LIFE, MailedCode, RightCode, WrongCode
from lms.models.accounts import EmailPurpose, EmailToken
from tests.cast import Cast
from tests.clock import NOW

RESET = EmailPurpose.RESET_PASSWORD
SECOND = timedelta(seconds=1)


def _issue(database: Database, login_id: int, purpose: EmailPurpose = RESET) -> str:
    with database.transaction() as session:
        return link_tokens_and_codes.issue(
            session, login_id, purpose, email="a@example.org", now=NOW
        )


def _issue_code(database: Database, login_id: int) -> MailedCode:
    with database.transaction() as session:
        return link_tokens_and_codes.issue_code(session, login_id, email="a@example.org", now=NOW)


def test_a_link_works_once(database: Database, cast: Cast) -> None:
    secret = _issue(database, cast.alice.id)
    with database.transaction() as session:
        assert link_tokens_and_codes.use(session, secret, RESET, now=NOW).login_id == cast.alice.id
        with pytest.raises(Gone):
            link_tokens_and_codes.use(session, secret, RESET, now=NOW)


def test_reading_a_link_does_not_use_it(database: Database, cast: Cast) -> None:
    secret = _issue(database, cast.alice.id)
    with database.transaction() as session:
        for _ in range(3):
            assert (
                link_tokens_and_codes.read(session, secret, RESET, now=NOW).email == "a@example.org"
            )


@pytest.mark.parametrize("purpose", LIFE)
def test_link_expires(database: Database, cast: Cast, purpose: EmailPurpose) -> None:
    secret = _issue(database, cast.alice.id, purpose)
    end = NOW + LIFE[purpose]
    with database.transaction() as session:
        link_tokens_and_codes.read(session, secret, purpose, now=end - SECOND)
        with pytest.raises(Gone):
            link_tokens_and_codes.read(session, secret, purpose, now=end)


def test_link_works_only_for_its_purpose(database: Database, cast: Cast) -> None:
    secret = _issue(database, cast.alice.id, EmailPurpose.RECOVERY_ADDRESS)
    others = [purpose for purpose in EmailPurpose if purpose is not EmailPurpose.RECOVERY_ADDRESS]
    with database.transaction() as session, pytest.raises(Gone):
        link_tokens_and_codes.use(session, secret, *others, now=NOW)


def test_voided_link_stops_working_and_others_do_not(database: Database, cast: Cast) -> None:
    voided, other = _issue(database, cast.alice.id), _issue(database, cast.bob.id)
    with database.transaction() as session:
        link_tokens_and_codes.void(session, cast.alice.id, RESET, now=NOW)
        with pytest.raises(Gone):
            link_tokens_and_codes.read(session, voided, RESET, now=NOW)
        link_tokens_and_codes.read(session, other, RESET, now=NOW)


def test_secrets_are_not_stored_in_the_database(database: Database, cast: Cast) -> None:
    secret, made = _issue(database, cast.alice.id), _issue_code(database, cast.alice.id)
    with database.read_session() as session:
        rows = session.execute(select(*EmailToken.__table__.columns)).all()
    kept = repr(rows)
    assert all(part not in kept for part in (secret, made.code, made.browser_secret))


def test_a_code_works_once(database: Database, cast: Cast) -> None:
    made = _issue_code(database, cast.alice.id)
    with database.transaction() as session:
        assert link_tokens_and_codes.try_code(session, made, now=NOW) == RightCode(cast.alice.id)
        assert link_tokens_and_codes.try_code(session, made, now=NOW) == WrongCode()


def test_a_code_is_eight_digits(database: Database, cast: Cast) -> None:
    code = _issue_code(database, cast.alice.id).code
    assert len(code) == 8
    assert code.isdecimal()


def test_code_is_rejected_in_another_browser(database: Database, cast: Cast) -> None:
    made, other = _issue_code(database, cast.alice.id), _issue_code(database, cast.bob.id)
    stolen = MailedCode(made.code, made.ticket, other.browser_secret)
    with database.transaction() as session:
        assert link_tokens_and_codes.try_code(session, stolen, now=NOW) == WrongCode()


def test_code_expires_after_ten_minutes(database: Database, cast: Cast) -> None:
    made = _issue_code(database, cast.alice.id)
    with database.transaction() as session:
        late = NOW + timedelta(minutes=10)
        assert link_tokens_and_codes.try_code(session, made, now=late) == WrongCode()
        assert link_tokens_and_codes.try_code(session, made, now=late - SECOND) == RightCode(
            cast.alice.id
        )


@pytest.mark.parametrize(("wrong", "right"), [(4, True), (5, False)])
def test_code_is_rejected_after_five_wrong_attempts(
    database: Database, cast: Cast, *, wrong: int, right: bool
) -> None:
    made = _issue_code(database, cast.alice.id)
    missed = MailedCode("x", made.ticket, made.browser_secret)
    with database.transaction() as session:
        for _ in range(wrong):
            assert link_tokens_and_codes.try_code(session, missed, now=NOW) == WrongCode()
        answer = link_tokens_and_codes.try_code(session, made, now=NOW)
    assert isinstance(answer, RightCode) is right


def test_invented_code_looks_like_a_real_one_and_is_rejected(
    database: Database, cast: Cast
) -> None:
    invented, made = link_tokens_and_codes.invent_code(), _issue_code(database, cast.alice.id)
    assert [len(part) for part in (invented.code, invented.ticket, invented.browser_secret)] == [
        len(part) for part in (made.code, made.ticket, made.browser_secret)
    ]
    with database.transaction() as session:
        assert link_tokens_and_codes.try_code(session, invented, now=NOW) == WrongCode()


def test_secrets_that_expired_a_month_ago_are_deleted(database: Database, cast: Cast) -> None:
    _issue(database, cast.alice.id)
    with database.transaction() as session:
        link_tokens_and_codes.forget_old(session, now=NOW + timedelta(days=30))
        assert session.scalar(select(EmailToken.id)) is not None
        link_tokens_and_codes.forget_old(session, now=NOW + timedelta(days=31))
        assert session.scalar(select(EmailToken.id)) is None
