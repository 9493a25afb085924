"""Frame extraction: one picture from a stored rendition, reading only its segment."""

import io
import tempfile
from pathlib import Path
from typing import Final

import ffmpeg
from PIL import Image, UnidentifiedImageError

from media.files.subprocesses import Limits, ProgramFailed, ask
from media.storage.storage_protocol import Missing, Storage
from media.video.ffmpeg_options import compiled, opened
from media.video.hls_playlist_parser_and_writer import BrokenPlaylist, parse_playlist
from media.video.renditions_and_commands import HIGH, POSTER_WIDTH

_WITHIN_SECONDS: Final = 20
_STEP: Final = 0.2
_LIMITS: Final = Limits(cpu_seconds=20, file_bytes=64 << 20)


class NoFrame(Exception):
    """The picture at that time can't be read."""


def frame_at(storage: Storage, prefix: str, at: float, scratch: Path) -> bytes:
    """Return the picture at a time (seconds) of the run whose keys begin with `prefix/`, as JPEG.

    A time outside the recording gives the nearest picture. Raises NoFrame.
    """
    try:
        with storage.open(f"{prefix}/{HIGH}.m3u8") as stream:
            playlist = parse_playlist(stream.read().decode("utf-8"))
    except (Missing, BrokenPlaylist, UnicodeDecodeError) as error:
        raise NoFrame from error
    at = min(max(at, 0.0), max(0.0, playlist.seconds - _STEP))
    place = max(n for n, starts in enumerate(playlist.starts) if starts <= at)
    segment, key = playlist.segments[place], f"{prefix}/{playlist.file}"
    with tempfile.TemporaryDirectory(dir=scratch, prefix="frame-") as folder:
        film, still = Path(folder) / "film.mp4", Path(folder) / "still.jpg"
        try:
            with (
                storage.open(key, 0, playlist.header) as head,
                storage.open(key, segment.start, segment.length) as body,
            ):
                film.write_bytes(head.read() + body.read())
        except Missing as error:
            raise NoFrame from error
        return _taken(film, still, at - playlist.starts[place])


def _taken(film: Path, still: Path, into: float) -> bytes:
    """Return the last picture up to a time in a short film."""
    # The segment's timestamps are those of the recording, so they are reset to begin at 0.
    picture = f"setpts=PTS-STARTPTS,trim=end={into + _STEP:.3f},scale='min({POSTER_WIDTH},iw)':-2:out_range=pc,format=yuvj420p"
    output = ffmpeg.output(
        opened(film)["v:0"],
        str(still),
        vf=picture,
        update=1,
        **{"q:v": 3, "fps_mode": "passthrough"},
    )
    try:
        said = ask(compiled(output), limits=_LIMITS, seconds=_WITHIN_SECONDS)
    except ProgramFailed as error:
        raise NoFrame from error
    if said.code != 0 or not still.is_file():
        raise NoFrame
    return _whole(still.read_bytes())


def _whole(data: bytes) -> bytes:
    try:
        Image.open(io.BytesIO(data)).verify()
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise NoFrame from error
    return data
