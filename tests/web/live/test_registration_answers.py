"""Registration questions, accommodation requests, and who can see the answers."""

import csv
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.live import questions
from lms.live.answers import REQUIRED
from lms.live.questions import Question
from lms.live.registrant_list import Show
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.live import QuestionKind, Registration
from lms.models.organizations import Organization
from lms.models.requests import DeskRequest, RequestState
from lms.requests import requests
from lms.requests.accommodations import NEED_WORDS, Need
from lms.web.live.staff_registrants_postpone_and_cancel import SHOWN
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.live.upcoming_webinar import HELD_AT, LINKS
from tests.mailbox import newest
from tests.page_texts import shows
from tests.seat_rows import add_pool, seat
from tests.visitor import Visitor

NEEDS = {"needs": ["asl", "other"], "details": "Seat near the front"}
BRANCH = Question(QuestionKind.TEXT, "Which branch?", is_required=True)
ROLE = Question(QuestionKind.CHOICE, "Your role", ("Librarian", "Trustee"))
FIRST = Question(QuestionKind.YES_NO, "Your first webinar?")


@pytest.fixture
def asked(database: Database, to_come: Cast) -> Mapping[str, str]:
    """The public IDs of three default questions, by the first word of each."""
    with database.transaction() as session:
        questions.set_default_questions(session, (BRANCH, ROLE, FIRST), actor=None, now=NOW)
        stored = questions.read_questions(session, None)
        elm = session.get_one(Organization, to_come.organization_id)
        seat(session, add_pool(session, elm, ends_at=NOW + timedelta(days=90)), to_come.dan.id)
    return dict(zip(("branch", "role", "first"), (each.id for each in stored), strict=True))


def here(cast: Cast) -> str:
    return f"/webinars/{cast.slug}/register"


def said(asked: Mapping[str, str], **answers: str) -> dict[str, str]:
    return {asked[name]: answer for name, answer in answers.items()}


def count(database: Database) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(Registration)) or 0


def test_signed_out_visitors_must_sign_in_and_people_without_access_are_refused(
    client: Visitor, to_come: Cast
) -> None:
    assert client.get(here(to_come)).status_code in (302, 303)
    client.sign_in(to_come.carol.id)
    assert client.get(here(to_come)).status_code == 403
    assert client.post(here(to_come), data=NEEDS).status_code == 403


def test_registration_needs_the_required_answers(
    client: Visitor, to_come: Cast, database: Database, asked: Mapping[str, str]
) -> None:
    before = count(database)
    client.sign_in(to_come.dan.id)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert f'href="{here(to_come)}">' in page
    assert f'action="{here(to_come)}"' not in page
    refused = client.post(here(to_come), data=said(asked, branch=" ", role="Trustee"))
    assert refused.status_code == 400
    assert shows(refused.text, REQUIRED)
    assert 'selected value="Trustee"' in refused.text
    assert count(database) == before
    answers = said(asked, branch="Main", role="Trustee", first="no")
    assert client.post(here(to_come), data=answers).status_code == 303
    assert count(database) == before + 1
    assert newest(database, "dan@example.org").kind == "live_registered"


def test_answers_can_be_changed_until_the_webinar_starts(
    client: Visitor, to_come: Cast, asked: Mapping[str, str], clock: Clock
) -> None:
    client.sign_in(to_come.bob.id)
    page = f"/webinars/{to_come.slug}"
    assert 'data-testid="questions-3"' in client.get(page).text
    client.post(here(to_come), data=said(asked, branch="Main", first="yes"))
    assert 'data-testid="questions-1"' in client.get(page).text
    form = client.get(here(to_come)).text
    assert 'value="Main"' in form
    client.post(here(to_come), data=said(asked, branch="East", role="Trustee", first="yes"))
    assert 'data-testid="questions-answered"' in client.get(page).text
    clock.set(HELD_AT - timedelta(minutes=1))
    client.sign_in(to_come.bob.id)
    assert 'value="East"' in client.get(here(to_come)).text
    clock.set(HELD_AT)
    assert client.get(here(to_come)).status_code == 303
    client.post(here(to_come), data=said(asked, branch="West"))
    clock.set(HELD_AT - timedelta(minutes=1))
    assert 'value="East"' in client.get(here(to_come)).text


