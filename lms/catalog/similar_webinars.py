"""Similar webinars: those in the catalog that share the most words with a text."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.catalog.webinar_summary import IS_PLAYED, Entry, current_recording, entry_columns, entry_of
from lms.models.catalog import Webinar, WebinarState
from lms.search import webinar_search

MOST: Final = 4


def read_similar(
    session: Session, text: str, *, but: str, login_id: int | None, now: datetime
) -> tuple[Entry, ...]:
    """Return announced webinars with any words of a text, the best match first, without slug `but`."""
    words = webinar_search.words_in(text)
    if not words:
        return ()
    hits = webinar_search.any_hits(words, session.get_bind().dialect.name)
    rows = session.execute(
        select(*entry_columns(login_id))
        .join(hits, hits.c.webinar_id == Webinar.id)
        .outerjoin(current_recording, IS_PLAYED)
        .where(Webinar.state == WebinarState.ANNOUNCED, Webinar.slug != but)
        .order_by(hits.c.rank, Webinar.held_at.desc())
        .limit(MOST)
    )
    return tuple(entry_of(row, now) for row in rows)
