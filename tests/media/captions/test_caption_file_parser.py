import pytest

from media.captions.caption_file_parser import (
    BACKWARDS,
    BAD_TIMES,
    DISORDERED,
    NO_CAPTIONS,
    NOT_TEXT,
    TOO_LARGE,
    BadCaptions,
    read_cues,
)
from media.captions.cues_and_writers import write_vtt

VTT = """WEBVTT - made by somebody

STYLE
::cue { background: url(http://127.0.0.1/spy) }

NOTE to myself

1
00:00:01.000 --> 00:00:02.500 align:start line:90%
<v Maria Ortiz>Good <i>morning</i> &amp; welcome
to the webinar

00:03.000 --> 00:04.000
Thank you
"""


def faults(text):
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(BadCaptions) as caught:
        read_cues(data)
    return [(each.line, each.sentence) for each in caught.value.faults]


def test_only_times_and_texts_are_saved():
    assert write_vtt(read_cues(VTT.encode())) == (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:02.500 align:start line:90%\n"
        "<v Maria Ortiz>Good <i>morning</i> &amp; welcome\nto the webinar\n\n"
        "00:00:03.000 --> 00:00:04.000\nThank you\n"
    )


def test_cleaning_twice_changes_nothing():
    once = write_vtt(read_cues(VTT.encode()))
    assert write_vtt(read_cues(once.encode())) == once


def test_subrip_becomes_webvtt():
    srt = "1\r\n00:00:01,000 --> 00:00:02,500\r\nGood morning\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nThank you\r\n"
    assert write_vtt(read_cues(srt.encode("utf-8-sig"))) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nGood morning\n\n"
        "00:00:03.000 --> 00:00:04.000\nThank you\n"
    )


def test_utf_16_is_read():
    assert read_cues(VTT.encode("utf-16")) == read_cues(VTT.encode())


def test_caption_text_is_read_without_markup():
    cue = read_cues(VTT.encode())[0]
    assert (cue.starts, cue.ends) == (1.0, 2.5)
    assert (cue.voice, cue.words) == ("Maria Ortiz", "Good morning & welcome to the webinar")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("00:00:10.000 -> 00:00:12.000", BAD_TIMES),
        ("00:00:10.000 \u2014> 00:00:12.000", BAD_TIMES),
        ("00:00:10 --> 00:00:12", BAD_TIMES),
        ("ten --> twelve", BAD_TIMES),
        ("00:00:12.000 --> 00:00:10.000", BACKWARDS),
        ("00:00:10.000 --> 00:00:10.000", BACKWARDS),
        ("00:00:00.500 --> 00:00:12.000", DISORDERED),
    ],
)
def test_a_bad_line_is_named(line, sentence):
    assert faults(f"{VTT}\n{line}\nHello\n") == [(16, sentence)]


def test_every_bad_line_is_named():
    text = "WEBVTT\n\n00:02 --> 00:03\na\n\n00:00:04.000 --> 00:00:03.000\nb\n"
    assert faults(text) == [(3, BAD_TIMES), (6, BACKWARDS)]


def test_up_to_twenty_errors_are_reported():
    assert len(faults("WEBVTT\n\n" + "0 --> 1\nx\n\n" * 100)) == 20


@pytest.mark.parametrize("text", ["", "WEBVTT\n", "Dear all,\nsee you there\n", "{}", "1\n2\n3"])
def test_a_file_without_captions_is_refused(text):
    assert faults(text) == [(0, NO_CAPTIONS)]


def test_captions_without_text_are_refused():
    assert faults("WEBVTT\n\n00:01.000 --> 00:02.000\n\n") == [(0, NO_CAPTIONS)]


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\xd8", b"WEBVTT\n\0", b"\x00\x01\x02"])
def test_file_that_is_not_text_is_refused(data):
    assert faults(data) == [(0, NOT_TEXT)]


def test_file_that_is_too_large_is_refused():
    assert faults(b"WEBVTT\n" + b" " * (17 << 20)) == [(0, TOO_LARGE)]
