"""carrel media check: finds missing, damaged, and unknown files."""

import gc
import hashlib
import os
import tracemalloc
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import String

from lms.core.clock import now
from lms.core.model_base import Base, new_public_id
from lms.housekeeping.storage_audit import NAMES, Wrong, remove_orphans, take_inventory
from lms.jobs.queue import enqueue
from lms.models.catalog import Webinar
from lms.models.jobs import Lane
from lms.models.recordings import Recording
from lms.recordings.encode_job import SWEEP
from tests.factories import make_handout
from tests.servers.process import free_port

FILM = b"the bytes of a film" * 1000
MASTER = b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",URI="audio.m3u8"\nhigh.m3u8\n'
VARIANT = """#EXTM3U
#EXT-X-MAP:URI="{0}.mp4",BYTERANGE="100@0"
#EXTINF:6.0,
#EXT-X-BYTERANGE:400@100
{0}.mp4
#EXT-X-ENDLIST
"""


@pytest.fixture(params=["local", "s3"])
def storage(request, carrel):
    if request.param == "local":
        return carrel.storage
    server = request.getfixturevalue("s3_server")
    return server.storage(f"check/{new_public_id()}")


@pytest.fixture
def names(database, cast, storage):
    """A library without faults; returns the keys of its files."""
    with database.transaction() as session:
        recording = session.get_one(Recording, cast.recording_id)
        recording.original_key = f"originals/{recording.public_id}/talk.mp4"
        recording.size_bytes = len(FILM)
        recording.sha256 = hashlib.sha256(FILM).hexdigest()
        handout = make_handout(session, session.get_one(Webinar, cast.webinar_id))
        handout.key = f"handouts/{handout.public_id}/slides.pdf"
        handout.preview_key = f"handouts/{handout.public_id}/page-1.jpg"
        handout.size_bytes, handout.sha256 = len(FILM), recording.sha256
        run = f"renditions/{recording.public_id}/{recording.run}"
        keys = {"original": recording.original_key, "handout": handout.key, "run": run}
        files = {
            recording.original_key: FILM,
            handout.key: FILM,
            handout.preview_key: b"a picture",
            f"{run}/master.m3u8": MASTER,
            f"{run}/poster.jpg": b"a picture",
        }
    for name in ("high", "audio"):
        files[f"{run}/{name}.m3u8"] = VARIANT.format(name).encode()
        files[f"{run}/{name}.mp4"] = bytes(500)
    for key, data in files.items():
        storage.put_bytes(key, data, "application/octet-stream")
    return keys


def taken(database, storage, *, deep=False, at=None):
    return take_inventory(database, storage, now=at or now(), deep=deep)


def test_library_without_faults_reports_nothing(database, storage, names):
    found = taken(database, storage, deep=True)
    assert (found.fault_count, found.orphan_count) == (0, 0)
    assert (found.named, found.stored) == (4, 9)


@pytest.mark.parametrize(
    ("name", "data", "deep", "wrong"),
    [
        ("{original}", None, False, Wrong.MISSING),
        ("{original}", b"short", False, Wrong.SIZE),
        ("{handout}", FILM[:-1] + b"x", True, Wrong.CHECKSUM),
        ("{run}/master.m3u8", None, False, Wrong.MISSING),
        ("{run}/high.m3u8", None, False, Wrong.MISSING),
        ("{run}/high.m3u8", b"#EXTM3U\n", False, Wrong.PLAYLIST),
        ("{run}/audio.mp4", None, False, Wrong.MISSING),
        ("{run}/high.mp4", bytes(499), False, Wrong.SIZE),
    ],
)
def test_missing_and_damaged_files_are_reported(database, storage, names, name, data, deep, wrong):
    key = name.format(**names)
    storage.delete(key) if data is None else storage.put_bytes(key, data, "x/y")
    found = taken(database, storage, deep=deep)
    assert [fault.wrong for fault in found.faults] == [wrong]


