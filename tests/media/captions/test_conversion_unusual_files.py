"""Odd and hostile caption files, and how each is handled."""

import pytest

from media.captions.caption_file_parser import (
    BACKWARDS,
    DISORDERED,
    NO_CAPTIONS,
    NOT_TEXT,
    TOO_LARGE,
    TOO_MANY,
    BadCaptions,
    read_cues,
)
from media.captions.cues_and_writers import (
    read_written,
    spoken,
    stamp,
    write_srt,
    write_text,
    write_vtt,
)

FRENCH = "1\r\n00:00:01,000 --> 00:00:02,500\r\nVoilà, l\u2019été à la bibliothèque\r\n"
SAID = "Voilà, l\u2019été à la bibliothèque"


def vtt(*texts, every=3):
    cues = (
        f"{stamp(number * every)} --> {stamp(number * every + 2)}\n{text}"
        for number, text in enumerate(texts)
    )
    return ("WEBVTT\n\n" + "\n\n".join(cues) + "\n").encode()


def words(data):
    return [cue.words for cue in read_cues(data)]


def fault(data):
    with pytest.raises(BadCaptions) as caught:
        read_cues(data)
    return [(each.line, each.sentence) for each in caught.value.faults]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_a_file_is_read_in_its_encoding(encoding):
    assert words(FRENCH.encode(encoding)) == [SAID]


def test_a_latin_1_file_is_read():
    assert words(FRENCH.replace("\u2019", "'").encode("latin-1")) == [SAID.replace("\u2019", "'")]


def test_byte_undefined_in_windows_1252_is_read_as_latin_1():
    assert words(FRENCH.replace("\u2019", "").encode("cp1252").replace(b"Voil", b"Voil\x81")) == [
        "Voil\x81à, lété à la bibliothèque"
    ]


def test_hundred_thousand_captions_survive_a_round_trip():
    data = vtt(*("Word" for _ in range(100_000)))
    written = write_vtt(read_cues(data))
    cues = read_written(written)
    assert len(cues) == 100_000
    assert write_vtt(cues) == written


def test_too_many_captions_are_refused():
    data = b"WEBVTT\n\n" + b"00:01.000 --> 00:02.000\na\n\n" * 150_001
    assert fault(data) == [(0, TOO_MANY)]


def test_fifty_megabytes_are_refused_as_too_large():
    assert fault(b"WEBVTT\n\n" + b"x" * (50 << 20)) == [(0, TOO_LARGE)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [(0, NO_CAPTIONS)]),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 40, [(0, NOT_TEXT)]),
        (bytes(range(256)) * 50, [(0, NOT_TEXT)]),
        (vtt("Good\x00 morning"), [(0, NOT_TEXT)]),
        (b"<html><script>alert(1)</script></html>", [(0, NO_CAPTIONS)]),
        (b"WEBVTT\n\n00:05.000 --> 00:04.000\nBack\n", [(3, BACKWARDS)]),
        (
            b"WEBVTT\n\n00:05.000 --> 00:06.000\nA\n\n00:01.000 --> 00:02.000\nB\n",
            [(6, DISORDERED)],
        ),
    ],
    ids=["empty", "picture", "binary", "nul", "page", "ends first", "out of order"],
)
def test_unusable_line_is_refused_by_number(data, expected):
    assert fault(data) == expected


@pytest.mark.parametrize(
    ("text", "said", "kept"),
    [
        (
            "<script>alert(1)</script>",
            "<script>alert(1)</script>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("AT&amp;T &nbsp;x", "AT&T x", "AT&amp;T &nbsp;x"),
        ("<i>now</i> <font color=red>red</font> {\\an8}up", "now red up", "<i>now</i> red up"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>", None),
        ("<v Eve><b onclick=alert(1)>Hi", "Hi", None),
        ("שלום עולם", "שלום עולם", "שלום עולם"),
        ("مرحبا بالعالم", "مرحبا بالعالم", None),
        ("図書館へようこそ", "図書館へようこそ", None),
    ],
)
def test_spoken_text_is_saved_and_markup_is_made_safe(text, said, kept):
    (cue,) = read_cues(vtt(text))
    assert cue.words == said
    assert kept is None or cue.lines == (kept,)
    once = write_vtt((cue,))
    assert write_vtt(read_cues(once.encode())) == once
    assert "<script" not in once
    assert "<img" not in once


def test_captions_can_overlap_and_run_past_the_end():
    data = b"WEBVTT\n\n00:01.000 --> 00:09.000\nA\n\n00:02.000 --> 00:03.000\nB\n\n99:00:00.000 --> 99:00:01.000\nC\n"
    assert [(cue.starts, cue.ends) for cue in read_cues(data)] == [
        (1.0, 9.0),
        (2.0, 3.0),
        (356400.0, 356401.0),
    ]


def test_subrip_and_text_are_written_without_markup():
    cues = read_cues(vtt("<v Ana>Fish &amp; <i>chips</i>", "<v Ana>Yes", "<v Bo>No"))
    assert write_srt(cues).startswith(
        "1\r\n00:00:00,000 --> 00:00:02,000\r\nFish & <i>chips</i>\r\n\r\n2\r\n"
    )
    assert write_text(cues) == "Ana: Fish & chips\r\nYes\r\nBo: No\r\n"
    assert list(spoken(cues)) == ["Ana: Fish & chips", "Yes", "Bo: No"]
