"""Merging two logins of one person: no rows move, both count, and it can be undone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.accounts import accounts
from lms.accounts.browser_sessions import Browser, open_sign_in
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, Invalid, NotFound
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import LinkOver, WrongCode
from lms.models.accounts import EmailPurpose, Login, SignIn
from lms.models.audit import AuditEntry
from lms.models.grants import Grant
from lms.models.playback import WatchRecord
from lms.people import account_blocks, login_merges
from lms.people.login_merges import OnMerge
from lms.playback.watch_records import read_places
from tests.cast import Cast, Person
from tests.clock import NOW

BROWSER = Browser(agent="test", remembered=False, earlier=None)


def _merge(database: Database, kept: Person, merged: Person, hooks: Sequence[OnMerge] = ()) -> None:
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=kept.public_id,
            merged=merged.public_id,
            hooks=hooks,
            actor=None,
            now=NOW,
        )


def _unmerge(database: Database, merged: Person) -> None:
    with database.transaction() as session:
        login_merges.unmerge(session, merged.public_id, actor=None, now=NOW)


def _code(database: Database, person: Person, webinar_id: int) -> Code:
    with database.read_session() as session:
        case = load_case(session, login_id=person.id, webinar_id=webinar_id)
    return decide(case.login, case.webinar, Action.RECORDING, NOW).code


def test_login_that_can_sign_in_is_not_merged_into_a_team_member(
    database: Database, cast: Cast
) -> None:
    with pytest.raises(Conflict, match="on our team"):
        _merge(database, cast.ada, cast.alice)
    with pytest.raises(Conflict, match="on our team"), database.transaction() as session:
        login_merges.merge(
            session,
            kept=cast.alice.public_id,
            merged=cast.ada.public_id,
            hooks=(),
            actor=None,
            now=NOW,
            can_sign_in=False,
        )


def test_kept_login_has_access_of_the_merged_one_until_undone(
    database: Database, cast: Cast
) -> None:
    assert _code(database, cast.dan, cast.webinar_id) is Code.NO_GRANT
    _merge(database, cast.dan, cast.alice)
    assert _code(database, cast.dan, cast.webinar_id) is Code.OK_PERMANENT
    _unmerge(database, cast.alice)
    assert _code(database, cast.dan, cast.webinar_id) is Code.NO_GRANT
    assert _code(database, cast.alice, cast.webinar_id) is Code.OK_PERMANENT


def test_grants_are_not_moved(database: Database, cast: Cast) -> None:
    with database.read_session() as session:
        before = session.execute(select(Grant.id, Grant.login_id).order_by(Grant.id)).all()
    _merge(database, cast.dan, cast.alice)
    with database.read_session() as session:
        assert session.execute(select(Grant.id, Grant.login_id).order_by(Grant.id)).all() == before


def test_viewing_of_both_logins_counts(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        for person, buckets in ((cast.alice, b"\x0f"), (cast.dan, b"\xf0")):
            session.add(
                WatchRecord(
                    login_id=person.id,
                    recording_id=cast.recording_id,
                    buckets=buckets,
                    watched_s=20,
                    position_s=0.0,
                    earned_until=NOW,
                    updated_at=NOW,
                )
            )
    _merge(database, cast.dan, cast.alice)
    with database.read_session() as session:
        places = read_places(session, login_id=cast.dan.id, recording_ids=[cast.recording_id])
    assert places[cast.recording_id].watched_s == 40


def test_merged_login_is_signed_out_and_its_links_stop_working(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        open_sign_in(session, cast.alice.id, browser=BROWSER, now=NOW)
        secret = link_tokens_and_codes.issue(
            session, cast.alice.id, EmailPurpose.RESET_PASSWORD, email=cast.alice.email, now=NOW
        )
    _merge(database, cast.dan, cast.alice)
    with database.transaction() as session:
        assert session.scalars(select(SignIn.ended_at)).one() == NOW
        with pytest.raises(LinkOver):
            link_tokens_and_codes.use(session, secret, EmailPurpose.RESET_PASSWORD, now=NOW)


def test_undo_ends_sign_ins_and_links_from_the_merged_address(
    database: Database, cast: Cast
) -> None:
    """Otherwise, after a mistaken merge of two people, one could still open the other's account."""
    _merge(database, cast.dan, cast.alice)
    with database.transaction() as session:
        opened = open_sign_in(session, cast.alice.id, browser=BROWSER, now=NOW)
        assert opened.cookie
        secret = link_tokens_and_codes.issue(
            session, cast.dan.id, EmailPurpose.RESET_PASSWORD, email=cast.alice.email, now=NOW
        )
        code = link_tokens_and_codes.issue_code(
            session, cast.dan.id, email=cast.alice.email, now=NOW
        )
    _unmerge(database, cast.alice)
    with database.transaction() as session:
        assert session.scalars(select(SignIn.ended_at)).one() == NOW
        with pytest.raises(LinkOver):
            link_tokens_and_codes.use(session, secret, EmailPurpose.RESET_PASSWORD, now=NOW)
        assert isinstance(link_tokens_and_codes.try_code(session, code, now=NOW), WrongCode)


