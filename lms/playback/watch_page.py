"""The watch page's read model: the recording it plays, its captions, and its handouts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.orm import Session

from lms.core.errors import NotFound, or_not_found
from lms.core.list_queries import gathered, read_columns
from lms.core.model_base import copied
from lms.models.catalog import Webinar, WebinarState, presenter_names
from lms.models.handouts import Handout, HandoutPage
from lms.models.recordings import Caption, Recording
from lms.playback.slides import SlideFacts, read_slides, slide_rows
from media.files.file_types import MEDIA_TYPES, DocumentKind

# Posters of webinars in these states are not shown.
UNPICTURED: Final = (WebinarState.DRAFT, WebinarState.PULLED)


@dataclass(frozen=True, slots=True)
class Version:
    """The current version of a recording; `run` names its files, `seconds` is its length."""

    id: int
    public_id: str
    run: str
    seconds: float
    has_video: bool


@dataclass(frozen=True, slots=True)
class HandoutFacts:
    """A handout in a list; size in bytes. Only a PDF has page images.

    `looks` is True if its pages can be viewed.
    """

    public_id: str
    kind: DocumentKind
    title: str
    name: str
    pages: int
    size_bytes: int
    looks: bool


@dataclass(frozen=True, slots=True)
class HandoutFile:
    """The stored files of a handout, and its webinar."""

    webinar_id: int
    kind: DocumentKind
    name: str
    key: str
    preview_key: str
    is_stamped: bool

    @property
    def media_type(self) -> str:
        """Return the media type of the file."""
        return MEDIA_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class CaptionFacts:
    """A caption track; `language` is a BCP 47 tag."""

    public_id: str
    language: str
    label: str
    is_default: bool
    key: str

    @property
    def file(self) -> str:
        """Return the name of its file, which changes with its content."""
        return self.key.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class PlayableWebinar:
    """A webinar as its watch page shows it; `version` is None until there is something to play."""

    webinar_id: int
    slug: str
    title: str
    presenters: tuple[str, ...]
    held_at: datetime
    zone: str
    minutes: int
    state: WebinarState
    version: Version | None
    handouts: tuple[HandoutFacts, ...]
    captions: tuple[CaptionFacts, ...]
    slides: tuple[SlideFacts, ...]


_handouts = gathered(
    select(
        Handout.public_id,
        Handout.kind,
        Handout.title,
        Handout.name,
        Handout.pages,
        Handout.size_bytes,
        exists().where(HandoutPage.handout_id == Handout.id).label("looks"),
    )
    .where(Handout.webinar_id == Webinar.id, Handout.removed_at.is_(None))
    .order_by(Handout.position)
    .correlate(Webinar)
)
# The caption tracks of a recording that viewers see in a column, the default first.
caption_rows: Final = gathered(
    select(Caption.public_id, Caption.language, Caption.label, Caption.is_default, Caption.key)
    .where(Caption.recording_id == Recording.id, Caption.key.is_not(None))
    .order_by(Caption.is_default.desc(), Caption.language)
    .correlate(Recording)
)
_WEBINAR = (
    select(
        Webinar.id,
        Webinar.slug,
        Webinar.title,
        Webinar.held_at,
        Webinar.zone,
        Webinar.minutes,
        Webinar.state,
        presenter_names.label("presenters"),
        _handouts.label("handouts"),
        Recording.id.label("version_id"),
        Recording.public_id.label("version_public_id"),
        Recording.run,
        Recording.seconds,
        Recording.has_video,
        caption_rows.label("captions"),
        slide_rows.label("slides"),
    )
    .outerjoin_from(
        Webinar, Recording, and_(Recording.webinar_id == Webinar.id, Recording.is_current)
    )
    .where(Webinar.slug == bindparam("slug"))
)
_HANDOUT = select(
    Handout.webinar_id,
    Handout.kind,
    Handout.name,
    Handout.key,
    Handout.preview_key,
    Handout.is_stamped,
).where(Handout.public_id == bindparam("public_id"), Handout.removed_at.is_(None))
_ID = select(Webinar.id, Webinar.state).where(Webinar.slug == bindparam("slug"))
_SLUG = select(Webinar.slug).where(Webinar.id == bindparam("webinar_id"))


def read_playable(session: Session, slug: str) -> PlayableWebinar:
    """Return the data of a webinar's watch page; raises NotFound."""
    row = or_not_found(read_columns(session, _WEBINAR, {"slug": slug}).one_or_none())
    version = None
    if row.run is not None:
        version = Version(
            row.version_id, row.version_public_id, row.run, row.seconds, row.has_video
        )
    return copied(
        PlayableWebinar,
        row,
        webinar_id=row.id,
        presenters=tuple(name for (name,) in row.presenters or ()),
        version=version,
        handouts=_handouts_of(row.handouts),
        captions=captions_of(row.captions),
        slides=read_slides(row.slides, row.seconds or 0.0),
    )


def webinar_id_of(session: Session, slug: str, *, with_drafts: bool) -> int:
    """Return the row id of a webinar by its slug; raises NotFound."""
    found = session.execute(_ID, {"slug": slug}).one_or_none()
    if found is None or (found.state is WebinarState.DRAFT and not with_drafts):
        raise NotFound
    return int(found.id)


def poster_on_show(session: Session, recording_id: str, *, run: str) -> str | None:
    """Return the storage key of the public poster of a run: the one that staff chose, or the run's own.

    None for a draft or a removed webinar, and for a run that is no longer current.
    """
    found = session.execute(
        select(Webinar.poster_key)
        .join(Recording, Recording.webinar_id == Webinar.id)
        .where(
            Recording.public_id == recording_id,
            Recording.run == run,
            Webinar.state.not_in(UNPICTURED),
        )
    ).one_or_none()
    if found is None:
        return None
    return found.poster_key or f"renditions/{recording_id}/{run}/poster.jpg"


def slug_of(session: Session, webinar_id: int) -> str:
    """Return a webinar's slug; raises NotFound."""
    return or_not_found(session.scalar(_SLUG, {"webinar_id": webinar_id}))


def captions_of(rows: Iterable[Sequence[Any]] | None) -> tuple[CaptionFacts, ...]:
    """Return what is in the column `caption_rows`."""
    return tuple(
        CaptionFacts(public_id, language, label, bool(is_default), key)
        for public_id, language, label, is_default, key in rows or ()
    )


def find_handout(session: Session, public_id: str) -> HandoutFile:
    """Return a handout's stored files; raises NotFound. Callers must ask the policy before serving them."""
    row = or_not_found(session.execute(_HANDOUT, {"public_id": public_id}).one_or_none())
    return HandoutFile(*row)


def _handouts_of(rows: Iterable[Sequence[Any]] | None) -> tuple[HandoutFacts, ...]:
    return tuple(
        HandoutFacts(public_id, DocumentKind(kind), title, name, pages, size_bytes, bool(looks))
        for public_id, kind, title, name, pages, size_bytes, looks in rows or ()
    )
