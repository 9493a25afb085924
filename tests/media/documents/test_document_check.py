import json
import re
import zipfile

import pikepdf
import pytest
from PIL import Image

from media.documents import (
    archive_check_process,
    office_reader_process,
    pdf_cleaner_process,
    pdf_reader_process,
)
from media.documents.document_check import (
    BROKEN,
    EMPTY,
    FAULTS,
    LARGEST_BYTES,
    LOCKED,
    TOO_LARGE,
    UnusableDocument,
    check_document,
    first_page,
)
from media.documents.document_pages import words_of_office
from media.files.file_types import NO_HANDOUT, ZIP, DocumentKind
from tests.handouts.document_builder import docx, links, locked, pdf, pptx, script_in_packed_objects
from tests.handouts.document_cases import ODD, taken

# What is quick to make, and what the first check doesn't refuse.
HEAVY = ("GB", "MB", "10,000", "25,000", "share", "lies", "200,000")
FIRST = ("0 bytes", "called PDF", "mark", "cut in half", "without pages", "ring", "old or locked")
LIGHT = [
    odd
    for odd in ODD
    if not any(word in odd.name for word in (*HEAVY, *FIRST)) and ", 3 pages" not in odd.outcome
]


@pytest.fixture
def kept(tmp_path):
    def keep(data, name="slides.pdf"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return keep


@pytest.fixture
def check(tmp_path):
    return lambda path: check_document(path, tmp_path / "clean")


@pytest.fixture
def refusal(check):
    def refused(path):
        with pytest.raises(UnusableDocument) as caught:
            check(path)
        return caught.value.sentence

    return refused


def test_pages_and_title_of_a_pdf_are_read(kept, check):
    path = kept(pdf(title="  Media literacy\t2026 ", pages=3))
    found = check(path)
    assert (found.kind, found.pages, found.title) == (DocumentKind.PDF, 3, "Media literacy 2026")
    assert (found.path, found.taken_out) == (path, ())


def test_a_pdf_without_title_has_none(kept, check):
    assert check(kept(pdf())).title == ""


def test_slides_and_title_of_a_presentation_are_read(kept, check):
    found = check(kept(pptx("One", "Two", title="Media literacy"), "slides.bin"))
    assert (found.kind, found.pages, found.title) == (DocumentKind.PPTX, 2, "Media literacy")


def test_default_title_of_a_presentation_is_ignored(kept, check):
    assert check(kept(pptx("One", title="PowerPoint Presentation"))).title == ""


def test_word_document_has_no_page_count(kept, check):
    found = check(kept(docx("Hello")))
    assert (found.kind, found.pages, found.title) == (DocumentKind.DOCX, 0, "")


def test_an_empty_file_is_refused(kept, refusal):
    assert refusal(kept(b"")) == EMPTY


def test_file_that_is_too_large_is_refused(tmp_path, refusal):
    path = tmp_path / "vast.pdf"
    with path.open("wb") as stream:
        stream.truncate(LARGEST_BYTES + 1)
    assert refusal(path) == TOO_LARGE


@pytest.mark.parametrize("data", [b"Dear all", b"PK\x05\x06", b"<html>%pdf</html>"])
def test_file_of_another_kind_is_refused(kept, refusal, data):
    assert refusal(kept(data)) == NO_HANDOUT


def test_a_broken_pdf_is_refused(kept, refusal):
    assert refusal(kept(b"%PDF-1.7\nnothing more %%EOF")) == BROKEN


def test_scripts_are_removed_and_the_pages_stay(kept, check):
    script = b"<< /S /JavaScript /JS (app.alert(1)) >>"
    path = kept(pdf(script, catalog="/OpenAction 10 0 R", pages=2))
    found = check(path)
    assert (found.pages, found.taken_out) == (2, ("scripts",))
    assert found.path != path
    given = found.path.read_bytes()
    assert (b"JavaScript" in given, b"app.alert" in given) == (False, False)
    assert b"app.alert" in path.read_bytes()


def test_script_in_unreferenced_objects_is_removed(kept, check):
    found = check(kept(script_in_packed_objects()))
    assert found.taken_out == ("scripts",)
    assert not pdf_cleaner_process.has_scripts(found.path.read_bytes())


def test_a_link_to_a_page_and_to_the_web_stays(kept, check):
    web = b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://a.example) >> >>"
    launch = b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /Launch /F (calc.exe) >> >>"
    found = check(kept(pdf(web, launch, page="/Annots [10 0 R 11 0 R]")))
    assert found.taken_out == ("programs",)
    with pikepdf.open(found.path) as made:
        acts = [dict(each.A.items()) for each in made.pages[0].Annots]
    assert [str(act.get("/URI")) for act in acts] == ["https://a.example", "None"]
    assert acts[1] == {}


def test_removing_unsafe_links_of_a_pdf_leaves_the_others(kept, check):
    web, share = (
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (%s) >> >>" % to
        for to in (b"HTTPS://a.example/?q=file://x", b"file://evil.example/share")
    )
    found = check(kept(pdf(web, share, page="/Annots [10 0 R 11 0 R]")))
    assert found.taken_out == ("links",)
    with pikepdf.open(found.path) as made:
        left = [str(each.A.get("/URI")) for each in made.pages[0].Annots]
    assert left == ["HTTPS://a.example/?q=file://x", "None"]
    assert b"evil.example" not in found.path.read_bytes()


def test_removing_unsafe_links_of_a_presentation_leaves_the_rest(kept, check):
    share = links(
        ("x", "hyperlink", "file://evil.example/share", "External"),
        ("y", "hyperlink", "https://a.example/?a=1&amp;b=2", "External"),
        ("z", "slideLayout", "../slideLayouts/slideLayout1.xml"),
    )
    more = {"ppt/slides/_rels/slide1.xml.rels": share, "ppt/media/a.png": bytes(range(256))}
    path = kept(pptx("One", "Two", title="Media literacy", more=more), "slides.pptx")
    found = check(path)
    assert (found.taken_out, found.pages, found.title) == (("links",), 2, "Media literacy")
    assert found.path != path
    with zipfile.ZipFile(path) as sent, zipfile.ZipFile(found.path) as made:
        assert made.testzip() is None
        assert made.namelist() == sent.namelist()
        changed = [name for name in sent.namelist() if sent.read(name) != made.read(name)]
        assert changed == ["ppt/slides/_rels/slide1.xml.rels"]
        relations = made.read(changed[0]).decode()
    assert re.findall(r'Id="(\w)" .*? Target="(.*?)"', relations.replace("/>", "/>\n")) == [
        ("x", "https://link-removed.invalid/"),
        ("y", "https://a.example/?a=1&amp;b=2"),
        ("z", "../slideLayouts/slideLayout1.xml"),
    ]
    again = check(found.path)
    assert (again.taken_out, words_of_office(found.path)) == ((), ("One", "Two"))


def test_archive_that_would_unpack_to_too_much_is_not_unpacked(kept, monkeypatch, capsys):
    monkeypatch.setattr(archive_check_process, "MOST_BYTES", 5000)
    monkeypatch.setattr(archive_check_process, "unpacked", lambda *_: pytest.fail("unpacked"))
    archive_check_process.main(str(kept(pptx("Hello", more={"a.bin": bytes(5001)}))))
    assert json.loads(capsys.readouterr().out) == {"fault": "bomb"}


def test_page_that_mentions_scripts_is_not_changed(kept, check):
    path = kept(pdf(texts=("write /JavaScript and /JS",)))
    assert check(path).path == path


def test_a_locked_pdf_is_refused(kept, refusal):
    assert refusal(kept(locked())) == LOCKED


def test_first_page_becomes_a_picture(kept, tmp_path):
    first_page(kept(pdf()), tmp_path / "page.jpg", 320)
    with Image.open(tmp_path / "page.jpg") as picture:
        assert picture.format == "JPEG"
        assert abs(picture.width - 320) <= 1
        red, _, blue = picture.getpixel((10, 100))
        assert (red > 200, blue < 60) == (True, True)


@pytest.mark.parametrize("size", [(14400, 1), (1, 14400), (14400, 14400), (3, 3)])
def test_page_of_an_odd_size_is_drawn_small(kept, tmp_path, size):
    first_page(kept(pdf(size=size)), tmp_path / "page.jpg", 320)
    with Image.open(tmp_path / "page.jpg") as picture:
        assert picture.width <= 321
        assert picture.height <= 3 * 320 + 1


class TestTheReader:
    """The same steps as in the other process, run in this one."""

    def said(self, capsys, *words):
        pdf_reader_process.main(*map(str, words))
        return json.loads(capsys.readouterr().out or "{}")

    def test_facts_of_a_pdf_are_printed(self, kept, capsys):
        found = self.said(capsys, "check", kept(pdf(title="Slides", pages=2)))
        assert found == {"pages": 2, "title": "Slides"}

    def test_first_page_is_drawn(self, kept, tmp_path, capsys):
        assert self.said(capsys, "picture", kept(pdf()), tmp_path / "page.jpg", 100) == {}
        assert (tmp_path / "page.jpg").exists()

    def test_broken_pdf_is_reported(self, kept, capsys):
        assert self.said(capsys, "check", kept(b"%PDF-1.7\n")) == {"fault": "broken"}

    def test_broken_compression_is_skipped(self):
        head = b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n"
        assert not pdf_cleaner_process.has_scripts(head + b"not packed at all\nendstream")


class TestTheCleanerAndTheOfficeReader:
    """Checks each odd document in this process too, so coverage shows which lines it takes."""

    @pytest.mark.parametrize("odd", LIGHT, ids=lambda odd: odd.name)
    def test_odd_document_has_the_same_outcome_in_this_process(self, odd, tmp_path, capsys):
        path = tmp_path / "sent"
        path.write_bytes(odd.make())
        if path.read_bytes().startswith(ZIP):
            archive_check_process.main(str(path))
            found = json.loads(capsys.readouterr().out)
            if not found:
                office_reader_process.main("check", str(path), str(tmp_path / "clean"))
                found = json.loads(capsys.readouterr().out)
        else:
            pdf_cleaner_process.main(str(path), str(tmp_path / "clean"))
            found = json.loads(capsys.readouterr().out)
        said = FAULTS.get(found.get("fault"))
        if said is None:
            kind, pages = found.get("kind", "pdf"), found.get("pages", 1)
            said = taken(kind, pages, *found.get("taken_out", ()))
        assert said == odd.outcome


def test_broken_pdf_gets_no_picture(kept, tmp_path):
    with pytest.raises(UnusableDocument):
        first_page(kept(b"%PDF-1.7\n"), tmp_path / "page.jpg", 320)
    assert not (tmp_path / "page.jpg").exists()
