import io
import os
import tempfile
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from media.storage.object_keys import checked_key, content_type_of, new_key_id, own_name, safe_name
from media.storage.storage_protocol import BadKey, Missing, StorageAway, open_storage
from tests.servers.breakable_proxy import breaking_line_to


def content(storage, key):
    with storage.open(key) as stream:
        return stream.read()


class TestStorage:
    def test_stored_bytes_are_read_back(self, storage):
        storage.put_bytes("renditions/a/captions/en.vtt", b"WEBVTT", "text/vtt")
        assert content(storage, "renditions/a/captions/en.vtt") == b"WEBVTT"

    def test_put_file_copies_and_leaves_the_source(self, storage, tmp_path):
        source = tmp_path / "talk.mp4"
        source.write_bytes(b"abc" * 700_000)
        storage.put_file("originals/a/talk.mp4", source, "video/mp4")
        assert content(storage, "originals/a/talk.mp4") == source.read_bytes()

    def test_take_file_removes_the_source(self, storage, tmp_path):
        source = tmp_path / "high.mp4"
        source.write_bytes(b"abc" * 1000)
        storage.take_file("renditions/a/r/high.mp4", source, "video/mp4")
        assert content(storage, "renditions/a/r/high.mp4") == b"abc" * 1000
        assert not source.exists()

    def test_file_on_another_disk_is_taken(self, storage):
        other = Path("/dev/shm")  # noqa: S108  (memory is another disk wherever there is one)
        if not os.access(other, os.W_OK):
            pytest.skip("there is no other disk to take it from")
        with tempfile.NamedTemporaryFile(dir=other, delete=False) as source:
            source.write(b"abc")
        storage.take_file("renditions/a/r/high.mp4", Path(source.name), "video/mp4")
        assert content(storage, "renditions/a/r/high.mp4") == b"abc"
        assert not Path(source.name).exists()

    def test_missing_file_cannot_be_taken(self, storage, tmp_path):
        with pytest.raises(OSError, match="nothing"):
            storage.take_file("a/x", tmp_path / "nothing", "video/mp4")
        assert storage.stat("a/x") is None

    def test_a_file_is_fetched_to_a_local_path(self, storage, tmp_path):
        storage.put_bytes("originals/a/talk.mp4", b"abc" * 1000, "video/mp4")
        storage.fetch("originals/a/talk.mp4", tmp_path / "here.mp4")
        assert (tmp_path / "here.mp4").read_bytes() == b"abc" * 1000

    def test_a_second_write_replaces_the_first(self, storage):
        storage.put_bytes("house/logo.png", b"old and longer", "image/png")
        storage.put_bytes("house/logo.png", b"new", "image/png")
        assert content(storage, "house/logo.png") == b"new"

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (3, 4, b"3456"),
            (0, 1, b"0"),
            (8, 100, b"89"),
            (3, 0, b""),
            (10, None, b""),
            (50, 5, b""),
        ],
    )
    def test_a_range_is_read(self, storage, start, length, expected):
        storage.put_bytes("a/digits", b"0123456789", "text/plain")
        with storage.open("a/digits", start, length) as stream:
            assert stream.read() == expected

    def test_a_range_is_read_in_pieces(self, storage):
        storage.put_bytes("a/digits", b"0123456789", "text/plain")
        with storage.open("a/digits", 2, 5) as stream:
            assert [stream.read(3), stream.read(3), stream.read(3)] == [b"234", b"56", b""]

    def test_empty_file_is_stored(self, storage):
        storage.put_bytes("a/empty", b"", "text/plain")
        assert storage.stat("a/empty").size == 0
        assert content(storage, "a/empty") == b""

    def test_unknown_key_is_missing(self, storage, tmp_path):
        assert storage.stat("a/nothing") is None
        with pytest.raises(Missing):
            storage.open("a/nothing")
        with pytest.raises(Missing):
            storage.open("a/nothing", 3, 0)
        with pytest.raises(Missing):
            storage.fetch("a/nothing", tmp_path / "x")

    def test_folder_is_not_a_file(self, storage):
        storage.put_bytes("a/b/c", b"x", "text/plain")
        assert storage.stat("a/b") is None
        with pytest.raises(Missing):
            storage.open("a/b")

    def test_key_below_a_file_is_missing(self, storage):
        storage.put_bytes("a/b", b"x", "text/plain")
        assert storage.stat("a/b/c") is None
        with pytest.raises(Missing):
            storage.open("a/b/c")
        storage.delete("a/b/c")
        assert list(storage.list("a/b/")) == []

    def test_stat_returns_size_and_time(self, storage):
        storage.put_bytes("renditions/a/r/master.m3u8", b"#EXTM3U", "application/x-other")
        found = storage.stat("renditions/a/r/master.m3u8")
        assert found.size == 7
        assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=1)

    def test_different_content_has_a_different_etag(self, storage):
        storage.put_bytes("a/x", b"one", "text/plain")
        first = storage.stat("a/x").etag
        storage.put_bytes("a/x", b"three", "text/plain")
        assert first.startswith('"')
        assert first.endswith('"')
        assert first != storage.stat("a/x").etag

    def test_a_deleted_file_is_gone(self, storage):
        storage.put_bytes("a/x", b"one", "text/plain")
        storage.delete("a/x")
        assert storage.stat("a/x") is None

    def test_deleting_an_unknown_key_is_not_an_error(self, storage):
        storage.delete("a/x")

    def test_deleting_one_file_leaves_the_others(self, storage):
        storage.put_bytes("a/b/x", b"one", "text/plain")
        storage.put_bytes("a/b/y", b"two", "text/plain")
        storage.delete("a/b/x")
        assert list(storage.list("a/")) == ["a/b/y"]

    def test_keys_are_listed_by_prefix(self, storage):
        for key in ("r/b/2", "r/b-1/1", "r/b/1", "r/bc/1", "r/a/1", "s/1"):
            storage.put_bytes(key, b"x", "text/plain")
        assert set(storage.list("r/b")) == {"r/b-1/1", "r/b/1", "r/b/2", "r/bc/1"}
        assert set(storage.list("r/b/")) == {"r/b/1", "r/b/2"}
        assert len(list(storage.list(""))) == 6
        assert list(storage.list("t/")) == []

    def test_non_ascii_name_is_stored(self, storage):
        storage.put_bytes("handouts/a/Fünf Folien (2).pdf", b"x", "application/pdf")
        assert list(storage.list("handouts/")) == ["handouts/a/Fünf Folien (2).pdf"]
        assert content(storage, "handouts/a/Fünf Folien (2).pdf") == b"x"

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/..",
            "./a",
            "a//b",
            "a/",
            "a/.hidden",
            ".incoming/x",
            "a\\..\\b",
            "a\x00b",
            "a\nb",
            "a/" + "x" * 256,
            "a/" * 500 + "b",
        ],
    )
    def test_key_outside_the_storage_or_of_a_hidden_file_is_refused(self, storage, key, tmp_path):
        source = tmp_path / "source"
        source.write_bytes(b"x")
        for act in (
            lambda: storage.put_bytes(key, b"x", "text/plain"),
            lambda: storage.put_file(key, source, "text/plain"),
            lambda: storage.take_file(key, source, "text/plain"),
            lambda: storage.open(key),
            lambda: storage.fetch(key, tmp_path / "y"),
            lambda: storage.stat(key),
            lambda: storage.delete(key),
            lambda: storage.local_path(key),
        ):
            with pytest.raises(BadKey):
                act()

    def test_listing_outside_the_storage_is_refused(self, storage):
        with pytest.raises(BadKey):
            list(storage.list("../"))

    def test_failed_write_leaves_the_old_file(self, storage, tmp_path):
        storage.put_bytes("a/x", b"old", "text/plain")
        with pytest.raises((OSError, ValueError)):
            storage.put_file("a/x", tmp_path / "nothing here", "text/plain")
        assert content(storage, "a/x") == b"old"

    def test_reader_never_sees_a_partial_file(self, storage):
        whole = {b"a" * 300_000, b"b" * 300_000}
        storage.put_bytes("a/x", b"a" * 300_000, "text/plain")
        seen = set()

        def read():
            for _ in range(20):
                with storage.open("a/x") as stream:
                    seen.add(stream.read())

        reader = threading.Thread(target=read)
        reader.start()
        while reader.is_alive():
            for content in whole:
                storage.put_bytes("a/x", content, "text/plain")
        reader.join()
        assert seen <= whole


