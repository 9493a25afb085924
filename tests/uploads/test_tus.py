"""Staff upload files in pieces by the tus protocol."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.models.accounts import SellerRole
from lms.models.handouts import Handout
from lms.models.jobs import Job
from lms.models.recordings import Recording
from lms.registry import LIBRARY
from lms.uploads import chunks, uploads
from lms.worker.worker import see_through
from tests.cast import Cast
from tests.clock import Clock
from tests.components import work_without_schedules
from tests.factories import make_login
from tests.handouts.document_builder import locked, pptx
from tests.uploads.tus_client import MIB, TUS, Sender, film, sha256
from tests.visitor import Visitor

SLIDES = "lms/demo/files/folding-table.pdf"
WORK = work_without_schedules(LIBRARY)


def settle(carrel: Carrel) -> None:
    """Run the jobs that process uploaded files."""
    with carrel.database.read_session() as session:
        found = session.scalars(select(Job.public_id).where(Job.kind == uploads.SETTLE)).all()
    for job_id in found:
        see_through(carrel, WORK, job_id)


@pytest.fixture
def bert(app, carrel: Carrel, cast: Cast, clock: Clock) -> Sender:
    """Another member of staff."""
    with carrel.database.transaction() as session:
        login_id = make_login(session, "bert@example.org", seller_role=SellerRole.STAFF).id
    visitor = app.test_client()
    visitor.sign_in(login_id)
    return Sender(visitor, cast.slug)


@pytest.mark.parametrize("person", ["alice", "dan", "mia", None])
def test_only_staff_can_upload_files(
    client: Visitor, ada: Sender, cast: Cast, person: str | None, app
) -> None:
    address = ada.begin(10)
    visitor = app.test_client()
    if person:
        visitor.sign_in(getattr(cast, person).id)
    other = Sender(visitor, cast.slug)
    assert other.create(10).status_code == 404
    assert other.patch(address, 0, b"x").status_code == 404
    assert other.delete(address).status_code == 404
    assert other.head(address).status_code in (303, 404)
    assert ada.at(address) == 0


def test_upload_of_another_member_of_staff_is_not_found(ada: Sender, bert: Sender) -> None:
    address = ada.begin(10)
    unknown = address.rpartition("/")[0] + "/" + "0" * 26
    for place in (address, unknown):
        assert bert.head(place).status_code == 404
        assert bert.patch(place, 0, b"x").status_code == 404
        assert bert.delete(place).status_code == 404
        assert bert.visitor.get(place).status_code == 404
        assert bert.visitor.post(f"{place}/discard").status_code == 404
    assert ada.at(address) == 0


def test_recording_sent_in_pieces_is_stored_byte_for_byte(
    ada: Sender, carrel: Carrel, cast: Cast
) -> None:
    whole = film(13 * MIB + 5)
    address = ada.send(whole)
    assert ada.at(address) == len(whole)
    settle(carrel)
    with carrel.database.read_session() as session:
        made = session.scalars(select(Recording).where(Recording.number == 2)).one()
    assert (made.original_name, made.size_bytes) == ("Talk.mp4", len(whole))
    assert made.sha256 == hashlib.sha256(whole).hexdigest()
    with carrel.storage.open(made.original_key) as stored:
        assert stored.read() == whole
    assert ada.visitor.get(address).json == {
        "state": "done",
        "message": "",
        "kept_bytes": len(whole),
        "size_bytes": len(whole),
    }
    assert list(carrel.storage.intake.unfinished()) == []


def test_first_piece_can_be_sent_with_the_creation(ada: Sender, carrel: Carrel) -> None:
    whole = film(1000)
    answer = ada.create(len(whole), data=whole)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "1000")
    assert "Upload-Expires" in answer.headers
    settle(carrel)
    with carrel.database.read_session() as session:
        assert session.scalars(select(Recording).where(Recording.number == 2)).one()


def test_handout_is_uploaded_the_same_way(ada: Sender, carrel: Carrel) -> None:
    with open(SLIDES, "rb") as slides:
        whole = slides.read()
    ada.send(whole, "Slides of Tuesday.pdf", purpose="handout")
    settle(carrel)
    with carrel.database.read_session() as session:
        handout = session.scalars(select(Handout)).one()
    assert handout.title
    assert handout.sha256 == hashlib.sha256(whole).hexdigest()
    assert list(carrel.storage.list("uploads/")) == []


def test_options_lists_the_supported_protocol(ada: Sender) -> None:
    answer = ada.visitor.options(f"/staff/webinars/{ada.slug}/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "expiration",
        "checksum",
        "termination",
    }
    assert int(answer.headers["Tus-Max-Size"]) >= 20 * 10**9
    assert "sha256" in answer.headers["Tus-Checksum-Algorithm"]


def test_other_protocol_version_is_answered_with_412(ada: Sender) -> None:
    address = ada.begin(10)
    for version in ("0.2.2", ""):
        answer = ada.visitor.patch(
            address,
            data=b"x",
            headers={"Tus-Resumable": version, "Upload-Offset": "0"},
            content_type="application/offset+octet-stream",
        )
        assert answer.status_code == 412
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert ada.visitor.head(address).status_code == 412


@pytest.mark.parametrize("at", [1, 4, 6, 9])
def test_piece_at_a_wrong_offset_is_answered_with_409(ada: Sender, at: int) -> None:
    whole = film(12 * MIB)
    address = ada.begin(len(whole))
    assert ada.patch(address, 0, whole[: 6 * MIB]).status_code == 204
    assert ada.patch(address, at, whole[6 * MIB :]).status_code == 409
    assert ada.at(address) == 6 * MIB


@pytest.mark.parametrize("offset", ["", "-1", "x", "1.5", "9" * 30, "\uff11"])
def test_offset_that_is_not_a_number_is_answered_with_400(ada: Sender, offset: str) -> None:
    address = ada.begin(10)
    answer = ada.visitor.patch(
        address,
        data=b"x",
        headers={**TUS, "Upload-Offset": offset.encode().decode("latin-1")},
        content_type="application/offset+octet-stream",
    )
    assert answer.status_code == 400
    assert answer.json is not None
    assert "Upload-Offset" in answer.json["message"]


def test_damaged_piece_is_answered_with_460_and_not_stored(ada: Sender) -> None:
    whole = film(12 * MIB)
    address = ada.begin(len(whole))
    first, second = whole[: 6 * MIB], whole[6 * MIB :]
    assert ada.patch(address, 0, first, Upload_Checksum=sha256(first)).status_code == 204
    damaged = second[:-1] + bytes([second[-1] ^ 1])
    answer = ada.patch(address, 6 * MIB, damaged, Upload_Checksum=sha256(second))
    assert answer.status_code == 460
    assert ada.at(address) == 6 * MIB
    assert ada.patch(address, 6 * MIB, second, Upload_Checksum=sha256(second)).status_code == 204


@pytest.mark.parametrize("checksum", ["crc32 AAAA", "sha256", "sha256 ***", ""])
def test_invalid_checksum_is_answered_with_400_or_460(ada: Sender, checksum: str) -> None:
    address = ada.begin(5)
    answer = ada.patch(address, 0, b"\x00ftyp", Upload_Checksum=checksum)
    assert answer.status_code in (400, 460)
    assert ada.at(address) == 0


def test_piece_with_another_content_type_is_answered_with_415(ada: Sender) -> None:
    address = ada.begin(10)
    assert ada.patch(address, 0, b"x", content_type="video/mp4").status_code == 415


def test_more_bytes_than_announced_are_answered_with_413(ada: Sender) -> None:
    whole = film(100)
    address = ada.begin(99)
    assert ada.patch(address, 0, whole).status_code == 413
    assert ada.at(address) == 0


@pytest.mark.parametrize(
    ("size", "name", "purpose", "status"),
    [
        (0, "Talk.mp4", "recording", 415),
        (10, "Talk.docx", "recording", 415),
        (10, "Talk", "recording", 415),
        (10, "", "recording", 415),
        (10, "Slides.key", "handout", 415),
        (101 * 2**30, "Talk.mp4", "recording", 413),
        (201 * MIB, "Slides.pdf", "handout", 413),
        (10, "Talk.mp4", "trailer", 400),
    ],
)
def test_unacceptable_file_is_refused_before_any_byte_is_sent(
    ada: Sender, carrel: Carrel, size: int, name: str, purpose: str, status: int
) -> None:
    answer = ada.create(size, name, purpose=purpose)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["message"].endswith(".")
    assert list(carrel.storage.intake.unfinished()) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Length": ""},
        {"Upload-Length": "ten"},
        {"Upload-Length": "-5"},
        {"Upload-Length": "", "Upload-Defer-Length": "1"},
        {"Upload-Metadata": "filename ***"},
        {"Upload-Metadata": "filename /////w=="},
        {"Upload-Metadata": "filename naïve"},
    ],
)
def test_malformed_creation_is_answered_with_400(ada: Sender, headers: dict[str, str]) -> None:
    answer = ada.create(10, headers=headers)
    assert answer.status_code == 400


def test_upload_for_an_unknown_webinar_is_not_found(ada: Sender) -> None:
    assert Sender(ada.visitor, "nowhere").create(10).status_code == 404


def test_file_larger_than_the_free_space_is_refused_before_any_byte_is_sent(
    ada: Sender, carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "ROOM_LEFT_BYTES", 2**60)
    answer = ada.create(10)
    assert answer.status_code == 507
    assert answer.json is not None
    assert "space" in answer.json["message"]
    assert list(carrel.storage.intake.unfinished()) == []


@pytest.mark.parametrize(
    "whole",
    [b"%PDF-1.7\n" + b"x" * 9000, b"PK\x03\x04" + b"x" * 9000, b"only words " * 900, bytes(9000)],
)
def test_file_of_another_kind_than_its_name_is_refused_at_the_first_piece(
    ada: Sender, carrel: Carrel, whole: bytes
) -> None:
    address = ada.begin(len(whole))
    answer = ada.patch(address, 0, whole)
    assert answer.status_code == 415
    assert answer.json is not None
    assert ada.head(address).status_code == 410
    assert ada.visitor.get(address).json["message"] == answer.json["message"]
    assert list(carrel.storage.intake.unfinished()) == []


def test_invalid_pdf_is_refused_at_the_first_piece(ada: Sender) -> None:
    whole = film(9000)
    address = ada.begin(len(whole), "Slides.pdf", purpose="handout")
    assert ada.patch(address, 0, whole).status_code == 415


def test_password_protected_handout_fails_with_advice(ada: Sender, carrel: Carrel) -> None:
    address = ada.send(locked(), "Slides.pdf", purpose="handout")
    settle(carrel)
    told = ada.visitor.get(address).json
    assert told is not None
    assert told["state"] == "failed"
    assert "without one" in told["message"]
    assert list(carrel.storage.list("handouts/")) == []
    page = ada.visitor.get(f"/staff/webinars/{ada.slug}").get_data(as_text=True)
    assert told["message"] in page.replace("&#39;", "'")


def test_presentation_named_pdf_is_stored_as_a_presentation(ada: Sender, carrel: Carrel) -> None:
    ada.send(pptx("One", "Two"), "Slides of Tuesday.pdf", purpose="handout")
    settle(carrel)
    with carrel.database.read_session() as session:
        handout = session.scalars(select(Handout)).one()
    assert (handout.name, handout.kind, handout.pages) == ("Slides of Tuesday.pptx", "pptx", 2)


def test_file_with_a_tiny_first_piece_is_checked_when_complete(ada: Sender, carrel: Carrel) -> None:
    whole = b"only words " * 900
    address = ada.begin(len(whole))
    answer = ada.patch(address, 0, whole[:7])
    if answer.status_code == 413:  # a bucket refuses tiny pieces
        assert ada.at(address) == 0
        return
    assert ada.patch(address, 7, whole[7:]).status_code == 204
    settle(carrel)
    told = ada.visitor.get(address).json
    assert told is not None
    assert (told["state"], "plain text" in told["message"]) == ("failed", True)
    assert list(carrel.storage.list("originals/")) == []


def test_interrupted_upload_is_resumed(ada: Sender, carrel: Carrel) -> None:
    whole = film(14 * MIB)
    address = ada.begin(len(whole))
    ada.patch(address, 0, whole[: 6 * MIB])
    at = ada.at(address)
    assert at == 6 * MIB
    assert ada.patch(address, at, whole[at:]).status_code == 204
    settle(carrel)
    with carrel.database.read_session() as session:
        made = session.scalars(select(Recording).where(Recording.number == 2)).one()
    assert made.sha256 == hashlib.sha256(whole).hexdigest()


def test_piece_sent_during_another_turn_is_answered_with_423(
    ada: Sender, carrel: Carrel, cast: Cast
) -> None:
    whole = film(12 * MIB)
    address = ada.begin(len(whole))
    upload_id = address.rpartition("/")[2]
    with carrel.database.transaction() as session:
        turn = uploads.take_turn(session, upload_id, now=now())
    assert ada.patch(address, 0, whole[: 6 * MIB]).status_code == 423
    assert ada.at(address) == 0
    term = uploads.Term(now(), now() + timedelta(days=7))
    with carrel.database.transaction() as session:
        uploads.end_turn(session, upload_id, turn, kept=None, term=term)
    assert ada.patch(address, 0, whole[: 6 * MIB]).status_code == 204


def test_turn_of_a_killed_request_lapses(ada: Sender, carrel: Carrel, clock: Clock) -> None:
    whole = film(1000)
    address = ada.begin(len(whole))
    with carrel.database.transaction() as session:
        uploads.take_turn(session, address.rpartition("/")[2], now=now())
    assert ada.patch(address, 0, whole).status_code == 423
    clock.advance(timedelta(seconds=61))
    assert ada.patch(address, 0, whole).status_code == 204


def test_complete_file_is_processed_after_the_server_was_killed(
    ada: Sender, carrel: Carrel
) -> None:
    whole = film(1000)
    address = ada.begin(len(whole))
    with carrel.database.read_session() as session:
        upload = uploads.read_upload(session, address.rpartition("/")[2])
    carrel.storage.intake.add(upload.arriving, 0, whole)  # and the database wasn't updated
    assert ada.at(address) == 1000
    settle(carrel)
    with carrel.database.read_session() as session:
        assert session.scalars(select(Recording).where(Recording.number == 2)).one()


def test_terminated_upload_is_gone(ada: Sender, carrel: Carrel) -> None:
    whole = film(12 * MIB)
    address = ada.begin(len(whole))
    ada.patch(address, 0, whole[: 6 * MIB])
    assert ada.delete(address).status_code == 204
    assert ada.head(address).status_code == 404
    assert ada.delete(address).status_code == 404
    assert list(carrel.storage.intake.unfinished()) == []


def test_method_can_be_overridden_by_a_header(ada: Sender) -> None:
    whole = film(100)
    address = ada.begin(len(whole))
    answer = ada.visitor.post(
        address,
        data=whole,
        headers={**TUS, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"},
        content_type="application/offset+octet-stream",
    )
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "100")
    assert ada.visitor.post(address, headers=TUS).status_code == 400


def test_upload_lost_from_the_storage_is_answered_with_410(ada: Sender, carrel: Carrel) -> None:
    address = ada.begin(1000)
    with carrel.database.read_session() as session:
        upload = uploads.read_upload(session, address.rpartition("/")[2])
    carrel.storage.intake.discard(upload.arriving)
    assert ada.head(address).status_code == 410
    assert ada.patch(address, 0, film(1000)).status_code == 410
