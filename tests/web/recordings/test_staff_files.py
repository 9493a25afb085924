"""Staff pages that add recordings, captions, and handouts to a webinar."""

import html
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.models.catalog import Webinar
from lms.models.handouts import Handout
from lms.models.jobs import Job, JobState
from lms.models.recordings import Caption, Recording, RecordingState
from lms.registry import LIBRARY
from lms.worker.worker import see_through
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.components import work_without_schedules
from tests.factories import make_handout
from tests.handouts.document_builder import pdf
from tests.removed_items_purge import clear
from tests.visitor import Visitor

SCRIPTS = Path(__file__).parents[3] / "lms/static/js"
SLIDES = Path(__file__).parents[3] / "lms/demo/files/folding-table.pdf"
WANTS_JSON = {"Accept": "application/json"}


def test_only_staff_can_upload_files(client: Visitor, cast: Cast, clock: Clock) -> None:
    client.sign_in(cast.mia.id)
    for place in ("recordings", "handouts"):
        answer = client.post(f"/staff/webinars/{cast.slug}/{place}", data=b"film")
        assert answer.status_code == 404
    assert client.get(f"/staff/webinars/{cast.slug}/files").status_code == 404


def test_uploaded_body_becomes_a_version_with_a_job(
    ada: Visitor, carrel: Carrel, cast: Cast
) -> None:
    answer = ada.post(
        f"/staff/webinars/{cast.slug}/recordings",
        data=b"the bytes of a film",
        headers={**WANTS_JSON, "X-File-Name": "L%C3%A9a%20reads.mp4"},
        content_type="application/octet-stream",
    )
    assert answer.status_code == 200
    with carrel.database.read_session() as session:
        made = session.scalars(select(Recording).where(Recording.number == 2)).one()
        assert session.scalars(select(Job.subject)).all() == [made.public_id]
    assert made.original_name == "Léa reads.mp4"
    with carrel.storage.open(made.original_key) as kept:
        assert kept.read() == b"the bytes of a film"
    progress = ada.get(f"/staff/recordings/{made.public_id}/progress").json
    assert progress is not None
    assert (progress["state"], progress["playable"]) == ("waiting", False)
    assert "Léa reads.mp4" in ada.get(f"/staff/webinars/{cast.slug}").get_data(as_text=True)
    with ada.get(f"/staff/recordings/{made.public_id}/original") as original:
        assert original.data == b"the bytes of a film"
    assert list(carrel.settings.scratch.iterdir()) == []


def settle(carrel: Carrel) -> None:
    """Run the worker's jobs for the uploaded files."""
    with carrel.database.read_session() as session:
        waiting = session.scalars(select(Job.public_id).where(Job.state == JobState.QUEUED)).all()
    for job_id in waiting:
        see_through(carrel, work_without_schedules(LIBRARY), job_id)


def handout_of(carrel: Carrel) -> Handout:
    with carrel.database.read_session() as session:
        return session.scalars(select(Handout)).one()


def test_form_works_without_scripts(ada: Visitor, carrel: Carrel, cast: Cast) -> None:
    answer = ada.post(
        f"/staff/webinars/{cast.slug}/handouts",
        data={"file": (io.BytesIO(SLIDES.read_bytes()), "Slides of Tuesday.pdf")},
    )
    assert answer.status_code == 303
    page = ada.get(answer.headers["Location"]).get_data(as_text=True)
    assert "checking the file" in page
    settle(carrel)
    handout = handout_of(carrel)
    assert (handout.name, handout.pages) == ("Slides of Tuesday.pdf", 7)
    assert list(carrel.settings.scratch.rglob("*.pdf")) == []


def test_content_removed_from_a_handout_is_listed(ada: Visitor, carrel: Carrel, cast: Cast) -> None:
    script = b"<< /S /JavaScript /JS (app.alert(1)) >>"
    whole = pdf(script, catalog="/OpenAction 10 0 R")
    ada.post(
        f"/staff/webinars/{cast.slug}/handouts", data={"file": (io.BytesIO(whole), "Slides.pdf")}
    )
    settle(carrel)
    with carrel.storage.open(handout_of(carrel).key) as kept:
        assert b"app.alert" not in kept.read()
    page = ada.get(f"/staff/webinars/{cast.slug}/files").get_data(as_text=True)
    assert "Removed for safety: scripts." in page


