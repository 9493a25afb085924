"""Attached files, such as a purchase order."""

import io
from pathlib import Path

import pytest
from PIL import Image

from lms.core.attached_files import LARGEST_BYTES, keep_file, keep_pdf
from lms.core.errors import Invalid
from media.storage.object_keys import content_type_of
from media.storage.storage_protocol import Storage
from tests.handouts.document_builder import pdf


def picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(kept, "JPEG")
    return kept.getvalue()


def test_file_that_is_too_large_is_refused(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="10 MB"):
        keep_file(storage, b"%PDF-" + b"x" * LARGEST_BYTES, "order.pdf", tmp_path, folder="orders")


def test_image_is_stored_under_its_actual_type(storage: Storage, tmp_path: Path) -> None:
    kept = keep_file(storage, picture(), "C:\\scans\\our order.png", tmp_path, folder="orders")
    assert kept.name == "our order.jpeg"
    assert content_type_of(kept.key) == "image/jpeg"
    with storage.open(kept.key) as stream:
        assert stream.read(3) == b"\xff\xd8\xff"  # how a JPEG begins


def test_file_of_another_type_is_refused_by_field(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        keep_file(storage, b"MZ", "order.exe", tmp_path, folder="orders")
    assert list(refusal.value.fields) == ["file"]


def test_pdf_is_stored_in_the_given_folder(storage: Storage, tmp_path: Path) -> None:
    kept = keep_pdf(storage, pdf(), "Form W-9.pdf", tmp_path, folder="vendor-documents")
    assert kept.name == "Form W-9.pdf"
    assert kept.key.startswith("vendor-documents/")
    assert content_type_of(kept.key) == "application/pdf"
    assert storage.stat(kept.key) is not None


def test_image_is_refused_where_a_pdf_is_required(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        keep_pdf(storage, picture(), "W-9.jpg", tmp_path, folder="vendor-documents")
    assert list(refusal.value.fields) == ["file"]
