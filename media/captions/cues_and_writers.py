"""Caption cues, and their writers for WebVTT, SubRip, and plain text."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

HEAD: Final = "WEBVTT"
_TAG: Final = re.compile(r"<[^>]*>")
_VOICE: Final = re.compile(r"<v(?:\.[^\s>]+)*\s+([^>]+)>")
# The markup that a cue may have; other angle brackets are shown as typed.
_MARKUP: Final = re.compile(
    r"</?(?:b|i|u|c|v|ruby|rt|lang)(?:\.[\w.-]+)*(?:\s[^<>]*)?>|<\d{1,3}(?::\d{2}){1,2}\.\d{3}>"
)
_DROPPED: Final = re.compile(r"</?font\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_SETTINGS: Final = re.compile(r"(?:vertical|line|position|size|align):[\w.,%-]+")


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: its time in seconds, its position settings, and its lines of cue text."""

    starts: float
    ends: float
    settings: str
    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """Its text without voices and emphasis, as one line of plain text."""
        return plain(" ".join(self.lines))

    @property
    def voice(self) -> str:
        """The speaker's name if the captions have one, else empty."""
        found = _VOICE.search(" ".join(self.lines))
        return plain(found[1]) if found else ""


def plain(text: str) -> str:
    """Return cue text as plain text: no markup, no entities, single spaces."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def clean_line(line: str) -> str:
    """Return a line as cue text: known markup stays, everything else is escaped."""
    parts, at = [], 0
    line = _DROPPED.sub("", line)
    for found in _MARKUP.finditer(line):
        parts += [_escaped(line[at : found.start()]), found[0].replace("-->", "")]
        at = found.end()
    return "".join((*parts, _escaped(line[at:]))).strip()


def clean_settings(settings: str) -> str:
    """Return the cue settings that players know."""
    return " ".join(part for part in settings.split() if _SETTINGS.fullmatch(part))


def write_vtt(cues: Iterable[Cue]) -> str:
    """Return cues as WebVTT, with times, settings and text only."""
    blocks = [HEAD]
    for cue in cues:
        times = f"{stamp(cue.starts)} --> {stamp(cue.ends)} {cue.settings}".rstrip()
        blocks.append("\n".join((times, *cue.lines)))
    return "\n\n".join(blocks) + "\n"


def write_srt(cues: Iterable[Cue]) -> str:
    """Return cues as SubRip: plain text with emphasis."""
    blocks = []
    for number, cue in enumerate(cues, 1):
        times = f"{stamp(cue.starts, ',')} --> {stamp(cue.ends, ',')}"
        blocks.append("\r\n".join((str(number), times, *map(_srt_line, cue.lines))))
    return "\r\n\r\n".join(blocks) + "\r\n"


def write_text(cues: Iterable[Cue]) -> str:
    """Return the spoken text, one line per caption, with the speaker's name at each change."""
    return "".join(f"{line}\r\n" for line in spoken(cues))


def spoken(cues: Iterable[Cue]) -> Iterator[str]:
    """Yield the plain text of each cue, with the speaker's name at each change."""
    above = ""
    for cue in cues:
        voice = cue.voice
        yield f"{voice}: {cue.words}" if voice and voice != above else cue.words
        above = voice or above


def read_written(text: str) -> tuple[Cue, ...]:
    """Return the cues of a text that `write_vtt` wrote; it can't parse other WebVTT."""
    cues = []
    for block in text.rstrip("\n").split("\n\n")[1:]:
        times, *lines = block.split("\n")
        starts, _, rest = times.partition(" --> ")
        ends, _, settings = rest.partition(" ")
        cues.append(Cue(seconds_of(starts), seconds_of(ends), settings, tuple(lines)))
    return tuple(cues)


def stamp(seconds: float, point: str = ".") -> str:
    """Return a time in caption format: 00:01:02.500."""
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}{point}{thousandths:03d}"


def _escaped(words: str) -> str:
    return _ENTITY.sub("&amp;", words).replace("<", "&lt;").replace(">", "&gt;")


def _srt_line(line: str) -> str:
    kept = re.sub(r"<(?!/?[biu]>)[^>]*>", "", line)
    return html.unescape(kept)


def seconds_of(text: str) -> float:
    """Return the seconds of a time in the format of `stamp`."""
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
