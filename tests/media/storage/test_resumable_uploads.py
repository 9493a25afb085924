"""Files uploaded in pieces, to a local disk and to a bucket."""

import errno
import hashlib
import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from media.storage.resumable_uploads import Arriving, NoRoomLeft, NotBegun, OutOfPlace
from media.storage.storage_protocol import open_storage

KEY = "originals/a/talk.mp4"
MIB = 1024 * 1024
GIB = 1024 * MIB
LEAST = 5 * MIB


@pytest.fixture
def local(tmp_path):
    return open_storage((tmp_path / "kept").as_uri()).intake


def test_pieces_become_one_file(storage):
    intake = storage.intake
    pieces = [os.urandom(LEAST), os.urandom(LEAST + MIB), b"the end"]
    arriving, at = intake.begin(KEY, sum(len(piece) for piece in pieces)), 0
    for piece in pieces:
        assert intake.kept(arriving) == at
        at = intake.add(arriving, at, piece)
    assert storage.stat(KEY) is None
    intake.finish(arriving)
    with storage.open(KEY) as stream:
        assert hashlib.file_digest(stream, "sha256").digest() == (
            hashlib.sha256(b"".join(pieces)).digest()
        )
    assert list(intake.unfinished()) == []


def test_finishing_again_is_not_an_error(storage):
    arriving = storage.intake.begin(KEY, 5)
    storage.intake.add(arriving, 0, b"whole")
    storage.intake.finish(arriving)
    storage.intake.finish(arriving)
    assert storage.stat(KEY).size == 5


def test_piece_is_accepted_only_at_the_end(storage):
    arriving = storage.intake.begin(KEY, 2 * LEAST)
    storage.intake.add(arriving, 0, b"x" * LEAST)
    for at in (0, 5, LEAST + 1):
        with pytest.raises(OutOfPlace) as caught:
            storage.intake.add(arriving, at, b"y")
        assert caught.value.kept == LEAST
    assert storage.intake.kept(arriving) == LEAST


def test_incomplete_upload_is_not_stored(storage):
    arriving = storage.intake.begin(KEY, 2 * LEAST)
    storage.intake.add(arriving, 0, b"x" * LEAST)
    with pytest.raises(NotBegun):
        storage.intake.finish(arriving)
    assert storage.stat(KEY) is None
    assert storage.intake.add(arriving, LEAST, b"y" * LEAST) == 2 * LEAST
    storage.intake.finish(arriving)
    assert storage.stat(KEY).size == 2 * LEAST


@pytest.mark.parametrize("late_after", [1, 2, 3])
@pytest.mark.parametrize("late_mib", [6, 11, 12])
def test_part_that_arrives_late_is_neither_lost_nor_duplicated(
    s3_server, monkeypatch, late_after, late_mib
):
    quick, slow = (s3_server.storage(f"late-{late_after}-{late_mib}") for _ in range(2))
    whole = os.urandom(20 * MIB + 5)
    arriving = quick.intake.begin(KEY, len(whole))
    sent, goes_on = threading.Event(), threading.Event()
    put = slow._client.upload_part

    def put_late(**part):
        sent.set()
        assert goes_on.wait(60)
        return put(**part)

    monkeypatch.setattr(slow._client, "upload_part", put_late)
    late = threading.Thread(
        target=slow.intake.add, args=(arriving, 0, whole[: late_mib * MIB]), daemon=True
    )
    late.start()
    assert sent.wait(60)
    at, pieces = 0, 0
    while at < len(whole):
        if pieces == late_after:
            goes_on.set()
            late.join(60)
            at = quick.intake.kept(arriving)
            assert at > 0
        at = quick.intake.add(arriving, at, whole[at : at + 6 * MIB])
        pieces += 1
    quick.intake.finish(arriving)
    with quick.open(KEY) as stream:
        assert stream.read() == whole


def put_parts(intake, arriving, parts_mib):
    """Store parts by number, as earlier versions did."""
    for number, mib in parts_mib.items():
        part = os.urandom(1024) * (mib * 1024)
        intake._client.upload_part(**intake._named(arriving), PartNumber=number, Body=part)


