"""Delivery kits: allowed by staff, created, downloaded by a link, and deleted on time."""

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lms.cli.command_context import Console
from lms.core.errors import Conflict, Forbidden, NotFound
from lms.jobs.queue import Work
from lms.kits import delivery_kits
from lms.kits.delivery_kits import DROP, MAKE
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar
from lms.models.grants import Grant, Withdrawal
from lms.models.jobs import Job, JobState
from lms.models.kits import DeliveryKit, KitState
from lms.models.organizations import Organization, Role
from lms.models.recordings import Recording, RecordingState
from lms.recordings.captions import attach as attach_captions
from lms.recordings.captions import keep_captions
from lms.registry import LIBRARY
from lms.seats.pools import revoke_pool_grant
from lms.worker.worker import see_through
from tests.clock import NOW
from tests.factories import (
    make_handout,
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
)

WORK: Work = Console((LIBRARY,)).work
CUES = b"WEBVTT\n\n00:00.500 --> 00:01.500\nGood morning\n"


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def held(database, cast, carrel):
    """Give Elm County the webinar; returns the path of its kits."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id), capacity=None)
        make_pool_grant(session, pool)
        return f"/organization/{elm.public_id}/kits"


@pytest.fixture
def filmed(database, cast, carrel, talk: Path):
    """Make the webinar's recording a real file, with captions and slides."""
    key = "originals/real/talk.mp4"
    carrel.storage.put_file(key, talk, "video/mp4")
    with database.transaction() as session:
        session.execute(
            update(Recording)
            .where(Recording.id == cast.recording_id)
            .values(original_key=key, state=RecordingState.READY, seconds=4.0)
        )
        recording = session.get_one(Recording, cast.recording_id)
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id))
    carrel.storage.put_bytes(handout.key, b"%PDF-1.7 slides", "application/pdf")
    poster = f"renditions/{recording.public_id}/{recording.run}/poster.jpg"
    carrel.storage.put_bytes(poster, b"a picture", "image/jpeg")
    return recording


def _allow(database, cast):
    with database.transaction() as session:
        delivery_kits.allow(session, cast.organization_id, actor=None, now=NOW)


def _webinar(database, cast):
    with database.read_session() as session:
        return session.get_one(Webinar, cast.webinar_id).public_id


def _ask(database, cast):
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id).public_id
        return delivery_kits.ask(session, cast.organization_id, webinar, actor=None, now=NOW)


def _see(carrel, kind):
    with carrel.database.read_session() as session:
        job = session.scalars(
            select(Job.public_id).where(Job.kind == kind).order_by(Job.id.desc()).limit(1)
        ).one()
    see_through(carrel, WORK, job)


def _ready(carrel, database, cast) -> str:
    """Return a kit that is already finished, without an encoder."""
    _allow(database, cast)
    kit = _ask(database, cast)
    key, data = f"kits/{kit}/made.zip", b"0123456789"
    carrel.storage.put_bytes(key, data, "application/zip")
    with database.transaction() as session:
        delivery_kits.finish(session, kit, key, len(data), now=NOW)
    return kit


def _link(client, held, kit):
    page = client.post(f"{held}/{kit}/link").text
    return re.search(r"http://localhost(/kit/[\w-]{43})", page)[1]


def test_only_the_organizations_managers_find_its_kits(client, database, cast, held, carrel):
    kit = _ready(carrel, database, cast)
    with database.transaction() as session:
        other = make_login(session)
        place = make_organization(session)
        make_membership(session, place, other, role=Role.OWNER)
        theirs = f"/organization/{place.public_id}/kits"
    for person in (cast.alice.id, other.id):
        client.sign_in(person)
        for path in ("", "/new", f"/{kit}"):
            assert client.get(held + path).status_code == 404
        for act in ("link", "take-back-link", "stop", "withdraw"):
            assert client.post(f"{held}/{kit}/{act}").status_code == 404
    assert client.get(f"{theirs}/{kit}").status_code == 404
    assert client.post(f"{theirs}/{kit}/link").status_code == 404
    assert client.get("/kit/" + "a" * 43).status_code == 404