def test_altered_byte_is_found_only_by_a_deep_check(database, storage, names):
    storage.put_bytes(names["original"], FILM[:-1] + b"x", "x/y")
    assert taken(database, storage).fault_count == 0
    assert taken(database, storage, deep=True).fault_count == 1


def test_orphan_is_listed_and_removed_when_it_is_a_day_old(database, storage, names):
    strays = {
        "originals/00000000000000000000000000/talk.mp4",
        names["run"].rpartition("/")[0] + "/another-run/high.mp4",
        names["run"].rpartition("/")[0] + "/captions/none.vtt",
        "handouts/none/slides.pdf",
        "somewhere/else",
    }
    for key in strays:
        storage.put_bytes(key, b"stray", "x/y")
    young = taken(database, storage)
    assert {orphan.key for orphan in young.orphans} == strays
    assert young.orphan_bytes == 5 * len(strays)
    assert remove_orphans(database, storage, young.orphans) == ()
    old = taken(database, storage, at=now() + timedelta(days=2))
    assert {orphan.key for orphan in remove_orphans(database, storage, old.orphans)} == strays
    assert taken(database, storage, deep=True).orphan_count == 0
    assert taken(database, storage, deep=True).fault_count == 0


def test_file_that_a_row_names_meanwhile_is_not_removed(database, storage, names, cast):
    storage.put_bytes("originals/new/talk.mp4", FILM, "x/y")
    found = taken(database, storage, at=now() + timedelta(days=2))
    with database.transaction() as session:
        session.get_one(Recording, cast.recording_id).original_key = "originals/new/talk.mp4"
    assert remove_orphans(database, storage, found.orphans) == ()
    assert storage.stat("originals/new/talk.mp4") is not None


def test_run_that_is_being_encoded_or_still_watched_is_no_orphan(database, storage, names, cast):
    recording_id = names["run"].split("/")[1]
    storage.put_bytes(f"renditions/{recording_id}/replaced/high.mp4", b"x", "x/y")
    with database.transaction() as session:
        enqueue(
            session,
            kind=SWEEP,
            lane=Lane.MEDIA,
            subject=recording_id,
            payload={"run": "replaced"},
            now=now(),
        )
    assert taken(database, storage).orphan_count == 0
    storage.put_bytes(f"renditions/{recording_id}/fresh/high.mp4", b"x", "x/y")
    assert taken(database, storage).orphan_count == 1
    with database.transaction() as session:
        enqueue(
            session,
            kind="recording.encode",
            lane=Lane.MEDIA,
            subject=recording_id,
            payload={},
            now=now(),
        )
    assert taken(database, storage).orphan_count == 0


