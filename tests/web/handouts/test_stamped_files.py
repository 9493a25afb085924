"""Stamped downloads: each copy has its reader's name; staff choose which handouts are stamped."""

import pytest
from sqlalchemy import select

from lms.models.catalog import Webinar
from lms.models.handouts import Handout
from lms.web.handouts import file_response
from media.files.file_types import DocumentKind
from tests.factories import make_handout
from tests.handouts.document_builder import pdf

WHOLE = pdf(pages=2)


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def handout_id(database, cast, storage):
    with database.transaction() as session:
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id), title="Tuesday")
        storage.put_bytes(handout.key, WHOLE, "application/pdf")
        return handout.public_id


@pytest.fixture
def stamped(client, cast, handout_id):
    """The path of a handout that staff set to be stamped."""
    client.sign_in(cast.ada.id)
    answer = client.post(
        f"/staff/webinars/{cast.slug}/handouts/{handout_id}/stamp", data={"stamp": "name"}
    )
    assert answer.status_code == 303
    return f"/handouts/{handout_id}"


@pytest.fixture
def said(monkeypatch):
    """The lines that are stamped at the bottom of the pages."""
    words = []
    whole = file_response.stamp

    def note(source, out, line):
        words.append(line)
        whole(source, out, line)

    monkeypatch.setattr(file_response, "stamp", note)
    return words


def test_only_staff_can_turn_on_stamping(client, cast, handout_id):
    client.sign_in(cast.mia.id)
    address = f"/staff/webinars/{cast.slug}/handouts/{handout_id}/stamp"
    assert client.post(address, data={"stamp": "name"}).status_code == 404


def test_download_is_stamped_with_the_name_and_date(client, cast, stamped, said, settings):
    client.sign_in(cast.alice.id)
    answer = client.get(stamped)
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    assert answer.data != WHOLE
    assert said == ["Copy of Alice, March 2, 2026"]
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=Slides.pdf")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert list(settings.scratch.iterdir()) == []


def test_staff_get_the_original_file(client, cast, stamped, said):
    client.sign_in(cast.ada.id)
    assert client.get(stamped).data == WHOLE
    assert said == []


def test_person_without_access_gets_no_stamped_copy(client, cast, stamped):
    client.sign_in(cast.dan.id)
    assert client.get(stamped).status_code == 403


def test_staff_see_that_a_handout_is_stamped_and_can_stop_it(client, cast, stamped, handout_id):
    page = client.get(f"/staff/webinars/{cast.slug}").text
    assert "at the bottom of every page" in page
    assert "Stop stamping" in page
    client.post(f"/staff/webinars/{cast.slug}/handouts/{handout_id}/stamp", data={})
    client.sign_in(cast.alice.id)
    assert client.get(stamped).data == WHOLE


def test_only_a_pdf_can_be_stamped(client, cast, handout_id, database):
    with database.transaction() as session:
        session.scalars(select(Handout)).one().kind = DocumentKind.PPTX
    client.sign_in(cast.ada.id)
    address = f"/staff/webinars/{cast.slug}/handouts/{handout_id}/stamp"
    assert client.post(address, data={"stamp": "name"}).status_code == 409
    assert "Stamp with reader" not in client.get(f"/staff/webinars/{cast.slug}").text


def test_failed_stamping_asks_to_try_again(client, cast, stamped, database, storage):
    with database.transaction() as session:
        key = session.scalars(select(Handout)).one().key
    storage.delete(key)
    storage.put_bytes(key, b"%PDF-1.7 broken on the disk", "application/pdf")
    client.sign_in(cast.alice.id)
    answer = client.get(stamped)
    assert answer.status_code == 503
    assert "Try again in a minute" in answer.text


def test_missing_file_is_not_found(client, cast, stamped, database, storage):
    for key in list(storage.list("handouts/")):
        storage.delete(key)
    client.sign_in(cast.alice.id)
    assert client.get(stamped).status_code == 404
