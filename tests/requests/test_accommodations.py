"""Accommodations: a request to our team with a due time, answered by email."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from lms.catalog.webinars import postpone_webinar
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid
from lms.live.change_notices import NewDate
from lms.models.accounts import Login
from lms.models.requests import DeskRequest, RequestKind, RequestState
from lms.requests import accommodations, requests
from lms.requests.accommodations import Need, Needs
from lms.requests.read_models import RequestFacts, count_waiting, find_request
from tests.cast import Cast
from tests.clock import NOW
from tests.live.upcoming_webinar import HELD_AT, LINKS
from tests.mailbox import letters, newest
from tests.requests.test_requests import EASTERN, OFFICE

ASL = Needs([Need.ASL])
FRIDAY = datetime(2026, 7, 2, 10, tzinfo=EASTERN)  # the day before a federal holiday is observed


def ask(database: Database, cast: Cast, needs: Needs = ASL, *, at: datetime = NOW) -> RequestFacts:
    with database.transaction() as session:
        return accommodations.ask(
            session,
            needs,
            login_id=cast.bob.id,
            webinar_id=cast.webinar_id,
            mail_context=OFFICE,
            now=at,
        )


def answer(database: Database, facts: RequestFacts, said: str) -> None:
    with database.transaction() as session:
        requests.finish(session, facts.public_id, answer=said, links=LINKS, actor=None, now=NOW)


def test_request_has_the_person_and_their_needs_but_no_organization(
    database: Database, to_come: Cast
) -> None:
    facts = ask(database, to_come, Needs([Need.ASL, Need.CAPTIONS], " Large type, please. "))
    assert facts.kind is RequestKind.ACCOMMODATION
    assert (facts.name, facts.email) == ("Bob", "bob@example.org")
    assert facts.message == "Live captions, ASL interpreter\n\nLarge type, please."
    assert (facts.organization_id, facts.organization_name) == (None, "")
    assert newest(database, "bob@example.org").kind == "request_received"
    with database.read_session() as session:
        waiting = count_waiting(session, login_id=0, now=NOW)
    assert (waiting.total, waiting.accommodations) == (1, 1)


def test_request_without_needs_is_rejected(database: Database, to_come: Cast) -> None:
    for needs, field in (
        (Needs([]), "needs"),
        (Needs([], "A ramp"), "needs"),
        (Needs([Need.OTHER]), "details"),
        (Needs([Need.ASL], "x" * 2001), "details"),
    ):
        with pytest.raises(Invalid) as refusal:
            ask(database, to_come, needs)
        assert set(refusal.value.fields) == {field}


def test_person_without_an_email_address_is_rejected(database: Database, to_come: Cast) -> None:
    with database.transaction() as session:
        login = session.get_one(Login, to_come.bob.id)
        login.email = login.email_key = login.confirmed_at = login.password_hash = None
    with pytest.raises(Invalid) as refusal:
        ask(database, to_come)
    assert set(refusal.value.fields) == {"needs"}


def test_answer_is_due_in_two_business_days_or_before_joining_opens(
    database: Database, to_come: Cast
) -> None:
    hour = timedelta(hours=1)
    for held_at, asked_at, due in (
        (HELD_AT, NOW, datetime(2026, 3, 4, 17, tzinfo=EASTERN)),
        (NOW + 20 * hour, NOW, NOW + 19 * hour),
        (NOW + hour / 2, NOW, NOW + hour / 2),
        (FRIDAY + 300 * hour, FRIDAY, datetime(2026, 7, 7, 17, tzinfo=EASTERN)),
    ):
        assert accommodations.due_at(held_at, OFFICE, now=asked_at) == due
    assert ask(database, to_come).due_at == datetime(2026, 3, 4, 17, tzinfo=EASTERN)


def test_moving_the_webinar_earlier_moves_the_due_time_earlier(
    database: Database, to_come: Cast
) -> None:
    facts = ask(database, to_come)
    hour = timedelta(hours=1)
    for held_at, due in ((NOW + 10 * hour, NOW + 9 * hour), (NOW + 900 * hour, NOW + 9 * hour)):
        with database.transaction() as session:
            postpone_webinar(session, to_come.slug, NewDate(held_at), actor=None, now=NOW)
        with database.read_session() as session:
            assert find_request(session, facts.public_id).due_at == due


def test_second_request_is_rejected_until_the_first_is_answered(
    database: Database, to_come: Cast
) -> None:
    first = ask(database, to_come)
    with pytest.raises(Conflict):
        ask(database, to_come)
    answer(database, first, "Booked.")
    assert ask(database, to_come, Needs([Need.CAPTIONS])).public_id != first.public_id


def test_request_is_rejected_after_the_session_starts(database: Database, to_come: Cast) -> None:
    with pytest.raises(Conflict):
        ask(database, to_come, at=HELD_AT)


def test_closing_requires_an_answer(database: Database, to_come: Cast) -> None:
    facts = ask(database, to_come)
    with pytest.raises(Invalid):
        answer(database, facts, " ")
    answer(database, facts, "An interpreter is booked.")
    letter = newest(database, "bob@example.org", "request_answered")
    assert "An interpreter is booked." in letter.text
    with database.read_session() as session:
        own = accommodations.read_own(
            session, login_id=to_come.bob.id, webinar_id=to_come.webinar_id
        )
    assert own is not None
    assert (own.state, own.answer) == (RequestState.DONE, "An interpreter is booked.")
    assert len(letters(database, "bob@example.org")) == 3


def test_request_of_an_erased_person_can_be_closed(database: Database, to_come: Cast) -> None:
    facts = ask(database, to_come)
    with database.transaction() as session:
        session.execute(update(DeskRequest).values(email="", message=""))
    answer(database, facts, "")
    with database.read_session() as session:
        assert count_waiting(session, login_id=0, now=NOW).total == 0


def test_assigned_team_member_owns_the_request(database: Database, to_come: Cast) -> None:
    facts = ask(database, to_come)
    with database.transaction() as session:
        requests.assign(
            session,
            facts.public_id,
            to=to_come.ada.public_id,
            mail_context=OFFICE,
            actor=to_come.ada.public_id,
            now=NOW,
        )
        found = accommodations.read_all(session, to_come.webinar_id)
    assert found[to_come.bob.public_id].owner == "Ada"


def test_merged_person_has_one_request(database: Database, to_come: Cast) -> None:
    facts = ask(database, to_come)
    with database.transaction() as session:
        session.get_one(Login, to_come.bob.id).merged_into = to_come.dan.id
        found = accommodations.read_all(session, to_come.webinar_id)
        own = accommodations.read_own(
            session, login_id=to_come.dan.id, webinar_id=to_come.webinar_id
        )
    assert list(found) == [to_come.dan.public_id]
    assert own is not None
    assert own.public_id == facts.public_id
