"""Captions from before their texts were stored: read once from their files, then searchable."""

from lms.housekeeping.jobs import read_captions
from lms.recordings.captions import find_caption, unread
from lms.search import passages
from tests.recordings.caption_fixtures import caption, vtt_of


class Going:
    """A run that is never canceled."""

    def canceled(self):
        return False


def test_captions_are_read_once_and_can_be_searched(carrel, client, database, storage, cast):
    track = caption(database, storage, cast.recording_id, vtt_of("Of lanterns"))
    with database.transaction() as session:
        find_caption(session, track).shown = None
        passages.drop(session, track)
    read_captions(carrel, Going())
    assert "Mentioned in the recording" in client.get("/webinars?q=lanterns").text
    with database.read_session() as session:
        assert unread(session) == ()


def test_missing_caption_file_does_not_stop_the_backfill(carrel, database, storage, cast):
    track = caption(database, storage, cast.recording_id, vtt_of("Gone"))
    with database.transaction() as session:
        row = find_caption(session, track)
        row.shown = None
        storage.delete(row.key)
    read_captions(carrel, Going())
    with database.read_session() as session:
        assert [found for found, _key in unread(session)] == [track]
