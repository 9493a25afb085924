"""The demo's small media files: real, short, captioned, and readable."""

from pathlib import Path

import pymediainfo
import pypdfium2
import pytest
import webvtt
from PIL import Image

from lms.demo.all_series import HOUSE, PRESENTERS, WEBINARS
from lms.demo.data_types import FILES, RecordingFiles

RECORDINGS = [webinar.recording for webinar in WEBINARS if webinar.recording]
DECKS = Path(__file__).parents[2] / "lms" / "demo" / "decks"

each_recording = pytest.mark.parametrize(
    "recording", RECORDINGS, ids=[recording.video.stem for recording in RECORDINGS]
)


def seconds(recording: RecordingFiles) -> float:
    tracks = pymediainfo.MediaInfo.parse(recording.video).general_tracks
    return float(tracks[0].duration) / 1000


def pages(recording: RecordingFiles) -> list[str]:
    with pypdfium2.PdfDocument(recording.slides) as slides:
        return [page.get_textpage().get_text_bounded() for page in slides]


def test_all_files_take_less_than_six_megabytes() -> None:
    assert sum(path.stat().st_size for path in FILES.iterdir()) < 6_000_000


@each_recording
def test_recording_lasts_one_to_two_minutes(recording: RecordingFiles) -> None:
    assert 60 <= seconds(recording) <= 120


@each_recording
def test_captions_are_in_order_and_end_before_the_recording(recording: RecordingFiles) -> None:
    last = 0.0
    for cue in webvtt.read(str(recording.captions)):
        assert last <= cue.start_in_seconds < cue.end_in_seconds
        last = cue.end_in_seconds
    assert last <= seconds(recording)


@each_recording
def test_captions_match_the_spoken_text(recording: RecordingFiles) -> None:
    spoken = (DECKS / f"{recording.video.stem}.txt").read_text().split()
    captions = webvtt.read(str(recording.captions))
    assert [word for cue in captions for word in cue.text.split()] == spoken


@each_recording
def test_captions_have_up_to_two_lines_of_42_characters(recording: RecordingFiles) -> None:
    for cue in webvtt.read(str(recording.captions)):
        assert len(cue.lines) <= 2
        assert max(map(len, cue.lines)) <= 42


@each_recording
def test_slides_change_six_times_or_more_and_each_can_be_read(recording: RecordingFiles) -> None:
    texts = pages(recording)
    assert len(texts) >= 7
    assert all(len(text.split()) > 5 for text in texts)


@each_recording
def test_each_spoken_paragraph_has_a_slide(recording: RecordingFiles) -> None:
    spoken = (DECKS / f"{recording.video.stem}.txt").read_text().strip().split("\n\n")
    assert len(pages(recording)) == len(spoken)


def test_recordings_use_both_containers() -> None:
    assert {recording.video.suffix for recording in RECORDINGS} == {".mp4", ".webm"}


@pytest.mark.parametrize("path", [*(one.picture for one in PRESENTERS), HOUSE.mark], ids=str)
def test_portraits_and_logo_are_square(path: Path) -> None:
    with Image.open(path) as picture:
        assert picture.size == (480, 480)
