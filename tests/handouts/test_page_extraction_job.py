"""The job that draws a handout's pages and extracts their text."""

from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.handouts import handouts, page_extraction_job, pages
from lms.handouts.pages import all_unread, large_key, pieces_of, read_leaves, small_key
from lms.models.handouts import Handout
from lms.models.jobs import Job, JobState
from lms.models.search import Passage
from lms.search import passages
from media.documents import document_pages as media_pages
from media.documents.document_pages import plain_words
from tests.clock import NOW, Clock
from tests.handouts.conftest import WORK
from tests.handouts.document_builder import docx, pdf, pptx

Add = Callable[..., str]
Read = Callable[[], int]
SAID = ("Media literacy\nfor everyone", "", "What a shelf of questions holds")


@pytest.fixture(autouse=True)
def at_noon(clock: Clock) -> None:
    """Set the clock to NOW."""


def said_in(carrel: Carrel, handout_id: str) -> list[tuple[int | None, str]]:
    with carrel.database.read_session() as session:
        rows = select(Passage.page, Passage.text).where(Passage.source == handout_id)
        return [(row.page, row.text) for row in session.execute(rows.order_by(Passage.id))]


def test_every_page_is_drawn_large_and_small(carrel: Carrel, add: Add, read: Read) -> None:
    handout_id = add(pdf(pages=3, texts=SAID))
    read()
    with carrel.database.read_session() as session:
        leaves = read_leaves(session, handout_id)
        assert all_unread(session) == ()
    assert [(page.number, page.width) for page in leaves.pages] == [(1, 1600), (2, 1600), (3, 1600)]
    assert leaves.pages[0].words == "Media literacy for everyone"
    for number in (1, 2, 3):
        with (
            carrel.storage.open(large_key(handout_id, number)) as large,
            carrel.storage.open(small_key(handout_id, number)) as small,
        ):
            assert Image.open(large).size == (1600, 2071)
            assert max(Image.open(small).size) == 240
    assert list((carrel.settings.scratch / "handouts").iterdir()) == []


def test_text_of_a_pdf_is_stored_by_page(carrel: Carrel, add: Add, read: Read) -> None:
    handout_id = add(pdf(pages=3, texts=SAID))
    read()
    assert said_in(carrel, handout_id) == [
        (1, "Media literacy for everyone"),
        (3, "What a shelf of questions holds"),
    ]


def test_text_of_slides_is_stored_in_order(carrel: Carrel, add: Add, read: Read) -> None:
    handout_id = add(pptx("First things\nfirst", "Then others"), "Slides.pptx")
    read()
    assert said_in(carrel, handout_id) == [(1, "First things first"), (2, "Then others")]


def test_text_of_a_word_document_is_stored(carrel: Carrel, add: Add, read: Read) -> None:
    handout_id = add(docx("Dear all", "we begin at noon"), "Letter.docx")
    read()
    assert said_in(carrel, handout_id) == [(1, "Dear all we begin at noon")]


def test_long_handout_is_read_in_several_jobs(
    carrel: Carrel, add: Add, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_pages, "AT_ONCE", 2)
    monkeypatch.setattr(page_extraction_job, "SLICE_S", 0.0)
    handout_id = add(pdf(pages=5))
    slices = read()
    with carrel.database.read_session() as session:
        assert [page.number for page in read_leaves(session, handout_id).pages] == [1, 2, 3, 4, 5]
    assert slices > 1


def test_long_handout_has_pictures_of_first_pages_and_text_of_all(
    carrel: Carrel, add: Add, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_PICTURED", 2)
    handout_id = add(pdf(pages=3, texts=SAID))
    read()
    with carrel.database.read_session() as session:
        leaves = read_leaves(session, handout_id)
    assert (len(leaves.pages), leaves.total) == (2, 3)
    assert said_in(carrel, handout_id)[-1][0] == 3


def test_page_that_cannot_be_drawn_does_not_block_the_others(
    carrel: Carrel, add: Add, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page_extraction_job.draw_some
    monkeypatch.setattr(
        page_extraction_job,
        "draw_some",
        lambda path, folder, first, last: (
            whole(path, folder, first, 1 if first == 1 else last) if first != 2 else ()
        ),
    )
    handout_id = add(pdf(pages=3))
    read()
    with carrel.database.read_session() as session:
        widths = [page.width for page in read_leaves(session, handout_id).pages]
    assert widths == [1600, 0, 1600]


def test_earlier_handouts_are_read_by_the_periodic_job(
    carrel: Carrel, add: Add, read: Read
) -> None:
    handout_id = add(pdf(texts=SAID))
    with carrel.database.transaction() as session:
        for job in session.scalars(select(Job)):
            session.delete(job)
    assert read() == 0
    handler = WORK.handlers[page_extraction_job.READ_ALL]
    handler(carrel, None)  # type: ignore[arg-type]  # the job does not use its run
    handler(carrel, None)  # type: ignore[arg-type]
    assert read() == 1
    assert said_in(carrel, handout_id) == [(1, "Media literacy for everyone")]


def test_handout_without_its_file_is_not_retried_forever(
    carrel: Carrel, add: Add, read: Read
) -> None:
    handout_id = add(pdf())
    for key in list(carrel.storage.list(f"handouts/{handout_id}/")):
        carrel.storage.delete(key)
    read()
    with carrel.database.read_session() as session:
        assert session.scalars(select(Job.state)).all() == [JobState.FAILED]
        assert all_unread(session) == ()


def test_removed_handout_is_not_searchable_until_it_is_restored(
    carrel: Carrel, add: Add, read: Read
) -> None:
    handout_id = add(pdf(texts=SAID))
    read()
    with carrel.database.transaction() as session:
        handouts.remove(session, handout_id, actor=None, now=NOW)
    assert said_in(carrel, handout_id) == []
    with carrel.database.transaction() as session:
        handouts.put_back(session, handout_id, actor=None, now=NOW)
    read()
    assert len(said_in(carrel, handout_id)) == 1


def test_handout_with_pages_can_be_deleted(carrel: Carrel, add: Add, read: Read) -> None:
    handout_id = add(pdf())
    read()
    with carrel.database.transaction() as session:
        handouts.forget(session, handout_id)
    with carrel.database.read_session() as session:
        assert session.scalars(select(Handout)).all() == []


def test_ligatures_and_control_characters_are_removed_from_text() -> None:
    assert plain_words("of\ufb01ce\u00ad s\x00 and\n\n more") == "office s and more"


def test_long_text_is_split_between_words() -> None:
    pieces = list(pieces_of("word " * 400))
    assert all(len(piece) <= passages.PIECE_LETTERS for piece in pieces)
    assert " ".join(pieces).split() == ["word"] * 400
    assert "".join(pieces_of("x" * 2000)) == "x" * 2000