def test_memory_does_not_grow_with_the_library(database, carrel, cast):
    def peak_bytes(files):
        # Statements are cycles: the uncollected garbage depends on what else is in this process.
        gc.freeze()
        tracemalloc.start()
        found = take_inventory(
            database, carrel.storage, now=now(), deep=False, tell=lambda _so_far: gc.collect()
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        gc.unfreeze()
        assert (found.orphan_count, len(found.orphans)) == (files, 1000)
        return peak

    def least_with(files):
        """Return the least of three peaks, since other threads of this process are counted too."""
        for number in range(files):
            carrel.storage.put_bytes(f"handouts/{number // 200}/{number}.pdf", b"x", "x/y")
        return min(peak_bytes(files) for _ in range(3))

    small, large = least_with(1400), least_with(4200)
    assert large - small < 60 * (4200 - 1400)  # a stored key takes at least 80 bytes


def test_every_column_that_can_name_a_file_is_checked():
    """A new column is added to NAMES, or here if it names no file."""
    others = {"email_key", "idempotency_key", "recipient_key", "recovery_key", "unique_key"}
    columns = {
        column.name
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("key") and isinstance(column.type, String)
    }
    assert columns - others <= set(NAMES)


class TestTheCommand:
    def test_library_without_faults_exits_with_0(self, carrel_command, database, carrel, cast):
        with database.transaction() as session:
            session.delete(session.get_one(Recording, cast.recording_id))
        ran = carrel_command("media", "check")
        assert ran.code == 0
        assert "no unknown files" in ran.out

    def test_faults_exit_with_1_and_advice(self, carrel_command, carrel, cast):
        carrel.storage.put_bytes("handouts/none/a.pdf", b"x", "x/y")
        ran = carrel_command("media", "check", "--deep")
        assert ran.code == 1
        assert "Missing: 2" in ran.out
        assert "backup" in ran.out
        assert "handouts/none/a.pdf" in ran.out
        assert "--remove-orphans" in ran.out

    def test_json_is_one_object(self, carrel_command, carrel, cast):
        carrel.storage.put_bytes("handouts/none/a.pdf", b"x", "x/y")
        ran = carrel_command("media", "check", "--json")
        assert ran.code == 1
        assert ran.answer["fault_count"] == 2
        assert ran.answer["orphans"][0]["key"] == "handouts/none/a.pdf"
        assert ran.answer["orphans"][0]["is_young"] is True

    def test_deleting_without_a_yes_is_refused_with_json(self, carrel_command, cast):
        assert carrel_command("media", "check", "--remove-orphans", "--json").code == 2

    def test_old_orphans_are_removed_with_yes_and_young_ones_stay(
        self, carrel_command, settings, cast
    ):
        files = Path(urlsplit(settings.storage_url).path)
        for name in ("old", "young"):
            (files / "handouts").mkdir(parents=True, exist_ok=True)
            (files / f"handouts/{name}.pdf").write_bytes(b"x")
        yesterday = (now() - timedelta(days=2)).timestamp()
        os.utime(files / "handouts/old.pdf", (yesterday, yesterday))
        ran = carrel_command("media", "check", "--remove-orphans", "--yes")
        assert "1 deleted" in ran.out
        assert not (files / "handouts/old.pdf").exists()
        assert (files / "handouts/young.pdf").exists()

    def test_cors_of_a_directory_is_refused(self, carrel_command):
        assert carrel_command("media", "cors", "--json").complaint["code"] == "no_bucket"

    def test_unreachable_bucket_is_reported_without_a_traceback(self, carrel_command, monkeypatch):
        for name, value in {
            "STORAGE": "s3://nowhere",
            "S3_ENDPOINT": f"http://127.0.0.1:{free_port()}",
            "S3_ACCESS_KEY": "a",
            "S3_SECRET_KEY": "b",
        }.items():
            monkeypatch.setenv(f"CARREL_{name}", value)
        for command in (("media", "cors"), ("media", "check")):
            ran = carrel_command(*command, "--json")
            assert (ran.code, ran.complaint["code"]) == (4, "unavailable")
        assert "Traceback" not in ran.err

    def test_cors_lets_our_pages_read_the_bucket(
        self, carrel_command, s3_bucket, monkeypatch, settings
    ):
        for name, value in {
            "STORAGE": s3_bucket.url("cors"),
            "S3_ENDPOINT": s3_bucket.endpoint,
            "S3_ACCESS_KEY": s3_bucket.access_key,
            "S3_SECRET_KEY": s3_bucket.secret_key,
            "DELIVERY": "redirect",
        }.items():
            monkeypatch.setenv(f"CARREL_{name}", value)
        bucket = s3_bucket.storage("cors")
        bucket.put_bytes("handouts/any/a.pdf", b"x", "application/pdf")  # creates the bucket
        for _ in range(2):
            assert carrel_command("media", "cors").code == 0
        rules = bucket._client.get_bucket_cors(Bucket=s3_bucket.bucket)["CORSRules"]
        assert [rule["AllowedOrigins"] for rule in rules] == [[settings.base_url]]