@pytest.mark.parametrize(
    ("size", "parts_mib"),
    [
        (40 * MIB, {1: 6, 2: 5}),
        (40 * MIB, {1: 6, 2: 5, 3: 5, 4: 5, 5: 5, 6: 5, 7: 5}),
        (40 * MIB, {1: 6, 5: 5}),
        (40 * GIB, {1: 16, 2: 16}),
        (40 * GIB, {1: 16, 2: 16, 3: 16}),
        (40 * GIB, {1: 9}),
        (40 * GIB, {1: 8, 2: 9}),
        (40 * GIB, {1: 16, 2: 9, 3: 16}),
    ],
)
def test_upload_with_parts_numbered_by_count_must_start_over(s3_server, size, parts_mib):
    storage = s3_server.storage(f"counted-{size}-{'-'.join(map(str, parts_mib.values()))}")
    intake = storage.intake
    arriving = intake.begin(KEY, size)
    put_parts(intake, arriving, parts_mib)
    for act in (
        lambda: intake.kept(arriving),
        lambda: intake.add(arriving, 8 * MIB, b"c" * 8 * MIB),
        lambda: intake.finish(arriving),
    ):
        with pytest.raises(NotBegun):
            act()
    assert storage.stat(KEY) is None
    intake.discard(arriving)
    assert list(intake.unfinished()) == []


@pytest.mark.parametrize("parts_mib", [{1: 8}, {1: 8, 2: 8, 3: 8}, {1: 16}, {1: 16, 3: 8, 4: 16}])
def test_large_upload_with_parts_numbered_by_position_resumes(s3_server, parts_mib):
    storage = s3_server.storage(f"placed-{'-'.join(map(str, parts_mib.values()))}")
    intake, kept = storage.intake, sum(parts_mib.values()) * MIB
    arriving = intake.begin(KEY, 40 * GIB)
    put_parts(intake, arriving, parts_mib)
    assert intake.kept(arriving) == kept
    assert intake.add(arriving, kept, b"c" * 8 * MIB) == kept + 8 * MIB
    assert intake.kept(arriving) == kept + 8 * MIB
    intake.discard(arriving)


def test_discarded_upload_is_gone_and_can_be_discarded_again(storage):
    arriving = storage.intake.begin(KEY, 1)
    storage.intake.add(arriving, 0, b"x")
    storage.intake.discard(arriving)
    storage.intake.discard(arriving)
    for act in (
        lambda: storage.intake.kept(arriving),
        lambda: storage.intake.add(arriving, 1, b"y"),
        lambda: storage.intake.finish(arriving),
    ):
        with pytest.raises(NotBegun):
            act()
    assert list(storage.intake.unfinished()) == []
    assert list(storage.list("")) == []


def test_unfinished_upload_is_listed(storage):
    arriving = storage.intake.begin(KEY, 1)
    (found,) = storage.intake.unfinished()
    assert found.arriving.mark == arriving.mark
    assert abs(found.begun_at - datetime.now(UTC)) < timedelta(minutes=5)
    storage.intake.discard(found.arriving)
    assert list(storage.intake.unfinished()) == []


def test_upload_mark_cannot_point_outside_the_storage(local):
    with pytest.raises(NotBegun):
        local.kept(Arriving(KEY, "../../secret"))


def test_full_disk_leaves_earlier_pieces_unchanged(local, monkeypatch):
    arriving = local.begin(KEY, 10)
    local.add(arriving, 0, b"kept")
    written = os.pwrite

    def fill_up(descriptor, data, at):
        if at > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(descriptor, bytes(data)[:2], at)

    monkeypatch.setattr(os, "pwrite", fill_up)
    with pytest.raises(NoRoomLeft):
        local.add(arriving, 4, b"more")
    assert local.kept(arriving) == 4


def test_files_up_to_100_gib_fit_into_the_parts_that_s3_allows(s3_server):
    storage = s3_server.storage("house")
    for size in (20 * 10**9, 100 * 2**30):
        assert size / storage.intake.least_bytes(size) < 10_000