def test_removed_handout_can_be_restored_for_30_days(
    ada: Visitor, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    with carrel.database.transaction() as session:
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id), title="Tuesday")
        handout.key = f"handouts/{handout.public_id}/slides.pdf"
        carrel.storage.put_bytes(handout.key, b"%PDF-1.7", "application/pdf")
        handout_id, key = handout.public_id, handout.key
    watch = f"/webinars/{cast.slug}/watch"
    address = f"/staff/webinars/{cast.slug}/handouts/{handout_id}"
    removed = ada.post(f"{address}/remove")
    page = ada.get(removed.headers["Location"]).get_data(as_text=True)
    assert "data-undo" in page
    assert ada.get(f"/handouts/{handout_id}").status_code == 404
    assert "Tuesday" not in ada.get(f"{watch}?preview=1").get_data(as_text=True)
    assert ada.post(f"{address}/put-back").status_code == 303
    assert ada.get(f"/handouts/{handout_id}").status_code == 200
    ada.post(f"{address}/remove")
    clock.advance(timedelta(days=31))
    ada.sign_in(cast.ada.id)
    assert ada.post(f"{address}/put-back").status_code == 409
    clear(carrel)
    assert carrel.storage.stat(key) is None
    assert ada.post(f"{address}/put-back").status_code == 404


@pytest.mark.parametrize(
    ("place", "name", "data"),
    [
        ("handouts", "words.pdf", b"only words"),
        ("handouts", "slides.key", b"PK"),
        ("handouts", "words.pdf", b"%PDX" * 2000),
        ("recordings", "", b"film"),
    ],
)
def test_unusable_file_is_refused_with_a_reason(
    ada: Visitor, cast: Cast, place: str, name: str, data: bytes
) -> None:
    answer = ada.post(
        f"/staff/webinars/{cast.slug}/{place}",
        data=data,
        headers={**WANTS_JSON, "X-File-Name": name},
        content_type="application/octet-stream",
    )
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["message"].endswith(".")


def test_upload_to_an_unknown_webinar_is_not_found(ada: Visitor, cast: Cast) -> None:
    answer = ada.post("/staff/webinars/nowhere/recordings", data=b"film")
    assert answer.status_code == 404


