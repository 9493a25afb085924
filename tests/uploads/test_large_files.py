"""Files over 4 GiB, through every layer; a sparse file's hole stands for unwritten parts."""

import hashlib
import math
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.models.jobs import Job, Lane
from lms.models.recordings import Recording
from lms.models.uploads import Upload
from lms.uploads.uploads import LARGEST_BYTES, SETTLE
from media.storage.resumable_uploads import PIECE_BYTES
from media.storage.resumable_uploads_local import LocalIntake
from media.storage.resumable_uploads_s3 import LEAST_PART, MOST_PARTS
from tests.uploads.test_tus import settle
from tests.uploads.tus_client import BEGIN, MIB, TUS, Sender, film

GIB = 2**30
TWENTY = 20 * GIB
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the disk seem to have room for anything."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(2**50, 0, 2**50))


def hole(carrel: Carrel, address: str, size: int) -> None:
    """Let the given number of bytes of an upload exist, as zeros after the start of an MP4."""
    upload_id = address.rpartition("/")[2]
    with carrel.database.read_session() as session:
        mark = session.scalars(select(Upload.mark).where(Upload.public_id == upload_id)).one()
    intake = carrel.storage.intake
    assert isinstance(intake, LocalIntake)
    path = Path(intake._folder, mark)
    path.write_bytes(BEGIN)
    os.truncate(path, size)


@pytest.mark.usefixtures("roomy")
def test_upload_of_20_gib_starts_and_shows_its_size(ada: Sender, carrel: Carrel) -> None:
    address = ada.begin(TWENTY)
    answer = ada.head(address)
    assert (answer.headers["Upload-Length"], answer.headers["Upload-Offset"]) == (str(TWENTY), "0")
    shown = ada.visitor.get(address).json
    assert shown is not None
    assert (shown["size_bytes"], shown["kept_bytes"]) == (TWENTY, 0)
    with carrel.database.read_session() as session:
        assert session.scalars(select(Upload.size_bytes)).one() == TWENTY
    assert ada.delete(address).status_code == 204


def test_space_is_checked_for_all_unfinished_uploads(
    ada: Sender, monkeypatch: pytest.MonkeyPatch, carrel: Carrel
) -> None:
    def free(size: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(size, 0, size))

    free(TWENTY)
    assert ada.create(TWENTY).status_code == 507
    free(TWENTY + GIB)
    assert ada.create(TWENTY).status_code == 201
    if carrel.storage.intake.free_bytes() is not None:  # a bucket has unlimited space
        assert ada.create(TWENTY, "Another.mp4").status_code == 507
    free(2 * TWENTY + GIB)
    assert ada.create(TWENTY, "Another.mp4").status_code == 201


@pytest.mark.usefixtures("roomy")
def test_piece_past_4_gib_is_written_at_its_offset(ada: Sender, carrel: Carrel) -> None:
    if carrel.storage.intake.free_bytes() is None:
        pytest.skip("a bucket has no sparse files")
    at, piece = 17 * GIB + 5, b"the end of a long evening"
    address = ada.begin(at + len(piece) + 1)
    hole(carrel, address, at)
    assert ada.at(address) == at
    assert ada.patch(address, at % 2**32, piece).status_code == 409
    answer = ada.patch(address, at, piece)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(at + len(piece)))
    assert ada.patch(address, at + len(piece), b"xy").status_code == 413
    assert ada.delete(address).status_code == 204


@pytest.mark.slow
@pytest.mark.usefixtures("roomy")
def test_file_over_4_gib_is_stored_and_its_last_range_is_served(
    ada: Sender, carrel: Carrel
) -> None:
    if carrel.storage.intake.free_bytes() is None:
        pytest.skip("a bucket has no sparse files")
    at, end = 4 * GIB + 7, b"the end"
    address = ada.begin(at + len(end))
    hole(carrel, address, at)
    assert ada.patch(address, at, end).status_code == 204
    settle(carrel)
    with carrel.database.read_session() as session:
        made = session.scalars(select(Recording).where(Recording.number == 2)).one()
    assert made.size_bytes == at + len(end)
    expected, zeros = hashlib.sha256(BEGIN), bytes(MIB)
    left = at - len(BEGIN)
    while left:
        expected.update(zeros[:left])
        left -= min(left, MIB)
    expected.update(end)
    assert made.sha256 == expected.hexdigest()
    with carrel.storage.open(made.original_key, at, len(end)) as stored:
        assert stored.read() == end
    answer = ada.visitor.get(
        f"/staff/recordings/{made.public_id}/original", headers={"Range": f"bytes={at}-"}
    )
    assert (answer.status_code, answer.data) == (206, end)
    assert answer.headers["Content-Range"] == f"bytes {at}-{at + 6}/{at + 7}"


@pytest.mark.parametrize("size", [1, 4 * GIB + 1, TWENTY, 64 * GIB, 64 * GIB + 1, LARGEST_BYTES])
def test_bucket_gets_no_more_parts_than_it_allows(ada: Sender, carrel: Carrel, size: int) -> None:
    least = carrel.storage.intake.least_bytes(size)
    sent = (16 if size > 64 * GIB else 8) * MIB  # as recordings/upload_transfer.js splits it
    assert least <= sent <= PIECE_BYTES
    if carrel.storage.intake.free_bytes() is None:
        assert least >= LEAST_PART
        assert math.ceil(size / least) <= MOST_PARTS


def test_file_over_the_size_limit_is_refused(ada: Sender) -> None:
    answer = ada.create(LARGEST_BYTES + 1)
    assert answer.status_code == 413
    asked = ada.visitor.options(f"/staff/webinars/{ada.slug}/uploads", headers=TUS)
    assert asked.headers["Tus-Max-Size"] == str(LARGEST_BYTES)


def test_uploaded_files_are_processed_in_the_files_lane(ada: Sender, carrel: Carrel) -> None:
    ada.send(film(1000))
    with carrel.database.read_session() as session:
        lanes = session.scalars(select(Job.lane).where(Job.kind == SETTLE)).all()
    assert lanes == [Lane.FILES]
