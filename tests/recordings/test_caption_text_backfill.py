"""Captions of before, whose texts were never kept: read once from their files, then found."""

from lms.housekeeping.jobs import read_captions
from lms.recordings.captions import find_caption, unread
from lms.search import passages
from tests.recordings.caption_fixtures import caption, vtt_of


class Going:
    """A run that nobody cancels."""

    def canceled(self):
        return False


def test_they_are_read_and_found_and_read_no_more(carrel, client, database, storage, cast):
    track = caption(database, storage, cast.recording_id, vtt_of("Of lanterns"))
    with database.transaction() as session:
        find_caption(session, track).shown = None
        passages.drop(session, track)
    read_captions(carrel, Going())
    assert "Mentioned in the recording" in client.get("/webinars?q=lanterns").text
    with database.read_session() as session:
        assert unread(session) == ()


def test_a_file_that_is_gone_stops_nothing(carrel, database, storage, cast):
    track = caption(database, storage, cast.recording_id, vtt_of("Gone"))
    with database.transaction() as session:
        row = find_caption(session, track)
        row.shown = None
        storage.delete(row.key)
    read_captions(carrel, Going())
    with database.read_session() as session:
        assert [found for found, _key in unread(session)] == [track]
