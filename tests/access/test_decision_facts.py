"""The facts of a decision, loaded in one statement."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, update

from lms.access.decision_facts import load_case, load_cases
from lms.access.policy import Action, Code, decide
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Grant, OfferKind, Scope
from tests.cast import Cast, Person
from tests.clock import NOW
from tests.factories import make_login, make_recording, make_series, make_webinar


def code(database: Database, person: Person, webinar_id: int) -> Code:
    with database.read_session() as session:
        case = load_case(session, login_id=person.id, webinar_id=webinar_id)
    return decide(case.login, case.webinar, Action.RECORDING, NOW).code


def test_decisions_for_the_cast_match_their_grants(database: Database, cast: Cast) -> None:
    people = (cast.alice, cast.bob, cast.carol, cast.dan, cast.mia, cast.ada)
    assert [code(database, person, cast.webinar_id) for person in people] == [
        Code.OK_PERMANENT,
        Code.OK_TERM,
        Code.PASS_EXPIRED,
        Code.NO_GRANT,
        Code.NO_GRANT,
        Code.NO_GRANT,
    ]


def test_grant_for_another_webinar_does_not_give_access(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        other = make_webinar(session)
        make_recording(session, other)
    assert code(database, cast.alice, other.id) is Code.NO_GRANT
    assert code(database, cast.bob, other.id) is Code.OK_TERM


def test_pass_does_not_cover_a_webinar_excluded_from_passes(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).is_in_passes = False
    assert [code(database, person, cast.webinar_id) for person in (cast.alice, cast.bob)] == [
        Code.OK_PERMANENT,
        Code.NO_GRANT,
    ]


@pytest.mark.parametrize("scope", [Scope.SERIES, Scope.PRESENTER])
def test_scoped_pass_covers_webinars_added_to_its_scope_later(
    database: Database, cast: Cast, scope: Scope
) -> None:
    with database.transaction() as session:
        series = make_series(session)
        presenter = Presenter(slug="vera", name="Vera", created_at=NOW)
        session.add(presenter)
        session.flush()
        session.add(
            Grant(
                login_id=cast.dan.id,
                kind=OfferKind.PASS,
                scope=scope,
                series_id=series.id if scope is Scope.SERIES else None,
                presenter_id=presenter.id if scope is Scope.PRESENTER else None,
                starts_at=NOW - timedelta(days=1),
                ends_at=NOW + timedelta(days=1),
                created_at=NOW,
            )
        )
    assert code(database, cast.dan, cast.webinar_id) is Code.NO_GRANT
    with database.transaction() as session:
        session.add(WebinarSeries(webinar_id=cast.webinar_id, series_id=series.id))
        session.add(
            WebinarPresenter(webinar_id=cast.webinar_id, presenter_id=presenter.id, position=1)
        )
    assert code(database, cast.dan, cast.webinar_id) is Code.OK_TERM


def test_grants_of_a_merged_account_count_until_unmerged(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.execute(
            update(Login).where(Login.id == cast.alice.id).values(merged_into=cast.dan.id)
        )
    assert code(database, cast.dan, cast.webinar_id) is Code.OK_PERMANENT
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == cast.alice.id).values(merged_into=None))
    assert code(database, cast.dan, cast.webinar_id) is Code.NO_GRANT


def test_blocked_account_is_refused(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == cast.alice.id).values(blocked_at=NOW))
    assert code(database, cast.alice, cast.webinar_id) is Code.ACCOUNT_BLOCKED


def test_recording_is_ready_only_if_a_current_version_can_be_played(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        webinar = make_webinar(session)
        make_recording(session, webinar, is_current=False)
    assert code(database, cast.bob, webinar.id) is Code.RECORDING_NOT_READY


def test_page_of_webinars_takes_one_statement(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        ids = [make_webinar(session).id for _ in range(20)]
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.read_session() as session:
            cases = load_cases(session, login_id=cast.bob.id, webinar_ids=[*ids, cast.webinar_id])
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert sorted(cases) == sorted([*ids, cast.webinar_id])
    assert len(seen) == 1


def test_unknown_webinar_or_account_is_not_found(database: Database, cast: Cast) -> None:
    with database.read_session() as session:
        with pytest.raises(NotFound):
            load_case(session, login_id=cast.alice.id, webinar_id=cast.webinar_id + 1)
        with pytest.raises(NotFound):
            load_case(session, login_id=10**9, webinar_id=cast.webinar_id)
        assert load_cases(session, login_id=cast.alice.id, webinar_ids=()) == {}


def test_decision_does_not_depend_on_the_order_of_rows(database: Database, cast: Cast) -> None:
    lines = [
        {"ends_at": NOW + timedelta(days=days), "created_at": NOW - timedelta(days=written)}
        for days, written in ((3, 1), (9, 5), (6, 9))
    ]
    codes = []
    for order in (lines, lines[::-1]):
        with database.transaction() as session:
            login = make_login(session)
            session.execute(
                insert(Grant),
                [
                    {
                        "public_id": new_public_id(),
                        "login_id": login.id,
                        "kind": OfferKind.PASS,
                        "scope": Scope.EVERYTHING,
                        "starts_at": NOW - timedelta(days=1),
                        **line,
                    }
                    for line in order
                ],
            )
        with database.read_session() as session:
            case = load_case(session, login_id=login.id, webinar_id=cast.webinar_id)
        decision = decide(case.login, case.webinar, Action.RECORDING, NOW)
        codes.append((decision.code, decision.grant and decision.grant.ends_at))
    assert codes[0] == codes[1] == (Code.OK_TERM, NOW + timedelta(days=9))
