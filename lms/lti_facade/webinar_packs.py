"""What goes beside a webinar's embed code: its texts, and the stored files of poster and captions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.catalog import presenters
from lms.core.errors import or_not_found
from lms.core.model_base import copied
from lms.models.catalog import Webinar
from lms.models.recordings import Caption, Recording


@dataclass(frozen=True, slots=True)
class PackContents:
    """A webinar for a pack; `captions` are the key, language and label of each published file."""

    public_id: str
    slug: str
    title: str
    subtitle: str
    summary: str
    presenters: tuple[str, ...]
    held_at: datetime
    zone: str
    poster_key: str | None
    captions: tuple[tuple[str, str, str], ...]


def read_pack_contents(session: Session, name: str) -> PackContents:
    """Return what goes beside the embed code of a webinar, by slug or public ID; raises NotFound."""
    query = (
        select(Webinar, Recording)
        .outerjoin(Recording, (Recording.webinar_id == Webinar.id) & Recording.is_current)
        .where(or_(Webinar.public_id == name, Webinar.slug == name))
    )
    row = or_not_found(session.execute(query).first())
    webinar, recording = row
    captions: tuple[tuple[str, str, str], ...] = ()
    poster = webinar.poster_key
    if recording is not None:
        found = session.execute(
            select(Caption.key, Caption.language, Caption.label)
            .where(Caption.recording_id == recording.id, Caption.key.is_not(None))
            .order_by(Caption.language)
        )
        captions = tuple((one.key, one.language, one.label) for one in found)
        if poster is None and recording.run is not None:
            poster = f"renditions/{recording.public_id}/{recording.run}/poster.jpg"
    return copied(
        PackContents,
        webinar,
        presenters=presenters.names_of(session, webinar.id),
        poster_key=poster,
        captions=captions,
    )
