"""Even source: a recording is looked through before it is encoded, for its loudness and its sizes.

A picture that changes its size on the way is first brought to one size in a file of its own: ffmpeg
begins all filters of all outputs anew at each change, and some versions stop there for ever.
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
    """What is encoded: a file of pictures of one size, and the level that its sound needs."""

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
    """Look through a recording, and make its pictures even where needed; raises as encode does."""
    said = run.ffmpeg(_look_command(source, found), found.seconds, span)
    level = level_for(read_loudness(said)) if found.audio else AS_IT_IS
    if found.video is None or _CHANGES not in said:
        return EvenSource(source, found, level)
    run.ffmpeg(_even_command(source, found, found.video), found.seconds, span)
    even = run.out / EVEN
    return EvenSource(even, probe(even), level)


def _look_command(source: Path, found: Probe) -> list[str]:
    """Return the command that decodes key frames and sound, and says what it notices."""
    options = {"reinit_filter:v": 0, "skip_frame:v": "nokey"} if found.video else {}
    opened_source = opened(source, **options)
    streams: list[Any] = []
    if found.video:
        streams.append(opened_source[found.video.pick])
    if found.audio:
        streams.append(measured(even_channels(opened_source[found.audio.pick], found.audio)))
    # a damaged source may have more bad key frames than ffmpeg puts up with
    seen = ffmpeg.output(*streams, "-", format="null", max_error_rate=1)
    return compiled(seen, says="info")


def _even_command(source: Path, found: Probe, video: VideoStream) -> list[str]:
    """Return the command that brings all pictures to the size of the high rung."""
    opened_source = opened(source)
    streams = [opened_source[video.pick]]
    if found.audio:
        streams.append(opened_source[found.audio.pick])
    high = rungs(video)[0]
    filters = (*whole_pictures(video), *fitted(high.width, high.height))
    options = {"vf": ",".join(filters), "fps_mode": "vfr", "acodec": "copy"}
    encoder = {"vcodec": "libx264", "preset": "ultrafast", "crf": 14, "g": 120}
    return compiled(ffmpeg.output(*streams, EVEN, **options, **encoder))
