"""Stream facts of a recording: container, video, and audio, and whether they can be copied."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

COPY_HEIGHT: Final = 1080
COPY_LEVEL: Final = 42
COPY_BITS: Final = 3_000_000
TOGETHER_SECONDS: Final = 0.05
# A player waits for the shorter of two streams until it has fetched all of the longer one.
UNEVEN_SECONDS: Final = 0.5


class DynamicRange(StrEnum):
    """How brightness is coded: SDR or HDR; the values are ffmpeg's names."""

    STANDARD = "bt709"
    PQ = "smpte2084"
    HLG = "arib-std-b67"


@dataclass(frozen=True, slots=True)
class VideoStream:
    """A video stream. Width and height are as shown: rotated, and with square pixels.

    `pick` is ffmpeg's stream specifier, `level` is ten times the H.264 level (42 is 4.2), `seconds` and
    `bits_per_second` are 0 if unknown. `starts` counts from the first timestamp of the file.
    """

    pick: str
    codec: str
    level: int
    width: int
    height: int
    rate: Fraction
    variable_rate: bool
    eight_bit_420: bool
    interlaced: bool
    turned: bool
    square_pixels: bool
    dynamic_range: DynamicRange
    bits_per_second: int
    starts: float
    seconds: float


@dataclass(frozen=True, slots=True)
class AudioStream:
    """An audio track; `seconds` is 0 if unknown, `starts` is as for video."""

    pick: str
    codec: str
    profile: str
    channels: int
    starts: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Probe:
    """A file that can become a recording; it has video, audio, or both."""

    container: str
    seconds: float
    size: int
    video: VideoStream | None
    audio: AudioStream | None

    @property
    def has_video(self) -> bool:
        """Whether there is a video stream (cover art isn't one)."""
        return self.video is not None

    @property
    def has_audio(self) -> bool:
        """Whether there is an audio track."""
        return self.audio is not None

    @property
    def copyable(self) -> bool:
        """Whether browsers play video and audio unchanged (key frames are checked later)."""
        if self.video is None:
            return False
        return (
            _copyable_picture(self.video)
            and not self.lacks(self.video)
            and (self.video.bits_per_second or self.size * 8 / self.seconds) <= COPY_BITS
            and (self.audio is None or _copyable_sound(self.audio, self.video))
        )

    def lacks(self, stream: VideoStream | AudioStream) -> float:
        """Return how many seconds before the other stream this one ends; 0 if negligible."""
        short = self.seconds - stream.starts - stream.seconds
        return short if stream.seconds and short > UNEVEN_SECONDS else 0.0


def _copyable_picture(video: VideoStream) -> bool:
    return (
        video.codec == "h264"
        and 0 < video.level <= COPY_LEVEL
        and min(video.width, video.height) <= COPY_HEIGHT
        and max(video.width, video.height) <= COPY_HEIGHT * 16 // 9
        and video.width % 2 == video.height % 2 == 0
        and video.eight_bit_420
        and video.dynamic_range is DynamicRange.STANDARD
        and video.square_pixels
        and not video.interlaced
        and not video.turned
    )


def _copyable_sound(audio: AudioStream, video: VideoStream) -> bool:
    # A copied stream has its own start time, and fragments of two files have no common one.
    return (
        audio.codec == "aac"
        and audio.profile == "LC"
        and audio.channels <= 2
        and abs(audio.starts - video.starts) <= TOGETHER_SECONDS
    )