def test_captions_are_added_removed_and_restored(
    ada: Visitor, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    with carrel.database.read_session() as session:
        recording_id = session.scalars(select(Recording.public_id)).one()
    vtt = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning.\n"
    address = f"/staff/webinars/{cast.slug}/recordings/{recording_id}/captions"
    added = ada.post(address, data={"language": "en", "file": (io.BytesIO(vtt), "talk.vtt")})
    assert added.status_code == 303
    with carrel.database.read_session() as session:
        caption = session.scalars(select(Caption)).one()
    assert carrel.storage.stat(caption.key) is not None
    place = f"/staff/webinars/{cast.slug}/captions/{caption.public_id}"
    away = ada.post(f"{place}/remove")
    page = ada.get(away.headers["Location"]).get_data(as_text=True)
    assert "The English captions were removed." in page
    assert shown(carrel) == []
    assert ada.post(f"{place}/put-back").status_code == 303
    assert shown(carrel) == [caption.public_id]
    ada.post(f"{place}/remove")
    clock.advance(timedelta(days=31))
    clear(carrel)
    assert carrel.storage.stat(caption.key) is None
    ada.sign_in(cast.ada.id)
    assert ada.post(f"{place}/put-back").status_code == 404


def test_replaced_captions_can_be_restored(ada: Visitor, carrel: Carrel, cast: Cast) -> None:
    with carrel.database.read_session() as session:
        recording_id = session.scalars(select(Recording.public_id)).one()
    address = f"/staff/webinars/{cast.slug}/recordings/{recording_id}/captions"
    tracks = []
    for said in ("Good morning.", "Good evening."):
        vtt = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{said}\n".encode()
        ada.post(address, data={"language": "en", "file": (io.BytesIO(vtt), "talk.vtt")})
        tracks += shown(carrel)
    former, new = tracks
    back = f"/staff/webinars/{cast.slug}/captions/{former}/put-back"
    assert ada.post(back).status_code == 303
    with carrel.database.read_session() as session:
        caption = session.scalars(select(Caption)).one()
    assert (caption.public_id, caption.is_default) == (former, True)
    assert "Good morning." in (caption.shown or "")
    assert ada.post(f"/staff/webinars/{cast.slug}/captions/{new}/put-back").status_code == 303
    assert shown(carrel) == [new]


def shown(carrel: Carrel) -> list[str]:
    with carrel.database.read_session() as session:
        return list(session.scalars(select(Caption.public_id)))


def second_version(carrel: Carrel) -> str:
    """Make the first version playable and add a ready second; return the first's public ID."""
    with carrel.database.transaction() as session:
        first = session.scalars(select(Recording)).one()
        first.seconds, first.run, first.state = 60.0, "a" * 26, RecordingState.READY
        session.add(
            Recording(
                webinar_id=first.webinar_id,
                number=2,
                is_current=False,
                state=RecordingState.READY,
                original_key="originals/second/talk.mp4",
                original_name="Second cut.mp4",
                size_bytes=2_000_000,
                sha256="0" * 64,
                seconds=61.0,
                run="b" * 26,
                created_at=NOW,
            )
        )
        return first.public_id


def id_of(carrel: Carrel, number: int) -> str:
    with carrel.database.read_session() as session:
        return session.scalars(select(Recording.public_id).where(Recording.number == number)).one()


def test_current_version_can_be_previewed_from_the_webinar_page(
    ada: Visitor, carrel: Carrel, cast: Cast
) -> None:
    second_version(carrel)
    page = ada.get(f"/staff/webinars/{cast.slug}").get_data(as_text=True)
    links = re.findall(r'<a href="([^"]+)">Preview</a>', page)
    assert links == [f"/webinars/{cast.slug}/watch?preview=1"]
    looked = ada.get(links[0])
    assert looked.status_code == 200
    assert "Staff preview: we don\u2019t save what you watch." in looked.get_data(as_text=True)


def test_version_without_captions_offers_those_of_the_previous_one(
    ada: Visitor, carrel: Carrel, cast: Cast
) -> None:
    first_id = second_version(carrel)
    place = f"/staff/webinars/{cast.slug}"
    vtt = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning.\n"

    def add(recording_id: str) -> None:
        sent = {"language": "en", "file": (io.BytesIO(vtt), "talk.vtt")}
        ada.post(f"{place}/recordings/{recording_id}/captions", data=sent)

    add(first_id)
    words = "Captions belong to the version you added them to."
    assert words not in ada.get(place).get_data(as_text=True)
    second_id = id_of(carrel, 2)
    ada.post(f"{place}/recordings/{second_id}/current")
    page = ada.get(place).get_data(as_text=True)
    assert words in page
    offered = re.findall(r'<a href="([^"]+)">English captions for version 1</a>', page)
    assert "Good morning." in ada.get(*offered).get_data(as_text=True)
    add(second_id)
    assert words not in ada.get(place).get_data(as_text=True)


def test_earlier_version_can_be_made_current_and_deleted(
    ada: Visitor, carrel: Carrel, cast: Cast
) -> None:
    first_id = second_version(carrel)
    place = f"/staff/webinars/{cast.slug}"
    page = ada.get(f"{place}/files").get_data(as_text=True)
    assert "Make version 2 current" in page
    assert "Delete version 1" not in page
    second_id = id_of(carrel, 2)
    assert ada.post(f"{place}/recordings/{first_id}/remove").status_code == 409
    assert ada.post(f"{place}/recordings/{second_id}/current").status_code == 303
    removed = ada.post(f"{place}/recordings/{first_id}/remove")
    page = ada.get(removed.headers["Location"]).get_data(as_text=True)
    assert "Version 1 was deleted." in page
    page = ada.get(f"{place}/files").get_data(as_text=True)
    assert "Second cut.mp4" in page
    assert "Make version 1 current" not in page
    assert "Restore version 1" in page
    for act in ("current", "remove", "retry", "cancel"):
        assert ada.post(f"{place}/recordings/{first_id}/{act}").status_code == 404
    assert ada.post(f"{place}/recordings/{first_id}/put-back").status_code == 303
    assert "Make version 1 current" in ada.get(f"{place}/files").get_data(as_text=True)


def test_scripts_take_their_texts_from_the_page(ada: Visitor, cast: Cast) -> None:
    page = ada.get(f"/staff/webinars/{cast.slug}").text
    section = page[page.index("data-uploads") :]
    words = json.loads(html.unescape(section.partition('data-words="')[2].partition('"')[0]))
    scripts = [*SCRIPTS.glob("recordings/upload_*.js"), SCRIPTS / "recordings/staff_files.js"]
    written = "".join(script.read_text("utf-8") for script in scripts)
    asked = set(re.findall(r'\bsay\(\s*"(\w+)"', written))
    assert asked
    assert asked <= set(words)
    assert set(words) <= set(re.findall(r'"(\w+)"', written))
    assert re.findall(r'["`][A-Z][a-z]+ [^"`]*["`]', written) == []  # scripts contain no sentences