class TestLocalStorage:
    def test_nothing_is_left_over_after_a_failed_write(self, tmp_path):
        class Breaking(io.RawIOBase):
            def readinto(self, buffer):
                raise OSError("the disk went away")

            def readable(self):
                return True

        storage = open_storage(tmp_path.as_uri())
        with pytest.raises(OSError, match="went away"):
            storage._write("a/x", Breaking())
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_write_during_a_delete_in_the_same_folder_is_not_lost(self, tmp_path):
        storage = open_storage(tmp_path.as_uri())

        def tidy():
            for _ in range(100):
                storage.put_bytes("a/b/old", b"x", "text/plain")
                storage.delete("a/b/old")

        tidying = threading.Thread(target=tidy)
        tidying.start()
        number = 0
        while tidying.is_alive():
            number += 1
            storage.put_bytes(f"a/b/{number}", b"x", "text/plain")
            assert content(storage, f"a/b/{number}") == b"x"
            storage.delete(f"a/b/{number}")
        tidying.join()

    def test_emptied_folders_are_removed(self, tmp_path):
        storage = open_storage(tmp_path.as_uri())
        storage.put_bytes("originals/a/b/x", b"x", "text/plain")
        storage.delete("originals/a/b/x")
        assert [path.name for path in tmp_path.iterdir()] == [".incoming"]

    def test_local_path_of_a_file_is_returned(self, tmp_path):
        storage = open_storage(tmp_path.as_uri())
        storage.put_bytes("originals/a/x", b"x", "text/plain")
        assert storage.local_path("originals/a/x").read_bytes() == b"x"

    def test_a_directory_with_spaces_in_its_name_is_found(self, tmp_path):
        open_storage((tmp_path / "my files").as_uri()).put_bytes("a/x", b"x", "text/plain")
        assert (tmp_path / "my files" / "a" / "x").read_bytes() == b"x"


