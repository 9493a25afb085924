"""Of two who work on the same captions at once, neither loses anything."""

from threading import Event, Thread

from sqlalchemy import select

from lms import caption_editing
from lms.caption_editing import SavedElsewhere
from lms.db import Database
from lms.models.recordings import Caption
from media.cues import Cue
from media.storage import Storage
from tests.cast import Cast
from tests.clock import NOW
from tests.recordings.captioned import caption, vtt_of

A_MOMENT_S = 0.5


def test_a_draft_that_is_saved_while_the_former_is_being_shown_is_not_lost(
    database: Database, storage: Storage, cast: Cast
) -> None:
    track = caption(database, storage, cast.recording_id, vtt_of("Good morning"))
    saved, told = Event(), []

    def show() -> None:
        saved.wait()
        try:
            with database.transaction() as session:
                caption_editing.publish(
                    session, track, "a/new.vtt", "WEBVTT\n", version=1, actor="ada", now=NOW
                )
        except SavedElsewhere as refused:
            told.append(refused)

    other = Thread(target=show)
    other.start()
    with database.transaction() as session:
        cues = [Cue(1.0, 2.0, "", ("Newer",))]
        caption_editing.save(session, track, cues, version=1, actor="ada", now=NOW)
        saved.set()
        other.join(A_MOMENT_S)  # it waits for this one
    other.join()
    assert len(told) == 1
    with database.read_session() as session:
        row = session.scalars(select(Caption).where(Caption.public_id == track)).one()
    assert row.draft is not None
    assert "Newer" in row.draft
