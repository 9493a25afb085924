"""Captions: what a person brings as WebVTT or SubRip becomes clean WebVTT that browsers show."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from media.words import N_

LARGEST_BYTES: Final = 4 << 20
MOST_FAULTS: Final = 20
_STAMP: Final = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})")
# Two dashes pasted from a word processor come as one long one.
_ARROW: Final = re.compile(r"--?>|[\u2013\u2014]>")

TOO_LARGE: Final = N_("The file is larger than 4 MB: that is no caption file.")
NOT_TEXT: Final = N_("The file is not text in UTF-8. Please save it with that encoding.")
NO_CAPTIONS: Final = N_("The file holds no captions. Please bring a WebVTT (.vtt) or SubRip file.")
BAD_TIMES: Final = N_("These times can't be read. They look like 00:01:02.500 --> 00:01:05.000.")
BACKWARDS: Final = N_("This caption ends before it begins.")
DISORDERED: Final = N_("This caption begins before the one above it.")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one line; line 0 speaks of the whole file."""

    line: int
    sentence: str


class BadCaptions(Exception):
    """The file can't be used as captions; `faults` says where and why, the first 20 of them."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.sentence}" for each in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: its time in seconds, where it stands, and its lines of cue text."""

    starts: float
    ends: float
    settings: str
    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is said, without voices and emphasis, in one line."""
        return " ".join(re.sub(r"<[^>]*>", "", line).strip() for line in self.lines).strip()


def clean_captions(data: bytes) -> bytes:
    """Return the captions as WebVTT in UTF-8, times and texts only; raises BadCaptions.

    Styles, regions, notes and numbers are dropped: how captions look is the player's affair.
    """
    blocks = ["WEBVTT"]
    for cue in read_cues(data):
        times = f"{_written(cue.starts)} --> {_written(cue.ends)} {cue.settings}".rstrip()
        blocks.append("\n".join((times, *cue.lines)))
    return ("\n\n".join(blocks) + "\n").encode()


def read_cues(data: bytes) -> tuple[Cue, ...]:
    """Return the captions in their order; raises BadCaptions."""
    text = _decoded(data)
    faults = list(_faults(text))
    if faults:
        raise BadCaptions(*faults[:MOST_FAULTS])
    kind = "vtt" if text.startswith("WEBVTT") else "srt"
    try:
        parsed = webvtt.from_buffer(io.StringIO(text), format=kind)
    except (MalformedFileError, MalformedCaptionError):
        raise BadCaptions(Fault(0, NO_CAPTIONS)) from None
    cues = [
        Cue(
            starts=_seconds(each.start),
            ends=_seconds(each.end),
            settings=str(each.settings),
            lines=tuple(line for line in each.lines if line.strip()),
        )
        for each in parsed.captions
    ]
    spoken = tuple(cue for cue in cues if cue.lines)
    if not spoken:
        raise BadCaptions(Fault(0, NO_CAPTIONS))
    return spoken


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST_BYTES:
        raise BadCaptions(Fault(0, TOO_LARGE))
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise BadCaptions(Fault(0, NOT_TEXT)) from None
    if "\0" in text:
        raise BadCaptions(Fault(0, NOT_TEXT))
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip()


def _faults(text: str) -> Iterator[Fault]:
    above = 0.0
    for number, line in enumerate(text.split("\n"), 1):
        if not (_STAMP.match(line.strip()) and _ARROW.search(line)) and "-->" not in line:
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


def _written(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths:03d}"