def test_undo_signs_no_one_out_if_the_merged_login_cannot_sign_in(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        session.execute(
            update(Login)
            .where(Login.id == cast.alice.id)
            .values(email=None, email_key=None, password_hash=None)
        )
        session.execute(
            update(Login).where(Login.id == cast.alice.id).values(merged_into=cast.dan.id)
        )
        open_sign_in(session, cast.dan.id, browser=BROWSER, now=NOW)
    _unmerge(database, cast.alice)
    with database.read_session() as session:
        assert session.scalars(select(SignIn.ended_at)).one() is None


def test_signing_in_to_the_merged_login_opens_the_kept_one(database: Database, cast: Cast) -> None:
    _merge(database, cast.dan, cast.alice)
    with database.transaction() as session:
        open_sign_in(session, cast.alice.id, browser=BROWSER, now=NOW)
        assert session.scalars(select(SignIn.login_id)).one() == cast.dan.id


def test_both_addresses_lead_to_the_kept_login(database: Database, cast: Cast) -> None:
    _merge(database, cast.dan, cast.alice)
    with database.read_session() as session:
        found = {accounts.find_by_email(session, one.email).id for one in (cast.dan, cast.alice)}
    assert found == {cast.dan.id}


def test_either_password_opens_the_kept_login_until_the_password_is_changed(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        for person in (cast.alice, cast.dan):
            of_person = update(Login).where(Login.id == person.id)
            session.execute(of_person.values(password_hash=f"hash of {person.name}"))
    _merge(database, cast.dan, cast.alice)
    address = read_address(cast.alice.email)
    with database.read_session() as session:
        kept = accounts.read_kept(session, address)
    assert (kept.login_id, kept.password_hash) == (cast.dan.id, "hash of Alice")
    with database.transaction() as session:
        accounts.change_password(
            session,
            cast.dan.id,
            password_hash="hash of both",
            keep=None,
            links=accounts.Links("http://localhost"),
            now=NOW,
        )
        kept = accounts.read_kept(session, address)
    assert (kept.login_id, kept.password_hash) == (cast.dan.id, "hash of both")


def test_merges_cannot_be_chained(database: Database, cast: Cast) -> None:
    _merge(database, cast.dan, cast.alice)
    for kept, merged in ((cast.bob, cast.alice), (cast.alice, cast.bob), (cast.bob, cast.dan)):
        with pytest.raises(Conflict):
            _merge(database, kept, merged)
    _merge(database, cast.dan, cast.bob)  # a person can have had three


def test_a_login_is_not_merged_into_itself(database: Database, cast: Cast) -> None:
    with pytest.raises(Invalid):
        _merge(database, cast.dan, cast.dan)


def test_staff_cannot_be_merged(database: Database, cast: Cast) -> None:
    for kept, merged in ((cast.ada, cast.dan), (cast.dan, cast.ada)):
        with pytest.raises(Conflict):
            _merge(database, kept, merged)


def test_a_blocked_login_is_not_merged(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)
    with pytest.raises(Conflict):
        _merge(database, cast.dan, cast.alice)


def test_unconfirmed_login_is_not_merged(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        accounts.add_unconfirmed(session, read_address("begun@example.org"), now=NOW)
        begun = accounts.find_by_email(session, "begun@example.org")
    person = Person(begun.id, begun.public_id, "begun@example.org", "Begun")
    with pytest.raises(Conflict):
        _merge(database, cast.dan, person)


def test_merged_login_cannot_be_blocked(database: Database, cast: Cast) -> None:
    _merge(database, cast.dan, cast.alice)
    with database.transaction() as session, pytest.raises(Conflict):
        account_blocks.block(session, cast.alice.id, reason="Shared it", actor=None, now=NOW)


def test_unknown_login_is_not_found(database: Database, cast: Cast) -> None:
    nobody = Person(0, "0" * 26, "", "")
    with pytest.raises(NotFound):
        _merge(database, cast.dan, nobody)
    with pytest.raises(NotFound):
        _unmerge(database, nobody)


def test_login_that_is_not_merged_cannot_be_unmerged(database: Database, cast: Cast) -> None:
    with pytest.raises(Conflict):
        _unmerge(database, cast.alice)


def test_hooks_are_called_and_a_failing_hook_undoes_the_merge(
    database: Database, cast: Cast
) -> None:
    told: list[tuple[int, int]] = []
    _merge(database, cast.dan, cast.alice, [lambda _session, *ids: told.append(ids)])
    assert told == [(cast.dan.id, cast.alice.id)]

    def fail(*_ids: object) -> None:
        raise Conflict("not now")

    with pytest.raises(Conflict):
        _merge(database, cast.dan, cast.bob, [fail])
    with database.read_session() as session:
        assert session.get_one(Login, cast.bob.id).merged_into is None


def test_audit_trail_names_both_logins(database: Database, cast: Cast) -> None:
    _merge(database, cast.dan, cast.alice)
    _unmerge(database, cast.alice)
    with database.read_session() as session:
        told = select(AuditEntry.act, AuditEntry.subject, AuditEntry.detail)
        assert session.execute(told.order_by(AuditEntry.id)).all() == [
            ("login.merged", cast.alice.public_id, {"into": cast.dan.public_id}),
            ("login.unmerged", cast.alice.public_id, {"from": cast.dan.public_id}),
        ]


def test_merge_check_does_not_wait_for_locks(database: Database, cast: Cast) -> None:
    """The page that checks and a concurrent merge would otherwise deadlock."""

    def ask() -> None:
        with database.read_session() as session:
            login_merges.check_merge(session, kept=cast.alice.public_id, merged=cast.bob.public_id)

    with ThreadPoolExecutor(1) as threads, database.transaction() as session:
        session.execute(select(Login.id).where(Login.id == cast.bob.id).with_for_update())
        threads.submit(ask).result(timeout=60)