class TestS3Storage:
    def test_the_object_carries_its_content_type(self, s3_server):
        storage = s3_server.storage("typed")
        storage.put_bytes("a/x.vtt", b"WEBVTT", "text/vtt; charset=utf-8")
        found = storage._client.head_object(
            Bucket=s3_server.bucket, Key=f"{s3_server.prefix}typed/a/x.vtt"
        )
        assert found["ContentType"] == "text/vtt; charset=utf-8"

    def test_wrong_secret_is_not_reported_as_a_missing_file(self, s3_server):
        storage = open_storage(
            s3_server.url("typed"),
            endpoint=s3_server.endpoint,
            access_key=s3_server.access_key,
            secret_key="another secret",
        )
        for act in (
            lambda: storage.stat("a/x"),
            lambda: storage.open("a/x"),
        ):
            with pytest.raises(StorageAway):
                act()

    def test_server_that_dies_during_a_read_is_reported_as_unavailable(self, s3_server):
        s3_server.storage("cut").put_bytes("a/x", bytes(8 << 20), "text/plain")
        with breaking_line_to(s3_server.endpoint) as line:
            storage = replace(s3_server, endpoint=line.url).storage("cut")
            with storage.open("a/x") as body:
                assert body.read(10) == bytes(10)
                line.die()
                with pytest.raises(StorageAway):
                    b"".join(iter(lambda: body.read(1 << 16), b""))

    def test_bucket_has_no_local_path(self):
        assert open_storage("s3://bucket/prefix").local_path("a/x") is None


@pytest.mark.parametrize(
    "url", ["", "/srv/media", "http://host/x", "file://elsewhere/x", "s3://", "file:"]
)
def test_address_of_another_kind_is_refused(url):
    with pytest.raises(ValueError, match="storage is"):
        open_storage(url)


def test_new_ids_are_26_lower_case_letters_and_digits_and_differ():
    made = {new_key_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(each) == 26 and checked_key(each) for each in made)
    assert set("".join(made)) == set("0123456789abcdefghjkmnpqrstvwxyz")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Zoom_0.MP4", "Zoom_0.mp4"),
        ("C:\\Users\\ada\\My talk.mov", "My-talk.mov"),
        ("../../etc/passwd", "passwd"),
        ("...", "file"),
        ("", "file"),
        ("été à la plage.webm", "ete-a-la-plage.webm"),
        ("講義.mp4", "mp4"),
        ("x" * 500 + ".mkv", "x" * 200 + ".mkv"),
    ],
)
def test_uploaded_file_name_becomes_safe(name, safe):
    assert safe_name(name) == safe
    assert checked_key(f"originals/{safe}")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('\u200fהרצאה "א".mp4', 'הרצאה "א".mp4'),
        ("it's \u202egpj.4pm.mp4", "it's gpj.4pm.mp4"),
        ("👩\u200d💻 talk.mp4", "👩\u200d💻 talk.mp4"),
        ("two\nlines\u2028.mp4", "two lines .mp4"),
        ("half \ud83d of a pair.mp4", "half  of a pair.mp4"),
        ("....mp4", "....mp4"),
        ("C:\\films\\talk.mp4", "talk.mp4"),
        ("\u200f", ""),
    ],
)
def test_file_name_is_shown_without_invisible_characters(name, shown):
    assert own_name(name) == shown
    assert checked_key(f"originals/{safe_name(name)}")


def test_content_type_depends_on_the_file_extension():
    assert content_type_of("a/b.exe") == "application/octet-stream"
    assert content_type_of("a/b.MP4") == "video/mp4"


def test_directory_that_cannot_be_created_is_named(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(StorageAway, match=f"{tmp_path}/file/backup can't be written to"):
        open_storage(f"file://{tmp_path}/file/backup").prepare()


def test_reading_creates_no_directory_and_listing_a_missing_one_fails(tmp_path):
    place = tmp_path / "mistyped"
    storage = open_storage(place.as_uri())
    with pytest.raises(StorageAway, match=f"There is no directory {place}"):
        list(storage.list(""))
    assert storage.stat("a/x") is None
    with pytest.raises(Missing):
        storage.open("a/x")
    storage.delete("a/x")
    assert not place.exists()


def test_reading_leaves_a_directory_unchanged(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x").write_bytes(b"x")
    storage = open_storage(tmp_path.as_uri())
    assert list(storage.list("")) == ["a/x"]
    assert content(storage, "a/x") == b"x"
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
