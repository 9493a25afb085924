"""A stamped copy has its owner's name at the foot of every page; the original isn't changed."""

import hashlib
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageChops

from media.documents.pdf_stamp import NotStamped, stamp
from tests.handouts.document_builder import pdf

BOX = (612, 792)


def drawn(path: Path, number: int = 0) -> Image.Image:
    with pypdfium2.PdfDocument(path) as document:
        return document[number].render(scale=2).to_pil().convert("L")


def changed(before: Path, after: Path, number: int = 0) -> tuple[int, int, int, int] | None:
    """Return the box in which two pages differ, in pixels at twice their size."""
    return ImageChops.difference(drawn(before, number), drawn(after, number)).getbbox()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "slides.pdf"
    path.write_bytes(pdf(pages=3, texts=("Media literacy", "", "A shelf")))
    return path


def test_stamp_is_only_at_the_foot_of_every_page(source: Path, tmp_path: Path) -> None:
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    stamp(source, tmp_path / "out.pdf", "Copy of Alice Example, 2 March 2026")
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before
    for number in range(3):
        box = changed(source, tmp_path / "out.pdf", number)
        assert box is not None
        assert box[1] > 2 * BOX[1] - 50
        assert box[2] - box[0] > 150
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as made:
        assert "Media literacy" in made[0].get_textpage().get_text_bounded()


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_rotated_page_is_stamped_at_the_foot_as_shown(tmp_path: Path, turned: int) -> None:
    source = tmp_path / "slides.pdf"
    source.write_bytes(pdf(page=f"/Rotate {turned}"))
    stamp(source, tmp_path / "out.pdf", "Copy of Alice Example, 2 March 2026")
    box, high = changed(source, tmp_path / "out.pdf"), drawn(source).height
    assert box is not None
    assert box[1] > high - 50
    assert box[2] - box[0] > 5 * (box[3] - box[1])  # the text runs horizontally
    assert box[0] < 60


@pytest.mark.parametrize(
    "name", ["Ольга Иванова", "محمد الأمين", "李小龍", "प्रिया शर्मा", "a" * 500]
)
def test_name_in_any_script_is_stamped(source: Path, tmp_path: Path, name: str) -> None:
    stamp(source, tmp_path / "out.pdf", f"Copy of {name}")
    box = changed(source, tmp_path / "out.pdf")
    assert box is not None
    assert box[2] <= 2 * BOX[0]


@pytest.mark.parametrize("size", [(20, 20), (5000, 3000)])
def test_stamp_fits_on_small_and_large_pages(tmp_path: Path, size: tuple[int, int]) -> None:
    source = tmp_path / "slides.pdf"
    source.write_bytes(pdf(size=size))
    stamp(source, tmp_path / "out.pdf", "Copy of Alice Example, 2 March 2026")
    box = changed(source, tmp_path / "out.pdf")
    assert box is not None
    assert box[2] <= 2 * size[0]


def test_write_protected_pdf_is_stamped(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "owned.pdf"
    with pikepdf.open(source) as made:
        made.save(path, encryption=pikepdf.Encryption(owner="secret", user=""))
    stamp(path, tmp_path / "out.pdf", "Copy of Alice Example")
    assert changed(path, tmp_path / "out.pdf") is not None


def test_broken_pdf_is_not_stamped(tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    with pytest.raises(NotStamped):
        stamp(path, tmp_path / "out.pdf", "Copy of Alice")
    assert list(tmp_path.glob("*.png")) == []