def test_kit_requires_permission_from_staff_and_access_to_the_webinar(client, database, cast, held):
    webinar = _webinar(database, cast)
    client.sign_in(cast.mia.id)
    assert "Not in your contract" in client.get(held).text
    with database.transaction() as session, pytest.raises(Forbidden):
        delivery_kits.ask(session, cast.organization_id, webinar, actor=None, now=NOW)
    client.post(held, data={"webinar": webinar})
    with database.read_session() as session:
        assert session.scalars(select(DeliveryKit)).all() == []
    client.sign_in(cast.ada.id)
    client.post("/staff/organizations/elm-county/kits", data={"allow": "yes"})
    with database.transaction() as session:
        other = make_organization(session)
        delivery_kits.allow(session, other.id, actor=None, now=NOW)
        with pytest.raises(Forbidden):  # it has no access
            delivery_kits.ask(session, other.id, webinar, actor=None, now=NOW)
        with pytest.raises(NotFound):
            delivery_kits.ask(session, cast.organization_id, "no-such", actor=None, now=NOW)
    client.sign_in(cast.mia.id)
    asked = client.post(held, data={"webinar": webinar})
    assert "In progress" in client.get(asked.location).text
    with database.transaction() as session, pytest.raises(Conflict):  # one at a time
        delivery_kits.ask(session, cast.organization_id, webinar, actor=None, now=NOW)


def test_organization_without_recordings_is_told_before_searching(client, database, cast):
    client.sign_in(cast.mia.id)
    with database.read_session() as session:
        place = session.get_one(Organization, cast.organization_id).public_id
    choose = f"/organization/{place}/kits/new"
    assert "No recordings yet" in client.get(choose).text
    assert "No matching recordings" in client.get(f"{choose}?q=ducks").text


def test_side_navigation_marks_the_page_that_leads_to_kits(client, database, cast, held):
    client.sign_in(cast.mia.id)
    (current,) = re.findall(r'<a href="([^"]+)"\s+aria-current', client.get(held).text)
    assert current == f"{held.removesuffix('/kits')}/embeds"


def test_link_address_redirects_to_its_kit(client, database, cast, held, carrel):
    kit = _ready(carrel, database, cast)
    client.sign_in(cast.mia.id)
    answer = client.get(f"{held}/{kit}/link")
    assert (answer.status_code, answer.location) == (303, f"{held}/{kit}")


def test_manager_cannot_allow_kits(client, database, cast, held):
    client.sign_in(cast.mia.id)
    answer = client.post("/staff/organizations/elm-county/kits", data={"allow": "yes"})
    assert answer.status_code == 404
    with database.read_session() as session:
        assert not delivery_kits.is_allowed(session, cast.organization_id)


def test_link_downloads_the_whole_file_or_resumes_a_download(
    client, app, database, cast, held, carrel
):
    kit = _ready(carrel, database, cast)
    client.sign_in(cast.mia.id)
    path = _link(client, held, kit)
    anybody = app.test_client()
    whole = anybody.get(path)
    assert (whole.status_code, whole.data) == (200, b"0123456789")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert "filename=reading-rooms.zip" in whole.headers["Content-Disposition"]
    rest = anybody.get(path, headers={"Range": "bytes=4-"})
    assert (rest.status_code, rest.data) == (206, b"456789")
    assert rest.headers["Content-Range"] == "bytes 4-9/10"
    stale = anybody.get(path, headers={"Range": "bytes=4-", "If-Range": '"other"'})
    assert (stale.status_code, stale.data) == (200, b"0123456789")
    with database.read_session() as session:
        facts = delivery_kits.find_kit(session, cast.organization_id, kit)
        acts = session.scalars(
            select(AuditEntry.act).where(AuditEntry.subject == kit).order_by(AuditEntry.id)
        ).all()
        kept = session.scalars(select(DeliveryKit.token_hash)).one()
    assert facts.downloads == 1  # a resumed download isn't counted again
    assert acts == ["kit.asked", "kit.made", "kit.link_made", "kit.downloaded"]
    assert path.rpartition("/")[2].encode() != kept
    assert len(kept) == 32


def test_new_link_replaces_the_former_one_and_each_can_be_turned_off(
    client, app, database, cast, held, carrel
):
    kit = _ready(carrel, database, cast)
    client.sign_in(cast.mia.id)
    first, second = _link(client, held, kit), _link(client, held, kit)
    anybody = app.test_client()
    ended = anybody.get(first)
    assert ended.status_code == 410
    assert "turned off, replaced, or has expired" in ended.get_data(as_text=True)
    assert anybody.get(f"/kit/{'x' * 43}").status_code == 404  # no link ever had this token
    assert anybody.get(second).status_code == 200
    assert second not in client.get(f"{held}/{kit}").text
    client.post(f"{held}/{kit}/take-back-link")
    assert anybody.get(second).status_code == 410


