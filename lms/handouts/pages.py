"""Pages of handouts: their pictures and text, stored by a job and shown on pages."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from lms.core.errors import NotFound, or_not_found
from lms.models.catalog import Webinar
from lms.models.handouts import Handout, HandoutPage, HandoutPageTime
from lms.models.recordings import Recording
from lms.models.search import PassageKind
from lms.search import passages
from lms.search.passages import Piece, Source
from media.files.file_types import DocumentKind

MOST_PICTURED: Final = 300
LETTERS: Final = passages.PIECE_LETTERS


@dataclass(frozen=True, slots=True)
class Unread:
    """A handout whose pages are not read yet; `drawn` counts the pages that earlier attempts finished."""

    id: int
    kind: DocumentKind
    key: str
    pages: int
    drawn: int

    @property
    def pictured(self) -> int:
        """Return the number of its pages to draw."""
        return min(self.pages, MOST_PICTURED) if self.kind is DocumentKind.PDF else 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished page; sizes in pixels, 0 if it could not be drawn."""

    number: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PageFacts:
    """A page for display; a page that could not be drawn has the size 0.

    `starts_s` is when it first appears in the current recording, if known.
    """

    number: int
    width: int
    height: int
    words: str
    starts_s: float | None = None


@dataclass(frozen=True, slots=True)
class Leaves:
    """The pages of a handout that can be viewed, of `total` in the file.

    `webinar` is the title of its webinar; `plays` means that there is a recording.
    """

    slug: str
    webinar: str
    handout_id: str
    title: str
    total: int
    plays: bool
    pages: tuple[PageFacts, ...]


@dataclass(frozen=True, slots=True)
class Called:
    """The kind and the title of a handout."""

    kind: DocumentKind
    title: str


SHORTEST: Final = 2  # words; single ones can begin many pages by chance
LONGEST: Final = 16
FEWEST_PAGES: Final = 3


def large_key(handout_id: str, number: int) -> str:
    """Return the key of the large picture of a page."""
    return f"handouts/{handout_id}/page-{number:04d}.jpg"


def small_key(handout_id: str, number: int) -> str:
    """Return the key of the small picture of a page."""
    return f"handouts/{handout_id}/small-{number:04d}.jpg"


def find_unread(session: Session, handout_id: str) -> Unread | None:
    """Return a handout to read; None if it was read or removed."""
    row = session.scalar(
        select(Handout).where(
            Handout.public_id == handout_id,
            Handout.read_at.is_(None),
            Handout.removed_at.is_(None),
        )
    )
    if row is None:
        return None
    drawn = session.scalar(
        select(func.count()).where(HandoutPage.handout_id == row.id).select_from(HandoutPage)
    )
    return Unread(row.id, row.kind, row.key, row.pages, drawn or 0)


def all_unread(session: Session) -> tuple[str, ...]:
    """Return the handouts that are not read yet, the oldest first."""
    wanted = select(Handout.public_id).where(
        Handout.read_at.is_(None), Handout.removed_at.is_(None)
    )
    return tuple(session.scalars(wanted.order_by(Handout.id)))


def keep_drawn(session: Session, handout: Unread, drawn: Iterable[Drawn]) -> None:
    """Record which pages are finished."""
    session.add_all(
        HandoutPage(handout_id=handout.id, number=page.number, width=page.width, height=page.height)
        for page in drawn
    )
    session.flush()


def keep_words(
    session: Session, handout_id: str, words: Mapping[int, str], *, now: datetime
) -> None:
    """Record that a handout was read, and add its text to the search."""
    handout = session.scalar(select(Handout).where(Handout.public_id == handout_id))
    if handout is None or handout.removed_at is not None:
        return
    handout.read_at = now
    for page in session.scalars(select(HandoutPage).where(HandoutPage.handout_id == handout.id)):
        page.words = words.get(page.number, "")
    source = Source(handout.webinar_id, PassageKind.HANDOUT, handout_id)
    passages.keep(
        session,
        source,
        (
            Piece(piece, page=number)
            for number, said in sorted(without_furniture(words).items())
            for piece in pieces_of(said)
        ),
    )


