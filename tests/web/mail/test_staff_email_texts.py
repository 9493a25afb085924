"""Staff pages for email templates: access, search, and changing the wording."""

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.database import Database
from lms.mail.edited_texts import SUBJECT
from lms.mail.outbox import post
from lms.mail.passages import passages_of
from lms.models.mail import EmailText, Mail
from tests.cast import Cast, Roles
from tests.visitor import Visitor

PAGE = "/staff/email-texts"
CODE = f"{PAGE}/sign_in_code"
FIRST = passages_of("sign_in_code")[0]


@pytest.fixture
def staff(client: Visitor, cast: Cast) -> Visitor:
    client.sign_in(cast.ada.id)
    return client


def last_mail(database: Database) -> Mail:
    with database.read_session() as session:
        return session.scalars(select(Mail).order_by(Mail.id.desc()).limit(1)).one()


def test_email_text_pages_are_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, roles: Roles
) -> None:
    for person in (cast.alice, cast.mia, roles.beth):
        client.sign_in(person.id)
        for path in (PAGE, CODE, f"{CODE}/preview"):
            assert client.get(path).status_code == 404, path
        for path in (CODE, f"{CODE}/preview", f"{CODE}/reset"):
            assert client.post(path).status_code == 404, path


def test_an_unknown_email_is_not_found(staff: Visitor) -> None:
    assert staff.get(f"{PAGE}/unheard_of").status_code == 404
    assert staff.get(f"{PAGE}/unheard_of/preview").status_code == 404
    assert staff.post(f"{PAGE}/unheard_of/reset").status_code == 404


def test_email_is_found_by_its_name_or_its_words(staff: Visitor) -> None:
    assert "Seats, contracts, and passes" in staff.get(PAGE).text
    for words in ("sign-in code", "browser where you requested"):
        found = staff.get(f"{PAGE}?q={words}").text
        assert CODE in found
        assert f"{PAGE}/invitation" not in found
    assert "No emails found" in staff.get(f"{PAGE}?q=zebra").text


def test_saved_wording_is_sent_with_the_code_and_can_be_reset(
    staff: Visitor, database: Database
) -> None:
    words = {SUBJECT: "Your code for {house}", FIRST.key: "Type **this** code:"}
    answer = staff.post(CODE, data=words)
    assert (answer.status_code, answer.location) == (303, CODE)
    assert "Type **this** code:" in staff.get(CODE).text
    assert "edited the email sign_in_code" in staff.get(CODE).text
    assert "Edited" in staff.get(f"{PAGE}?q=this+code").text
    with database.transaction() as session:
        post(
            session,
            kind="sign_in_code",
            to="alice@example.org",
            login_id=None,
            subject="Your sign-in code",
            values={"code": "1234 5678"},
            now=now(),
        )
    mail = last_mail(database)
    assert mail.subject.startswith("Your code for ")
    assert "Type this code:\n\n1234 5678" in mail.text
    assert staff.post(f"{CODE}/reset").status_code == 303
    assert "Type **this** code:" not in staff.get(CODE).text


def test_unknown_placeholder_is_refused_with_the_known_ones_listed(
    staff: Visitor, database: Database
) -> None:
    answer = staff.post(CODE, data={FIRST.key: "Hello {name}"})
    assert answer.status_code == 400
    assert "t use {name} in this text. You can use {house}." in answer.text
    assert "Hello {name}" in answer.text
    with database.read_session() as session:
        assert session.scalars(select(EmailText)).all() == []


def test_braces_without_a_placeholder_are_refused_and_nothing_is_saved(
    staff: Visitor, database: Database
) -> None:
    for words in ("{house", "house}", "{{house}}", "{ house }", "{house!r}", "{house.x}", "{}"):
        for key in (SUBJECT, FIRST.key):
            answer = staff.post(CODE, data={key: words})
            assert answer.status_code == 400, words
            assert "Use braces only around a name that you can use" in answer.text, words
    with database.read_session() as session:
        assert session.scalars(select(EmailText)).all() == []


def test_preview_shows_unsaved_wording_and_runs_no_scripts(staff: Visitor) -> None:
    answer = staff.post(f"{CODE}/preview", data={FIRST.key: "Type <b>it</b> *now*"})
    assert "Type &lt;b&gt;it&lt;/b&gt; <em>now</em>" in answer.text
    assert "1234 5678" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    refused = staff.post(f"{CODE}/preview", data={FIRST.key: "{nope}"})
    assert "t use {nope} in this text" in refused.text


def test_sending_a_test_emails_the_sender_and_saves_nothing(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    answer = staff.post(CODE, data={FIRST.key: "Only a try", "act": "test"})
    assert answer.status_code == 200
    assert "Only a try" in answer.text
    mail = last_mail(database)
    assert (mail.login_id, mail.subject) == (cast.ada.id, "Test: Your sign-in code")
    assert "Only a try" in mail.text
    with database.read_session() as session:
        assert session.scalars(select(EmailText)).all() == []


def test_staff_home_warns_about_unused_wording(staff: Visitor, database: Database) -> None:
    assert "use your wording" not in staff.get("/staff").text
    with database.transaction() as session:
        session.add(EmailText(kind="sign_in_code", passages={"gone": "Mine"}, updated_at=now()))
    home = staff.get("/staff").text
    assert "1 email doesn" in home
    assert CODE in home
    assert "Mine" in staff.get(CODE).text
