"""Even source: scans a recording before it is encoded, for its loudness and its picture sizes.

Video that changes its size is first brought to one size in a separate file: ffmpeg restarts all filters
of all outputs at each change, and some versions hang there.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ffmpeg

from media.video.encoder_runs import EncoderRun
from media.video.ffmpeg_options import compiled, opened
from media.video.loudness import (
    AS_IT_IS,
    Level,
    even_channels,
    level_for,
    measured,
    read_loudness,
)
from media.video.picture_filters import fitted, whole_pictures
from media.video.renditions_and_commands import rungs
from media.video.stream_facts import Probe, VideoStream
from media.video.upload_probe import probe

EVEN: Final = "even.mkv"
_CHANGES: Final = "Changing video frame properties on the fly"


@dataclass(frozen=True, slots=True)
class EvenSource:
    """The source for encoding: a file with pictures of one size, and the level for its sound."""

    path: Path
    found: Probe
    level: Level

    def forget(self) -> None:
        """Delete the file if it was made for this run."""
        if self.path.name == EVEN:
            self.path.unlink()


def even_source(
    run: EncoderRun, source: Path, found: Probe, span: tuple[float, float]
) -> EvenSource:
    """Scan a recording, and even its picture sizes if needed; raises as encode does."""
    said = run.ffmpeg(_look_command(source, found), found.seconds, span)
    level = level_for(read_loudness(said)) if found.audio else AS_IT_IS
    if found.video is None or _CHANGES not in said:
        return EvenSource(source, found, level)
    run.ffmpeg(_even_command(source, found, found.video), found.seconds, span)
    even = run.out / EVEN
    return EvenSource(even, probe(even), level)


def _look_command(source: Path, found: Probe) -> list[str]:
    """Return the command that decodes key frames and sound, and logs what it finds."""
    options = {"reinit_filter:v": 0, "skip_frame:v": "nokey"} if found.video else {}
    opened_source = opened(source, **options)
    streams: list[Any] = []
    if found.video:
        streams.append(opened_source[found.video.pick])
    if found.audio:
        streams.append(measured(even_channels(opened_source[found.audio.pick], found.audio)))
    # a damaged source may have more bad key frames than ffmpeg tolerates
    seen = ffmpeg.output(*streams, "-", format="null", max_error_rate=1)
    return compiled(seen, says="info")


def _even_command(source: Path, found: Probe, video: VideoStream) -> list[str]:
    """Return the command that scales all pictures to the size of the high rung."""
    opened_source = opened(source)
    streams = [opened_source[video.pick]]
    if found.audio:
        streams.append(opened_source[found.audio.pick])
    high = rungs(video)[0]
    filters = (*whole_pictures(video), *fitted(high.width, high.height))
    options = {"vf": ",".join(filters), "fps_mode": "vfr", "acodec": "copy"}
    encoder = {"vcodec": "libx264", "preset": "ultrafast", "crf": 14, "g": 120}
    return compiled(ffmpeg.output(*streams, EVEN, **options, **encoder))
