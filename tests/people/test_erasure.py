"""Erasing a person: no address is left, the seat becomes available, and totals stay."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import String, Text, or_, select
from sqlalchemy import cast as as_type

from lms.accounts import email_aliases
from lms.accounts.browser_sessions import Browser, open_sign_in
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, NotFound
from lms.core.languages import Language
from lms.core.model_base import Base
from lms.live.answers import give
from lms.live.questions import Question, read_questions, set_default_questions
from lms.mail import outbox
from lms.mail.links import Links
from lms.models.accounts import Login, SignIn
from lms.models.audit import AuditEntry
from lms.models.grants import Grant
from lms.models.live import QuestionKind, RegistrationAnswer
from lms.models.organizations import Organization, Role
from lms.models.past_sales import PastAnswer, PastImport, PastImportRow
from lms.models.playback import Note, PlaybackEnd, PlaybackSession, WatchRecord
from lms.models.requests import DeskRequest, RequestKind
from lms.models.seat_imports import ImportState
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, WaitingEntry
from lms.people import erasure
from lms.people.erased_orders import ERASED_NAME
from lms.playback import notes
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_attendee, make_membership, make_organization
from tests.seat_rows import add_pool, seat, watched
from tests.seats.pool_fixtures import let_go, make_home, people, states, take_seat, wait

LINKS = Links("https://library.example.org")
BROWSER = Browser(agent="test", remembered=False, earlier=None)
TRACES = ("alice", "Alice", "second.address@example.net")


def _erase(database: Database, login_id: int, hooks: tuple[erasure.OnErase, ...] = ()) -> None:
    with database.transaction() as session:
        erasure.erase(session, login_id, hooks=hooks, links=LINKS, actor=None, now=NOW)


def _places_with(database: Database, word: str) -> list[str]:
    """Return every column of every table with a text that contains this word."""
    found = []
    with database.read_session() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, String | Text) or "JSON" in str(column.type):
                    holds = as_type(column, Text).contains(word)
                    if session.execute(select(column).where(holds).limit(1)).first():
                        found.append(f"{table.name}.{column.name}")
    return found


@pytest.fixture
def lived(database: Database, cast: Cast) -> int:
    """Give Alice all the data a person can have; return the pool of her seat."""
    with database.transaction() as session:
        pool = add_pool(session, cast.organization_id, cast.webinar_id, seats=1)
        made = seat(session, pool, email="alice@example.org")
        full = add_pool(session, cast.organization_id, None, seats=1)
        session.add(
            WaitingEntry(
                pool_id=full.id,
                email="alice@example.org",
                email_key="alice@example.org",
                name="Alice",
                joined_at=NOW,
            )
        )
        assert made.id
        email_aliases.add_alias(
            session,
            cast.alice.id,
            read_address("second.address@example.net"),
            actor=None,
            now=NOW,
        )
        outbox.post(
            session,
            kind="sign_in_code",
            to="alice@example.org",
            login_id=cast.alice.id,
            subject="Your code",
            values={"code": "123456", "name": "Alice"},
            now=NOW,
        )
        session.add(
            DeskRequest(
                kind=RequestKind.TROUBLE,
                name="Alice",
                email="Alice@example.org",
                message="It is Alice; I cannot get in.",
                created_at=NOW,
                due_at=NOW + timedelta(days=1),
            )
        )
        session.add(
            DeskRequest(
                kind=RequestKind.REASSIGN,
                name="Mia",
                email="mia@example.org",
                to_email="Alice@example.org",
                to_name="Alice",
                answer="We asked alice@example.org.",
                created_at=NOW,
                due_at=NOW + timedelta(days=1),
            )
        )
        pass_of_bob = session.scalars(select(Grant).where(Grant.login_id == cast.bob.id)).one()
        make_attendee(
            session, pass_of_bob, cast.webinar_id, name="Alice", email="alice@example.org"
        )
        open_sign_in(session, cast.alice.id, browser=BROWSER, now=NOW)
        watched(session, cast.alice.id, cast.recording_id, 0.4)
        notes.write(
            session,
            login_id=cast.alice.id,
            webinar_id=cast.webinar_id,
            at_s=5,
            text="Send this to Alice at home",
            now=NOW,
        )
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
        return pool.id


def test_no_table_contains_the_name_or_an_address_after_erasure(
    database: Database, cast: Cast, lived: int
) -> None:
    assert all(_places_with(database, word) for word in TRACES)
    _erase(database, cast.alice.id)
    assert {word: _places_with(database, word) for word in TRACES} == {word: [] for word in TRACES}


def test_answers_and_accommodation_requests_are_erased(database: Database, cast: Cast) -> None:
    branch = Question(QuestionKind.TEXT, "Which branch?")
    with database.transaction() as session:
        set_default_questions(session, [branch], actor=None, now=NOW)
        (stored,) = read_questions(session, None)
        said = {stored.id: "Main"}
        give(session, login_id=cast.alice.id, webinar_id=cast.webinar_id, answers=said, now=NOW)
        session.add(
            DeskRequest(
                kind=RequestKind.ACCOMMODATION,
                name="Alice",
                email="alice@example.org",
                login_id=cast.alice.id,
                webinar_id=cast.webinar_id,
                message="ASL interpreter",
                created_at=NOW,
                due_at=NOW,
            )
        )
    _erase(database, cast.alice.id)
    with database.read_session() as session:
        assert session.scalars(select(RegistrationAnswer)).all() == []
        assert session.scalars(select(DeskRequest.message)).all() == [""]


def test_past_sales_imports_no_longer_name_the_person(database: Database, cast: Cast) -> None:
    cells = json.dumps({"email": "Alice@Example.org", "name": "Alice"})
    others = json.dumps({"email": "malice@example.org", "name": "Malik"})
    with database.transaction() as session:
        for state in (ImportState.CHECKED, ImportState.APPLIED):
            is_applied = state is ImportState.APPLIED
            made = PastImport(state=state, created_at=NOW, applied_at=NOW if is_applied else None)
            session.add(made)
            session.flush()
            for number, each in enumerate((cells, others), start=1):
                session.add(
                    PastImportRow(
                        import_id=made.id,
                        number=number,
                        line=number,
                        cells=each,
                        answer=PastAnswer.INVALID,
                        sentence="No such webinar.",
                    )
                )
    _erase(database, cast.alice.id)
    with database.read_session() as session:
        assert session.scalars(select(PastImport.state)).all() == [ImportState.APPLIED]
        assert session.scalars(select(PastImportRow.cells)).all() == [others]


def test_seat_is_released_and_playback_stops(database: Database, cast: Cast, lived: int) -> None:
    _erase(database, cast.alice.id)
    with database.read_session() as session:
        assert session.scalars(select(Pool.used).where(Pool.id == lived)).one() == 0
        ended = select(Assignment.ended_as).where(Assignment.pool_id == lived)
        assert session.scalars(ended).one() is AssignmentEnd.ERASED
        assert session.scalars(select(PlaybackSession.ended_as)).one() is PlaybackEnd.CLOSED
        assert session.scalars(select(SignIn.ended_at)).one() == NOW
        assert session.scalars(select(WatchRecord)).all() == []
        assert session.scalars(select(Note)).all() == []


def test_released_seat_is_offered_to_the_next_person_on_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan, kim = people(database, 3)
    taken = take_seat(database, home.pool_id, pat)
    for login_id, at in ((dan, NOW - timedelta(hours=1)), (kim, NOW)):
        wait(database, home.pool_id, login_id, at)
    _erase(database, dan)
    let_go(database, taken)
    assert states(database, home.pool_id)[kim] is AssignmentState.OFFERED


def test_grants_stay_and_the_audit_trail_has_only_an_id(
    database: Database, cast: Cast, lived: int
) -> None:
    with database.read_session() as session:
        before = session.scalars(
            select(Grant.public_id).where(Grant.login_id == cast.alice.id)
        ).all()
    _erase(database, cast.alice.id)
    with database.read_session() as session:
        after = session.scalars(
            select(Grant.public_id).where(Grant.login_id == cast.alice.id)
        ).all()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "login.erased")).one()
    assert before == after != []
    assert entry.subject == cast.alice.public_id


def test_merged_logins_are_erased_together(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
    with pytest.raises(Conflict):
        _erase(database, cast.dan.id)
    _erase(database, cast.alice.id)
    with database.read_session() as session:
        which = or_(Login.email_key.is_not(None), Login.name != ERASED_NAME)
        left = set(session.scalars(select(Login.id).where(which)))
    assert left == {cast.bob.id, cast.carol.id, cast.mia.id, cast.ada.id}


def test_time_zone_and_language_are_forgotten(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        login = session.get_one(Login, cast.alice.id)
        login.zone, login.language = "America/Denver", Language.SPANISH
    _erase(database, cast.alice.id)
    with database.read_session() as session:
        login = session.get_one(Login, cast.alice.id)
    assert (login.zone, login.language) == (None, None)


def test_hooks_are_called_for_the_erased_login(database: Database, cast: Cast) -> None:
    told: list[int] = []
    _erase(database, cast.alice.id, hooks=(lambda _session, login_id: told.append(login_id),))
    assert told == [cast.alice.id]


def test_staff_unknown_and_already_erased_logins_are_refused(
    database: Database, cast: Cast
) -> None:
    with pytest.raises(Conflict):
        _erase(database, cast.ada.id)
    with pytest.raises(NotFound):
        _erase(database, 987_654)
    _erase(database, cast.alice.id)
    with pytest.raises(Conflict):
        _erase(database, cast.alice.id)


def test_address_can_be_used_for_a_new_account_after_erasure(
    database: Database, cast: Cast
) -> None:
    _erase(database, cast.alice.id)
    with database.transaction() as session:
        session.add(
            Login(
                email="alice@example.org",
                email_key="alice@example.org",
                name="Another",
                created_at=NOW,
            )
        )


def _belong(database: Database, login_id: int, organization_id: int, role: Role) -> None:
    with database.transaction() as session:
        organization = session.get_one(Organization, organization_id)
        make_membership(session, organization, session.get_one(Login, login_id), role=role)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MEMBER])
def test_last_owner_of_an_organization_with_people_cannot_be_erased(
    database: Database, cast: Cast, role: Role
) -> None:
    with database.transaction() as session:
        elm = make_organization(session, name="Elm County").id
    _belong(database, cast.alice.id, elm, Role.OWNER)
    _belong(database, cast.bob.id, elm, role)
    with pytest.raises(Conflict, match="Elm County would have no owner"):
        _erase(database, cast.alice.id)
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).email == "alice@example.org"
    _erase(database, cast.bob.id)
    _erase(database, cast.alice.id)  # no other person is left
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).email is None


def test_one_of_two_owners_can_be_erased(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = make_organization(session, name="Elm County").id
    for login in (cast.alice, cast.bob):
        _belong(database, login.id, elm, Role.OWNER)
    _belong(database, cast.dan.id, elm, Role.MEMBER)
    _erase(database, cast.alice.id)
    with pytest.raises(Conflict):
        _erase(database, cast.bob.id)


def test_merged_logins_count_as_one_owner(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = make_organization(session, name="Elm County").id
    for login, role in ((cast.alice, Role.MEMBER), (cast.bob, Role.OWNER)):
        _belong(database, login.id, elm, role)
    with database.transaction() as session:
        session.get_one(Login, cast.bob.id).merged_into = cast.alice.id
    _erase(database, cast.alice.id)
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).email is None