def test_link_is_gone_without_access_or_permission(client, app, database, cast, held, carrel):
    kit = _ready(carrel, database, cast)
    client.sign_in(cast.mia.id)
    path, anybody = _link(client, held, kit), app.test_client()
    with database.transaction() as session:
        delivery_kits.forbid(session, cast.organization_id, actor=None, now=NOW)
    assert anybody.get(path).status_code == 410
    _allow(database, cast)
    assert anybody.get(path).status_code == 200
    with database.transaction() as session:
        grant = session.scalars(select(Grant.public_id).where(Grant.pool_id.is_not(None))).one()
        revoke_pool_grant(session, grant, Withdrawal.REVOKED, reason="", actor=None, now=NOW)
    assert anybody.get(path).status_code == 410


def test_file_is_deleted_when_it_expires(client, app, database, cast, held, carrel, clock):
    kit = _ready(carrel, database, cast)
    client.sign_in(cast.mia.id)
    path = _link(client, held, kit)
    with database.read_session() as session:
        key, due = session.execute(
            select(DeliveryKit.file_key, Job.run_at)
            .join(Job, Job.subject == DeliveryKit.public_id)
            .where(Job.kind == DROP)
        ).one()
    assert due == NOW + timedelta(days=14)
    clock.advance(timedelta(days=14))
    assert app.test_client().get(path).status_code == 410
    _see(carrel, DROP)
    assert carrel.storage.stat(key) is None
    with database.read_session() as session:
        assert delivery_kits.find_kit(session, cast.organization_id, kit).state is KitState.GONE
    assert app.test_client().get(path).status_code == 410


def test_withdrawn_kit_loses_its_file_at_once(client, app, database, cast, held, carrel):
    kit = _ready(carrel, database, cast)
    client.sign_in(cast.mia.id)
    path = _link(client, held, kit)
    with database.read_session() as session:
        key = session.scalars(select(DeliveryKit.file_key)).one()
    client.post(f"{held}/{kit}/withdraw")
    assert app.test_client().get(path).status_code == 410
    _see(carrel, DROP)
    assert carrel.storage.stat(key) is None
    assert client.post(held, data={"webinar": _webinar(database, cast)}).status_code == 303


def test_creation_shows_its_progress_and_can_be_stopped(client, database, cast, held, carrel):
    _allow(database, cast)
    kit = _ask(database, cast)
    client.sign_in(cast.mia.id)
    told = client.get(f"{held}/{kit}", headers={"Accept": "application/json"}).json
    assert (told["is_live"], told["percent"], told["state"]) == (True, 0, "In progress")
    client.post(f"{held}/{kit}/stop")
    _see(carrel, MAKE)
    with database.read_session() as session:
        assert session.scalars(select(Job.state).where(Job.kind == MAKE)).one() is JobState.CANCELED
        assert delivery_kits.find_kit(session, cast.organization_id, kit).state is KitState.CANCELED
    assert "Stopped" in client.get(held).text


@pytest.mark.slow
def test_kit_contains_recording_captions_slides_poster_and_license(
    client, app, database, cast, held, carrel, filmed
):
    captions = keep_captions(
        carrel.storage, recording_id=filmed.public_id, language="en", data=CUES
    )
    with database.transaction() as session:
        attach_captions(session, captions, actor=None, now=NOW)
    _allow(database, cast)
    kit = _ask(database, cast)
    _see(carrel, MAKE)
    client.sign_in(cast.mia.id)
    assert "Ready" in client.get(held).text
    data = app.test_client().get(_link(client, held, kit)).data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert all(entry.date_time[0] >= NOW.year for entry in archive.infolist())
        names = archive.namelist()
        text = archive.read("README.txt").decode()
        film = archive.read("recording.mp4")
        assert archive.read("poster.jpg") == b"a picture"
        assert b"Good morning" in archive.read("captions.en.vtt")
    assert len([name for name in names if name.startswith("handouts/")]) == 1
    assert film[4:8] == b"ftyp"
    assert b"tx3g" in film  # captions as a track
    for word in (
        "Reading rooms",
        "Only for the people of Elm County Library",
        "doesn't expire",
        kit,
    ):
        assert word in text
    assert not list((carrel.settings.scratch / "kits").iterdir())


@pytest.mark.slow
def test_kit_says_that_captions_are_missing_and_when_its_license_ends(
    client, app, database, cast, held, carrel, filmed
):
    with database.transaction() as session:
        session.execute(
            update(Grant)
            .where(Grant.pool_id.is_not(None))
            .values(ends_at=NOW + timedelta(days=100), grace_until=None)
        )
    _allow(database, cast)
    kit = _ask(database, cast)
    _see(carrel, MAKE)
    client.sign_in(cast.mia.id)
    data = app.test_client().get(_link(client, held, kit)).data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("README.txt").decode()
        assert b"tx3g" not in archive.read("recording.mp4")
    assert "no captions for this recording" in text
    assert "The license ends on" in text