def test_staff_see_the_answers_in_the_list_and_its_csv(
    client: Visitor, to_come: Cast, asked: Mapping[str, str]
) -> None:
    client.sign_in(to_come.bob.id)
    client.post(here(to_come), data={**said(asked, branch="Main", first="yes"), **NEEDS})
    client.sign_in(to_come.ada.id)
    page = client.get(f"/staff/webinars/{to_come.slug}/registrants").text
    for text in ("Which branch?", "Main", "Yes", "ASL interpreter, Something"):
        assert re.search(rf">\s*{re.escape(text)}", page), text
    sent = client.get(f"/staff/webinars/{to_come.slug}/registrants.csv").text.lstrip("\ufeff")
    heads, row = list(csv.reader(sent.splitlines()))[:2]
    assert heads[-4:] == ["Accommodation", "Which branch?", "Your role", "Your first webinar?"]
    assert row[-3:] == ["Main", "", "yes"]
    assert NEED_WORDS[Need.ASL] in row[-4]


def test_accommodation_can_be_requested_and_the_answer_is_shown(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    page = f"/webinars/{to_come.slug}"
    assert 'id="accommodation-title"' in client.get(page).text
    assert f'href="{here(to_come)}#accommodation"' in client.get(page).text
    assert client.post(here(to_come), data={"needs": ["other"]}).status_code == 400
    assert client.post(here(to_come), data=NEEDS).status_code == 303
    shown = client.get(page).text
    assert f"{NEED_WORDS[Need.ASL]}, {NEED_WORDS[Need.OTHER]}" in shown
    assert "Wednesday, March 4, 2026" in shown
    assert 'name="needs"' not in client.get(here(to_come)).text
    with database.read_session() as session:
        request_id = session.scalars(select(DeskRequest.public_id)).one()
    client.sign_in(to_come.ada.id)
    assert (
        ">1 "
        in client.get("/staff").text.partition('href="/staff/requests?kind=accommodation"')[2][:4]
    )
    ticket = f"/staff/requests/{request_id}"
    client.post(f"{ticket}/take")
    ticket_page = client.get(ticket).text
    assert "Ada" in ticket_page
    assert "/staff/orders/new" not in ticket_page
    assert client.post(f"{ticket}/answer/finish", data={"answer": ""}).status_code == 400
    client.post(f"{ticket}/answer/finish", data={"answer": "An interpreter is booked."})
    assert "An interpreter is booked." in newest(database, "bob@example.org").text
    client.sign_in(to_come.bob.id)
    answered = client.get(page).text
    assert "An interpreter is booked." in answered
    assert f'href="{here(to_come)}#accommodation"' in answered


def test_staff_see_that_a_person_with_a_request_cannot_attend(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    client.post(here(to_come), data=NEEDS)
    client.post(f"{here(to_come)}/leave")
    with database.read_session() as session:
        facts = session.scalars(select(DeskRequest)).one()
        assert facts.state is RequestState.NEW
        request_id = facts.public_id
    client.sign_in(to_come.ada.id)
    assert shows(client.get(f"/staff/requests/{request_id}").text, SHOWN[Show.LEFT])


def test_only_the_person_and_staff_see_an_accommodation(
    client: Visitor, to_come: Cast, database: Database, asked: Mapping[str, str]
) -> None:
    client.sign_in(to_come.dan.id)
    client.post(here(to_come), data={**said(asked, branch="Main"), **NEEDS})
    with database.transaction() as session:
        request_id = session.scalars(select(DeskRequest.public_id)).one()
        requests.finish(
            session, request_id, answer="A secret answer", links=LINKS, actor=None, now=NOW
        )
        slug = session.get_one(Webinar, to_come.webinar_id).slug
        public_id = session.get_one(Organization, to_come.organization_id).public_id
    with client.application.test_client() as stranger:
        answer = stranger.get(f"/requests/{request_id}")
        assert answer.status_code == 303
        assert "sign-in" in answer.location
    client.sign_in(to_come.mia.id)
    assert client.get(f"/requests/{request_id}").status_code == 404
    assert client.post(f"/requests/{request_id}/resend").status_code == 404
    own = f"/organization/{public_id}"
    for page in (own, f"{own}/people", f"{own}/seats", f"{own}/log", f"/webinars/{slug}"):
        text = client.get(page, follow_redirects=True).text
        for word in ("ccommodation at", "interpreter,", "secret answer", request_id):
            assert word not in text, page
    client.sign_in(to_come.dan.id)
    assert "A secret answer" in client.get(f"/requests/{request_id}").text


def test_merged_person_still_sees_their_accommodation(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    client.post(here(to_come), data=NEEDS)
    with database.transaction() as session:
        session.get_one(Login, to_come.bob.id).merged_into = to_come.dan.id
        request_id = session.scalars(select(DeskRequest.public_id)).one()
    client.sign_in(to_come.dan.id)
    assert "Seat near the front" in client.get(f"/requests/{request_id}").text
