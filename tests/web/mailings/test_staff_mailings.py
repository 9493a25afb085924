"""Staff pages of mailings and subscribers: write, preview, test, schedule, send, and results."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.mailings import mailings, read_models
from lms.mailings.mailings import NOT_SCHEDULED
from lms.models.catalog import Webinar, WebinarState
from lms.models.jobs import Job
from lms.models.mail import EmailText, MailingState, MailLane
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_webinar
from tests.mailbox import letters, newest
from tests.mailings.mailing_fixtures import PRESENTER, add, start, subscribe, work, written
from tests.mailings.test_mailings import SUBSCRIBERS
from tests.page_texts import shows
from tests.visitor import Visitor

HERE = "/staff/mailings"
FORM = {
    "part": "registered",
    "subject": "Before you join",
    "body": "Bring **two** questions.",
    "button_label": "Go to the webinar",
    "button_url": "http://localhost/webinars/reading-rooms",
}


def test_mailing_pages_are_for_staff_only(
    client: Visitor, database: Database, to_come: Cast
) -> None:
    mailing_id = add(database, to_come)
    paths = [
        HERE,
        f"{HERE}/new/{to_come.slug}",
        f"{HERE}/{mailing_id}",
        f"{HERE}/{mailing_id}/edit",
        f"{HERE}/{mailing_id}/email.html",
        "/staff/subscribers",
    ]
    acts = [
        f"{HERE}/{mailing_id}/{act}" for act in ("test", "send", "schedule", "cancel", "delete")
    ]
    for person, status in ((None, 303), (to_come.alice, 404), (to_come.mia, 404)):
        if person is not None:
            client.sign_in(person.id)
        assert {client.get(path).status_code for path in paths} == {status}
        assert {client.post(path).status_code for path in acts} == {404}
    client.sign_in(to_come.ada.id)
    for path in (f"{HERE}/{'0' * 26}", f"{HERE}/new/nothing", f"{HERE}?webinar=nothing"):
        assert client.get(path).status_code == 404, path


def test_staff_write_preview_test_and_send(
    staff: Visitor, carrel: Carrel, database: Database, furnished: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    here = f"{HERE}/new/{furnished.slug}"
    assert "Open a webinar and choose Mailings" in staff.get(HERE).text
    page = staff.get(here).text
    assert "People who haven\u2019t claimed their seat: 2 people" in page
    answer = staff.post(here, data=FORM)
    assert answer.status_code == 303
    page = staff.get(answer.location).text
    assert "Hello Ada," in page
    assert "Bring two questions." in page
    assert re.search(r"Send to 4 people now", page)
    frame = staff.get(f"{answer.location}/email.html")
    assert "<strong>two</strong>" in frame.text
    assert "frame-ancestors 'self'; sandbox" in frame.headers["Content-Security-Policy"]
    staff.post(f"{answer.location}/test")
    mail = newest(database, "ada@example.org", "mailing")
    assert (mail.subject, mail.lane) == ("Test: Before you join", MailLane.NORMAL)
    assert "Send to 4 people now" in staff.get(answer.location).text  # tests don't count
    staff.post(f"{answer.location}/send")
    clock.advance(mailings.UNDO_FOR)
    work(carrel, answer.location.rsplit("/", 1)[1])
    page = staff.get(answer.location).text
    assert "0 of 4" in page
    assert ">Sent<" in page
    assert "Before you join" in staff.get(f"{HERE}?webinar={furnished.slug}").text


def test_sending_can_be_undone_for_a_minute(
    staff: Visitor, carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    mailing_id = add(database, to_come)
    here = f"{HERE}/{mailing_id}"
    staff.post(f"{here}/send")
    page = staff.get(here).text
    assert "We start sending within a minute." in page
    assert "Cancel sending" in page
    work(carrel, mailing_id)  # too early
    staff.post(f"{here}/cancel")
    assert "Send to 1 person now" in staff.get(here).text
    clock.advance(mailings.UNDO_FOR)
    work(carrel, mailing_id)
    assert written(database, "mailing") == []
    with database.read_session() as session:
        assert not session.scalars(select(Job.id).where(Job.kind == mailings.SEND)).all()


def test_mailing_can_start_from_the_text_of_an_earlier_one(
    staff: Visitor, carrel: Carrel, database: Database, furnished: Cast
) -> None:
    staff.post(f"{HERE}/new/{furnished.slug}", data=FORM)
    with database.transaction() as session:
        make_webinar(session, "quiet-rooms")
        [row], _total = read_models.list_mailings(session, slug="", offset=0, limit=1)
    like = f"{HERE}/new/quiet-rooms?like={row.public_id}"
    assert like in staff.get(f"{HERE}/new/quiet-rooms").text
    page = staff.get(like).text
    for kept in ("Before you join", "Bring **two** questions.", "Go to the webinar"):
        assert kept in page
    assert 'value="http://localhost/webinars/quiet-rooms"' in page  # the button leads to this one
    assert staff.get(f"{HERE}/new/quiet-rooms?like={'0' * 26}").status_code == 404
    start(database, row.public_id)
    work(carrel, row.public_id)
    again = f"{HERE}/new/{furnished.slug}?like={row.public_id}"
    assert again in staff.get(f"{HERE}/{row.public_id}").text


def test_preview_uses_the_wording_that_staff_saved(
    staff: Visitor, database: Database, to_come: Cast
) -> None:
    mailing_id = add(database, to_come)
    with database.transaction() as session:
        words = {"Hello %(name)s,": "Dear {name},"}
        session.add(
            EmailText(kind="mailing", subject="{house}: {subject}", passages=words, updated_at=NOW)
        )
    frame = staff.get(f"{HERE}/{mailing_id}/email.html").text
    assert "Dear Ada," in frame
    assert ": Before you join</h1>" in frame
    assert "Dear Ada," in staff.get(f"{HERE}/{mailing_id}").text


def test_invalid_form_is_refused_with_what_was_entered(staff: Visitor, topical: Cast) -> None:
    here = f"{HERE}/new/{topical.slug}"
    for changed, said in (
        ({"subject": ""}, "Enter a subject."),
        ({"body": ""}, "Enter the text of the email."),
        ({"button_url": "ftp://x"}, "Enter a link that starts with"),
        ({"part": "nobody"}, "Not a valid choice."),
    ):
        answer = staff.post(here, data={**FORM, **changed})
        assert answer.status_code == 400, changed
        assert said in answer.text
        assert "Go to the webinar" in answer.text


def test_draft_can_be_changed_and_deleted(
    staff: Visitor, database: Database, to_come: Cast
) -> None:
    here = f"{HERE}/{add(database, to_come)}"
    assert "Before you join" in staff.get(f"{here}/edit").text
    assert staff.post(f"{here}/edit", data={**FORM, "subject": ""}).status_code == 400
    assert staff.post(f"{here}/edit", data={**FORM, "subject": "Other"}).location == here
    assert "Other" in staff.get(here).text
    assert staff.post(f"{here}/delete").location == HERE
    assert staff.get(here).status_code == 404


def stopped(database: Database, mailing_id: str) -> None:
    with database.transaction() as session:
        mailing = mailings.find_mailing(session, mailing_id)
        mailing.state, mailing.send_at = MailingState.STOPPED, mailing.send_at or NOW
        mailing.finished_at = None


def test_stopped_mailing_can_be_edited_until_someone_received_it(
    staff: Visitor, carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    mailing_id = add(database, to_come)
    here = f"{HERE}/{mailing_id}"
    stopped(database, mailing_id)
    assert f"{here}/edit" in staff.get(here).text
    assert staff.post(f"{here}/edit", data={**FORM, "subject": "Other"}).location == here
    assert "Other" in staff.get(here).text
    start(database, mailing_id)
    work(carrel, mailing_id)
    stopped(database, mailing_id)
    assert f"{here}/edit" not in staff.get(here).text
    staff.post(f"{here}/edit", data={**FORM, "subject": "Too late"})
    assert "Too late" not in staff.get(here).text


def test_audience_is_not_read_after_the_mailing_is_scheduled(
    staff: Visitor, database: Database, to_come: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clock.moment == NOW
    here = f"{HERE}/{add(database, to_come)}"
    assert "Send to 1 person now" in staff.get(here).text
    staff.post(f"{here}/schedule", data={"send_at": "2026-03-03T09:00"})
    monkeypatch.setattr(read_models, "recipients_of", None)
    assert staff.get(here).status_code == 200


def test_mailing_is_scheduled_in_the_sellers_time_zone_and_canceled(
    staff: Visitor, database: Database, to_come: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    here = f"{HERE}/{add(database, to_come)}"
    for at, said in (
        ("", "Enter a date and a time."),
        ("2026-03-02T10:00", "Choose a time in the future."),
        ("2026-03-08T02:30", "skip this time"),
    ):
        answer = staff.post(f"{here}/schedule", data={"send_at": at})
        assert answer.status_code == 400, at
        assert said in answer.text
    assert staff.post(f"{here}/schedule", data={"send_at": "2026-03-03T09:00"}).status_code == 303
    assert "It will be sent Mar 3, 2026, 9:00\u00a0AM\u00a0ET." in staff.get(here).text
    assert staff.get(f"{here}/edit").location == here
    for act in ("send", "delete"):  # as from another person's outdated page
        staff.post(f"{here}/{act}")
        assert "It will be sent" in staff.get(here).text
    staff.post(f"{here}/cancel")
    staff.post(f"{here}/cancel")
    assert shows(staff.get(here).text, NOT_SCHEDULED)
    assert "Delete draft" in staff.get(here).text


def test_mailing_without_recipients_has_no_send_button(
    staff: Visitor, database: Database, topical: Cast
) -> None:
    page = staff.get(f"{HERE}/{add(database, topical, SUBSCRIBERS)}").text
    assert "No one is in this group now." in page
    assert "Send to" not in page


def test_publishing_a_webinar_offers_a_mailing_to_its_subscribers(
    staff: Visitor, carrel: Carrel, database: Database, topical: Cast, clock: Clock
) -> None:
    assert clock.moment == NOW
    with database.transaction() as session:
        session.get_one(Webinar, topical.webinar_id).state = WebinarState.DRAFT
    subscribe(carrel, "sam@example.org", PRESENTER)
    shown = f"/staff/webinars/{topical.slug}"
    assert "Write announcement email" not in staff.get(shown).text
    staff.post(f"{shown}/publish")
    page = staff.get(shown).text
    assert "1 person subscribed to emails about new webinars" in page
    found = re.search(r'href="([^"]+part=subscribers)"', page)
    assert found
    form = staff.get(found[1]).text
    assert "New webinar: Reading rooms" in form
    assert "With Pat Doe" in form
    start(database, add(database, topical, SUBSCRIBERS), send_at=NOW + timedelta(hours=1))
    assert "Write announcement email" not in staff.get(shown).text
    assert written(database, "new_webinar") == []  # nothing is sent until staff send it


def test_staff_can_search_and_remove_subscribers(
    staff: Visitor, carrel: Carrel, database: Database, topical: Cast
) -> None:
    assert topical
    here = "/staff/subscribers"
    assert "No subscribers yet" in staff.get(here).text
    made = subscribe(carrel, "sam@example.org", PRESENTER)
    subscribe(carrel, "kim@example.org", is_confirmed=False)
    page = staff.get(here).text
    assert all(said in page for said in ("sam@example.org", "Pat Doe", "Not confirmed yet"))
    assert "kim@example.org" not in staff.get(f"{here}?q=sam").text
    assert "No subscribers found" in staff.get(f"{here}?q=nobody").text
    assert staff.post(f"{here}/{made}/remove").status_code == 303
    assert "sam@example.org" not in staff.get(here).text
    assert staff.post(f"{here}/{made}/remove").status_code == 404
    assert letters(database, "sam@example.org")
