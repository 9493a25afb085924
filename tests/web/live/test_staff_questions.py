"""Staff pages for registration questions: the defaults and those of one webinar."""

import pytest

from lms.core.database import Database
from lms.live import questions, survey_links
from lms.live.questions import FEW_CHOICES
from lms.live.survey_links import WHOLE_LINK
from tests.cast import Cast
from tests.page_texts import shows
from tests.visitor import Visitor

LINES = {
    "text-1": "Which branch?",
    "kind-1": "text",
    "required-1": "on",
    "place-1": "2",
    "text-2": "Your role",
    "kind-2": "choice",
    "choices-2": "Librarian\r\nTrustee",
    "place-2": "1",
    "text-3": " ",
    "kind-3": "text",
}


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_open_the_question_pages(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    for page in ("/staff/registration", f"/staff/webinars/{cast.slug}/questions"):
        assert client.get(page).status_code == 404
        assert client.post(page, data=LINES).status_code == 404


def test_default_questions_are_saved_in_order(
    client: Visitor, cast: Cast, database: Database
) -> None:
    client.sign_in(cast.ada.id)
    sent = {**LINES, "survey_link": "https://survey.example.org/s"}
    assert client.post("/staff/registration", data=sent).status_code == 303
    with database.read_session() as session:
        stored = questions.read_questions(session, None)
        assert survey_links.read_default(session) == "https://survey.example.org/s"
    assert [(each.text, each.choices, each.is_required) for each in stored] == [
        ("Your role", ("Librarian", "Trustee"), False),
        ("Which branch?", (), True),
    ]
    page = client.get("/staff/registration").text
    assert 'value="Which branch?"' in page
    assert "https://survey.example.org/s" in page


def test_invalid_form_is_refused_with_what_was_entered(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ada.id)
    sent = {**LINES, "choices-2": "One", "survey_link": "http://survey.example.org"}
    refused = client.post("/staff/registration", data=sent)
    assert refused.status_code == 400
    assert shows(refused.text, WHOLE_LINK)
    sent["survey_link"] = ""
    refused = client.post("/staff/registration", data=sent)
    assert refused.status_code == 400
    assert shows(refused.text, FEW_CHOICES)
    assert 'value="Which branch?"' in refused.text


def test_webinar_uses_its_own_questions_when_staff_choose_so(
    client: Visitor, cast: Cast, database: Database
) -> None:
    client.sign_in(cast.ada.id)
    page = f"/staff/webinars/{cast.slug}/questions"
    client.post("/staff/registration", data={"text-1": "By default?", "kind-1": "yes_no"})
    assert "By default?" in client.get(page).text
    assert client.post(page, data={**LINES, "set": "own"}).status_code == 303
    with database.read_session() as session:
        asked = questions.asked_of(session, cast.webinar_id)
    assert [each.text for each in asked] == ["Your role", "Which branch?"]
    client.post(page, data={**LINES, "set": "default"})
    with database.read_session() as session:
        asked = questions.asked_of(session, cast.webinar_id)
    assert [each.text for each in asked] == ["By default?"]