def pieces_of(words: str) -> Iterable[str]:
    """Split the text of a page into passages that can be quoted, between words if possible."""
    while len(words) > LETTERS:
        cut = words.rfind(" ", LETTERS // 2, LETTERS)
        cut = LETTERS if cut < 0 else cut
        yield words[:cut]
        words = words[cut:].lstrip()
    if words:
        yield words


def read_leaves(session: Session, handout_id: str) -> Leaves:
    """Return the viewable pages of a handout; raises NotFound if there are none.

    The caller must check the policy before showing them.
    """
    query = (
        select(Handout, Webinar.slug, Webinar.title)
        .join(Webinar, Webinar.id == Handout.webinar_id)
        .where(Handout.public_id == handout_id, Handout.removed_at.is_(None))
    )
    row = or_not_found(session.execute(query).one_or_none())
    handout, slug, webinar = row
    recording_id = session.scalar(
        select(Recording.id).where(
            Recording.webinar_id == handout.webinar_id,
            Recording.is_current,
            Recording.run.is_not(None),
        )
    )
    seen = and_(
        HandoutPageTime.page_id == HandoutPage.id, HandoutPageTime.recording_id == recording_id
    )
    pages = session.execute(
        select(HandoutPage, HandoutPageTime.starts_s)
        .outerjoin(HandoutPageTime, seen)
        .where(HandoutPage.handout_id == handout.id)
        .order_by(HandoutPage.number)
    ).all()
    if not pages:
        raise NotFound
    return Leaves(
        slug=slug,
        webinar=webinar,
        handout_id=handout_id,
        title=handout.title,
        total=handout.pages,
        plays=recording_id is not None,
        pages=tuple(
            PageFacts(page.number, page.width, page.height, page.words, starts_s)
            for page, starts_s in pages
        ),
    )


def moments_of(session: Session, ids: Collection[str]) -> Mapping[tuple[str, int], float]:
    """Return when pages of handouts first appear (seconds) in the current recordings.

    Keyed by the handout's public ID and the page number; runs no query for no handouts.
    """
    if not ids:
        return {}
    rows = session.execute(
        select(Handout.public_id, HandoutPage.number, HandoutPageTime.starts_s)
        .join(HandoutPage, HandoutPage.handout_id == Handout.id)
        .join(HandoutPageTime, HandoutPageTime.page_id == HandoutPage.id)
        .join(Recording, Recording.id == HandoutPageTime.recording_id)
        .where(Handout.public_id.in_(ids), HandoutPageTime.starts_s.is_not(None))
        .where(Recording.is_current, Recording.run.is_not(None))
    )
    return {(row.public_id, row.number): row.starts_s for row in rows}


def name_handouts(session: Session, ids: Collection[str]) -> Mapping[str, Called]:
    """Return the kinds and titles of handouts, by public ID; runs no query for none."""
    if not ids:
        return {}
    rows = session.execute(
        select(Handout.public_id, Handout.kind, Handout.title).where(Handout.public_id.in_(ids))
    )
    return {row.public_id: Called(row.kind, row.title) for row in rows}


def without_furniture(texts: Mapping[int, str]) -> Mapping[int, str]:
    """Return the text of each page, by its number, without what most pages begin or end with.

    A page with nothing else keeps its text.
    """
    pages = {number: _without_number(text.split(), str(number)) for number, text in texts.items()}
    headers, footers = (
        _frequent([_ends(words, is_footer=is_footer) for words in pages.values()])
        for is_footer in (False, True)
    )
    plain = {}
    for number, words in pages.items():
        first = _longest(words, headers, is_footer=False)
        last = _longest(words[first:], footers, is_footer=True)
        own = words[first : len(words) - last]
        plain[number] = " ".join(own or words)
    return plain


def _without_number(words: list[str], number: str) -> list[str]:
    if words[-1:] == [number]:
        return words[:-1]
    return words[1:] if words[:1] == [number] else words


def _ends(words: list[str], *, is_footer: bool) -> list[tuple[str, ...]]:
    """Return every beginning, or end, that could be furniture."""
    sizes = range(SHORTEST, min(LONGEST, len(words)) + 1)
    return [tuple(words[-size:] if is_footer else words[:size]) for size in sizes]


def _frequent(pages: list[list[tuple[str, ...]]]) -> frozenset[tuple[str, ...]]:
    least = max(FEWEST_PAGES, (len(pages) + 1) // 2)
    counted = Counter(part for parts in pages for part in parts)
    return frozenset(part for part, times in counted.items() if times >= least)


def _longest(words: list[str], furniture: frozenset[tuple[str, ...]], *, is_footer: bool) -> int:
    found = [part for part in _ends(words, is_footer=is_footer) if part in furniture]
    return max(map(len, found), default=0)
