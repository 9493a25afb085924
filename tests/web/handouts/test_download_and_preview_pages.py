"""Handout downloads: access is checked each time, and the file has its original name."""

import pytest
from sqlalchemy import select

from lms.access.explanations import NO_ACCESS
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, Withdrawal
from lms.models.handouts import Handout
from lms.models.recordings import Recording, RecordingState
from media.files.file_types import MEDIA_TYPES, DocumentKind
from tests.clock import NOW
from tests.factories import make_handout
from tests.page_texts import shows

PDF = b"%PDF-1.7 the slides"


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def address(database, cast, storage):
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        handout = make_handout(session, webinar, name="Räume & Wörter 2026.pdf")
        storage.put_bytes(handout.key, PDF, "application/pdf")
        storage.put_bytes(handout.preview_key, b"a picture", "image/jpeg")
        return f"/handouts/{handout.public_id}"


@pytest.mark.parametrize("end", ["", "/first-page.jpg"])
def test_signed_out_visitor_is_asked_to_sign_in(client, address, end):
    assert client.get(address + end).status_code == 303


@pytest.mark.parametrize("end", ["", "/first-page.jpg"])
def test_person_without_access_is_refused(client, cast, address, end):
    client.sign_in(cast.dan.id)
    answer = client.get(address + end)
    assert answer.status_code == 403
    assert shows(answer.text, NO_ACCESS)


def test_unknown_handout_is_not_found(client, cast):
    client.sign_in(cast.alice.id)
    assert client.get(f"/handouts/{'0' * 26}").status_code == 404


def test_download_has_the_original_file_name(client, cast, address):
    client.sign_in(cast.alice.id)
    answer = client.get(address)
    assert answer.data == PDF
    assert answer.content_type == "application/pdf"
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment; ")
    assert "filename*=UTF-8''R%C3%A4ume%20&%20W%C3%B6rter%202026.pdf" in said
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_presentation_is_downloaded_as_powerpoint(client, cast, address, database):
    with database.transaction() as session:
        handout = session.scalars(select(Handout)).one()
        handout.kind, handout.name = DocumentKind.PPTX, "Words.pptx"
    client.sign_in(cast.alice.id)
    answer = client.get(address)
    assert answer.content_type == MEDIA_TYPES[DocumentKind.PPTX]
    assert "Words.pptx" in answer.headers["Content-Disposition"]
    assert "PowerPoint, 7 slides" in client.get(f"/webinars/{cast.slug}/watch").text


def test_removed_handout_is_not_found(client, cast, address, database):
    with database.transaction() as session:
        session.scalars(select(Handout)).one().removed_at = NOW
    client.sign_in(cast.alice.id)
    assert client.get(address).status_code == 404
    assert address not in client.get(f"/webinars/{cast.slug}/watch").text


def test_interrupted_download_can_be_resumed(client, cast, address):
    client.sign_in(cast.alice.id)
    answer = client.get(address, headers={"Range": "bytes=5-7"})
    assert answer.status_code == 206
    assert answer.data == PDF[5:8]


def test_first_page_is_an_inline_image(client, cast, address):
    client.sign_in(cast.alice.id)
    answer = client.get(f"{address}/first-page.jpg")
    assert answer.content_type == "image/jpeg"
    assert "Content-Disposition" not in answer.headers or answer.headers[
        "Content-Disposition"
    ].startswith("inline")


def test_revoked_grant_gives_no_handout(client, cast, address, database):
    client.sign_in(cast.alice.id)
    assert client.get(address).status_code == 200
    with database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.login_id == cast.alice.id)).one()
        grant.revoked_at, grant.revoked_as = NOW, Withdrawal.REVOKED
    assert client.get(address).status_code == 403


def test_handout_is_available_while_the_recording_is_processed(client, cast, address, database):
    with database.transaction() as session:
        recording = session.get_one(Recording, cast.recording_id)
        recording.state, recording.run = RecordingState.PROCESSING, None
    client.sign_in(cast.alice.id)
    assert client.get(address).status_code == 200


def test_staff_can_read_the_handout_of_a_draft_webinar(client, cast, address, database):
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).state = WebinarState.DRAFT
    client.sign_in(cast.ada.id)
    assert client.get(address).status_code == 200


def test_missing_file_is_not_found(client, cast, address, database, storage):
    client.sign_in(cast.alice.id)
    for key in list(storage.list("handouts/")):
        storage.delete(key)
    assert client.get(address).status_code == 404
