"""FFmpeg options for every run: inputs without network access, and progress reports."""

from pathlib import Path
from typing import Any, Final

import ffmpeg

from media.files.subprocesses import ffmpeg_path

# Containers of recordings. Playlists and file lists (hls, dash, concat, sdp, image2) are left out:
# ffmpeg would open the files they name.
FORMATS: Final = ",".join(
    (
        *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm"),
        *("avi", "asf", "flv", "mpegts", "mpeg", "mxf", "gxf", "nut", "ivf", "dv", "rm", "wtv"),
        *("ogg", "mp3", "aac", "flac", "wav", "w64", "aiff", "caf", "amr", "ac3", "eac3", "au"),
    )
)
FENCE: Final = {"protocol_whitelist": "file,pipe", "format_whitelist": FORMATS}


def opened(path: Path, **options: object) -> Any:  # noqa: ANN401 - ffmpeg-python has no types
    """Return the file as an input that can reach neither the network nor another file."""
    return ffmpeg.input(f"file:{path.absolute()}", **FENCE, **options)


def compiled(output: Any, *, says: str = "error") -> list[str]:  # noqa: ANN401 - ffmpeg-python has no types
    """Return the command line that makes the output and reports its progress.

    `says` is the log level for stderr: `error` or `info`.
    """
    told = ("-nostdin", "-hide_banner", "-nostats", "-v", says, "-y", "-progress", "pipe:1")
    return [str(word) for word in output.global_args(*told).compile(cmd=ffmpeg_path())]
