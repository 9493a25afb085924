"""The caption file parser: checks WebVTT or SubRip files and returns clean cues."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from media.captions.cues_and_writers import HEAD, Cue, clean_line, clean_settings
from media.files.translation_marks import N_

LARGEST_BYTES: Final = 16 << 20
MOST_CUES: Final = 150_000
MOST_FAULTS: Final = 20
_STAMP: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})")
# Word processors turn two dashes into one long dash.
_ARROW: Final = re.compile(r"--?>|[\u2013\u2014]>")
# Control characters that text never has; ESC is allowed, as old Japanese encodings use it.
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

TOO_LARGE: Final = N_(
    "This file is larger than 16 MB, so it isn't a caption file. Choose another one."
)
TOO_MANY: Final = N_("This file has more than 150,000 captions. Split it, or remove some.")
NOT_TEXT: Final = N_("This isn't a text file. Save the captions as WebVTT or SubRip in UTF-8.")
NO_CAPTIONS: Final = N_("This file has no captions. Choose a WebVTT (.vtt) or SubRip (.srt) file.")
BAD_TIMES: Final = N_("We can't read these times. Write them like 00:01:02.500 --> 00:01:05.000.")
BACKWARDS: Final = N_("This caption ends before it starts. Correct its times.")
DISORDERED: Final = N_("This caption starts before the one above it. Sort the captions by time.")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in one line; line 0 means the whole file."""

    line: int
    sentence: str


class BadCaptions(Exception):
    """The file can't be used as captions; `faults` has the first 20 faults."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.sentence}" for each in faults))
        self.faults = faults


def read_cues(data: bytes) -> tuple[Cue, ...]:
    """Return the captions in order; raises BadCaptions.

    The file is WebVTT or SubRip, in UTF-8, UTF-16, Windows-1252 or Latin-1. Styles, regions, notes and
    numbers are dropped: the player decides how captions look.
    """
    if len(data) > LARGEST_BYTES:
        raise BadCaptions(Fault(0, TOO_LARGE))
    text = decoded(data)
    # neither format uses it elsewhere; parsing that many would take too long
    if text.count("-->") > MOST_CUES:
        raise BadCaptions(Fault(0, TOO_MANY))
    faults = list(_faults(text))
    if faults:
        raise BadCaptions(*faults[:MOST_FAULTS])
    kind = "vtt" if text.lstrip().startswith(HEAD) else "srt"
    try:
        parsed = webvtt.from_buffer(io.StringIO(text.lstrip()), format=kind)
    except (MalformedFileError, MalformedCaptionError):
        raise BadCaptions(Fault(0, NO_CAPTIONS)) from None
    cues = (
        Cue(
            starts=_seconds(each.start),
            ends=_seconds(each.end),
            settings=clean_settings(str(each.settings)),
            lines=tuple(line for line in map(clean_line, each.lines) if line),
        )
        for each in parsed.captions
    )
    spoken = tuple(cue for cue in cues if cue.lines)
    if not spoken:
        raise BadCaptions(Fault(0, NO_CAPTIONS))
    return spoken


def decoded(data: bytes) -> str:
    """Return a text file's content with line feeds as line endings; raises BadCaptions.

    Bytes that are not UTF-8 and don't look like UTF-16 are read as Windows-1252, a superset of
    printable Latin-1; Latin-1 is used if one of its five undefined bytes occurs.
    """
    text = _read(data)
    if _BINARY.search(text):
        raise BadCaptions(Fault(0, NOT_TEXT))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read(data: bytes) -> str:
    encodings = ["utf-8-sig", "cp1252", "latin-1"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data[1::2][:200].count(0) > len(data[:400]) // 5:
        encodings = ["utf-16-le"]
    elif data[::2][:200].count(0) > len(data[:400]) // 5:
        encodings = ["utf-16-be"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadCaptions(Fault(0, NOT_TEXT))


def _faults(text: str) -> Iterator[Fault]:
    above = 0.0
    for number, line in enumerate(text.split("\n"), 1):
        if not (_ARROW.search(line) and _STAMP.match(line.strip())) and "-->" not in line:
            continue
        left, arrow, right = line.partition("-->")
        begin, end = _STAMP.fullmatch(left.strip()), _STAMP.match(right.strip())
        if not (arrow and begin and end):
            yield Fault(number, BAD_TIMES)
            continue
        starts, ends = _seconds(begin[0]), _seconds(end[0])
        if ends <= starts:
            yield Fault(number, BACKWARDS)
        elif starts < above:
            yield Fault(number, DISORDERED)
        above = max(above, starts)


def _seconds(stamp: str) -> float:
    found = _STAMP.fullmatch(stamp)
    if not found:
        raise BadCaptions(Fault(0, BAD_TIMES))
    hours, minutes, seconds, parts = found.groups()
    return (
        int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(parts.ljust(3, "0")) / 1000
    )
