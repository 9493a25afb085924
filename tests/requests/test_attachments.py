"""Files that come with a request."""

import io
from pathlib import Path

import pytest
from PIL import Image

from lms.core.errors import Invalid
from lms.requests.attachments import LARGEST_BYTES, keep_file
from media.storage.object_keys import content_type_of
from media.storage.storage_protocol import Storage


def picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(kept, "JPEG")
    return kept.getvalue()


def test_a_file_that_is_too_large_is_refused(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="10 MB"):
        keep_file(storage, b"%PDF-" + b"x" * LARGEST_BYTES, "order.pdf", tmp_path)


def test_a_picture_is_kept_as_what_it_is(storage: Storage, tmp_path: Path) -> None:
    kept = keep_file(storage, picture(), "C:\\scans\\our order.png", tmp_path)
    assert kept.name == "our order.jpeg"
    assert content_type_of(kept.key) == "image/jpeg"
    with storage.open(kept.key) as stream:
        assert stream.read(3) == b"\xff\xd8\xff"  # how a JPEG begins


def test_what_is_neither_is_refused_by_field(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        keep_file(storage, b"MZ", "order.exe", tmp_path)
    assert list(refusal.value.fields) == ["file"]
