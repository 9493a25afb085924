"""The HLS playlist parser for single-file renditions, and the writer of the master playlist.

Sources: RFC 8216bis (HTTP Live Streaming) for the tags, RFC 6381 for the codec strings.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_RANGE: Final = re.compile(r"(\d+)@(\d+)")
_MAP: Final = re.compile(r'#EXT-X-MAP:URI="([^"/]+)",BYTERANGE="(\d+)@(\d+)"')
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
AAC_LC: Final = "mp4a.40.2"


class BrokenPlaylist(ValueError):
    """The playlist can't be read, or names bytes that its file doesn't have."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of the media file: its duration and its bytes."""

    seconds: float
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Playlist:
    """A media playlist over one file; `header` is the length of its initialization in bytes."""

    file: str
    header: int
    segments: tuple[Segment, ...]

    @property
    def seconds(self) -> float:
        """Its duration in seconds."""
        return sum(each.seconds for each in self.segments)

    @property
    def longest(self) -> float:
        """The length of the longest segment in seconds."""
        return max(each.seconds for each in self.segments)

    @property
    def starts(self) -> tuple[float, ...]:
        """When each segment begins, in seconds."""
        starts, at = [], 0.0
        for each in self.segments:
            starts.append(at)
            at += each.seconds
        return tuple(starts)

    @property
    def peak_bits(self) -> int:
        """The highest bit rate of a segment, in bits per second."""
        return max(round(each.length * 8 / each.seconds) for each in self.segments)

    @property
    def mean_bits(self) -> int:
        """The mean bit rate, in bits per second."""
        return round(sum(each.length for each in self.segments) * 8 / self.seconds)


@dataclass(frozen=True, slots=True)
class Variant:
    """One video variant of the master playlist; sizes in pixels, rates in bits per second."""

    uri: str
    codec: str
    width: int
    height: int
    frames_per_second: float
    peak_bits: int
    mean_bits: int


@dataclass(frozen=True, slots=True)
class Sound:
    """The audio rendition of the master playlist; rates in bits per second."""

    uri: str
    channels: int
    peak_bits: int
    mean_bits: int


def parse_playlist(text: str) -> Playlist:
    """Return the parsed playlist; raises BrokenPlaylist unless it is complete and of one file."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[0] != "#EXTM3U" or lines[-1] != "#EXT-X-ENDLIST":
        raise BrokenPlaylist("it does not begin and end as a finished playlist")
    headers = [found for line in lines if (found := _MAP.fullmatch(line))]
    if len(headers) != 1 or headers[0][3] != "0":
        raise BrokenPlaylist("it has not one initialization at the beginning of its file")
    segments = tuple(_segments(lines, headers[0][1]))
    if not segments:
        raise BrokenPlaylist("it has no segment")
    return Playlist(headers[0][1], int(headers[0][2]), segments)


def _segments(lines: Sequence[str], file: str) -> Iterator[Segment]:
    seconds, span = 0.0, None
    for line in lines:
        if line.startswith("#EXTINF:"):
            seconds = float(line[8:].partition(",")[0])
        elif line.startswith("#EXT-X-BYTERANGE:"):
            span = _RANGE.fullmatch(line[17:])
        elif not line.startswith("#"):
            if line != file or span is None or seconds <= 0:
                raise BrokenPlaylist(f"a segment without its time or bytes: {line}")
            yield Segment(seconds, int(span[2]), int(span[1]))
            seconds, span = 0.0, None


def checked_playlist(path: Path) -> Playlist:
    """Return the playlist at that path, after checking its ranges against the file beside it.

    Raises BrokenPlaylist. The ranges must follow one another without a gap, so nothing is lost.
    """
    try:
        playlist = parse_playlist(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as fault:
        raise BrokenPlaylist(f"{path.name}: {fault}") from fault
    if not _NAME.fullmatch(playlist.file):
        raise BrokenPlaylist(f"{path.name}: names a file elsewhere")
    media = path.with_name(playlist.file)
    size = media.stat().st_size if media.is_file() else 0
    at = playlist.header
    for each in playlist.segments:
        if each.start != at or each.length <= 0:
            raise BrokenPlaylist(f"{path.name}: a gap or an overlap at byte {at}")
        at += each.length
    if at > size:
        raise BrokenPlaylist(f"{path.name}: byte {at} is past the end of {playlist.file}")
    return playlist


def picture_codec(path: Path, header: int) -> str:
    """Return the codec string of the H.264 in a file whose initialization is `header` bytes.

    Raises BrokenPlaylist if there is none. From AVCDecoderConfigurationRecord, ISO 14496-15.
    """
    with path.open("rb") as stream:
        data = stream.read(header)
    at = data.find(b"avcC")
    if at < 0 or len(data) < at + 8:
        raise BrokenPlaylist(f"{path.name}: its initialization describes no H.264")
    return f"avc1.{data[at + 5 : at + 8].hex()}"


def master_playlist(variants: Sequence[Variant], sound: Sound | None) -> str:
    """Return the master playlist: every video, lowest bit rate first, with the audio."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if sound and variants:
        lines.append(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="{sound.channels}",URI="{sound.uri}"'
        )
    elif sound:
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={sound.peak_bits},AVERAGE-BANDWIDTH={sound.mean_bits},"
            f'CODECS="{AAC_LC}"',
            sound.uri,
        ]
    peak, mean = (sound.peak_bits, sound.mean_bits) if sound else (0, 0)
    for each in sorted(variants, key=lambda one: one.peak_bits):
        codecs = f"{each.codec},{AAC_LC}" if sound else each.codec
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={each.peak_bits + peak},"
            f"AVERAGE-BANDWIDTH={each.mean_bits + mean},"
            f'CODECS="{codecs}",RESOLUTION={each.width}x{each.height},'
            f"FRAME-RATE={each.frames_per_second:.3f}" + (',AUDIO="sound"' if sound else ""),
            each.uri,
        ]
    return "\n".join([*lines, ""])
