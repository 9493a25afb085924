"""Two people who edit the same captions at once lose no changes."""

from threading import Event, Thread

from sqlalchemy import select

from lms.core.database import Database
from lms.models.recordings import Caption
from lms.recordings import caption_drafts
from lms.recordings.caption_drafts import SavedElsewhere
from media.captions.cues_and_writers import Cue
from media.storage.storage_protocol import Storage
from tests.cast import Cast
from tests.clock import NOW
from tests.recordings.caption_fixtures import caption, vtt_of

A_MOMENT_S = 0.5


def test_draft_saved_while_the_former_is_being_published_is_not_lost(
    database: Database, storage: Storage, cast: Cast
) -> None:
    track = caption(database, storage, cast.recording_id, vtt_of("Good morning"))
    saved, told = Event(), []

    def show() -> None:
        saved.wait()
        try:
            with database.transaction() as session:
                caption_drafts.publish(
                    session, track, "a/new.vtt", "WEBVTT\n", version=1, actor="ada", now=NOW
                )
        except SavedElsewhere as refused:
            told.append(refused)

    other = Thread(target=show)
    other.start()
    with database.transaction() as session:
        cues = [Cue(1.0, 2.0, "", ("Newer",))]
        caption_drafts.save(session, track, cues, version=1, actor="ada", now=NOW)
        saved.set()
        other.join(A_MOMENT_S)  # publishing waits for this transaction
    other.join()
    assert len(told) == 1
    with database.read_session() as session:
        row = session.scalars(select(Caption).where(Caption.public_id == track)).one()
    assert row.draft is not None
    assert "Newer" in row.draft
