"""Odd and hostile recordings, generated from scratch, and the outcome of each.

`python -m tests.recordings.recording_cases` makes them all, takes each through the real pipeline
and prints the table.
"""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from media.files.subprocesses import ffmpeg_path
from media.video.transcoder import EncodeFailed, encode
from media.video.upload_probe import (
    CUT_OFF,
    EMPTY,
    INCOMPLETE,
    NO_RECORDING,
    ONLY_A_LIST,
    TOO_LARGE,
    TOO_LONG,
    Unplayable,
    probe,
)
from tests.media.conftest import AAC, X264, picture, tone
from tests.wait_until import PATIENCE_S

FILM = (*picture(), *tone(), *X264, *AAC, "-g", "50", "-shortest")
LONG = (*picture(seconds=20), *tone(20), *X264, *AAC, "-g", "50")
LIST = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{}\n#EXT-X-ENDLIST\n"
DASH = '<?xml version="1.0"?>\n<MPD><Period><BaseURL>file:///etc/passwd</BaseURL></Period></MPD>\n'
SUBTITLES = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd file: how to make it in a folder, and its expected outcome."""

    name: str
    make: Callable[[Path], Path]
    outcome: str


def by_ffmpeg(file: str, *words: str) -> Callable[[Path], Path]:
    """Return a function that makes a file with the given ffmpeg arguments."""

    def made(folder: Path) -> Path:
        path = folder / file
        command = [ffmpeg_path(), "-v", "error", "-nostdin", "-y", *words, str(path)]
        subprocess.run(command, check=True, timeout=PATIENCE_S, cwd=folder)
        return path

    return made


def written(file: str, content: bytes) -> Callable[[Path], Path]:
    """Return a function that writes a file with the given content."""

    def made(folder: Path) -> Path:
        path = folder / file
        path.write_bytes(content)
        return path

    return made


def changed(
    file: str, words: tuple[str, ...], change: Callable[[bytes], bytes]
) -> Callable[[Path], Path]:
    """Return a function that makes a file with ffmpeg and changes its bytes."""

    def made(folder: Path) -> Path:
        path = by_ffmpeg(file, *words)(folder)
        path.write_bytes(change(path.read_bytes()))
        return path

    return made


def renamed(file: str, make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """Return a function that gives a file another name."""
    return lambda folder: make(folder).rename(folder / file)


def with_subtitles(folder: Path) -> Path:
    (folder / "words.srt").write_text(SUBTITLES)
    return by_ffmpeg(
        "subtitled.mkv", *picture(), *tone(), "-i", "words.srt", *X264, *AAC, "-c:s", "srt"
    )(folder)


def with_an_attachment(folder: Path) -> Path:
    (folder / "letters.ttf").write_bytes(bytes(range(256)) * 40)
    attached = ("-attach", "letters.ttf", "-metadata:s:t", "mimetype=application/x-truetype-font")
    return by_ffmpeg("attached.mkv", *FILM, *attached)(folder)


def turned(degrees: str) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        by_ffmpeg("straight.mp4", *FILM)(folder)
        return by_ffmpeg(
            "turned.mp4", "-display_rotation", degrees, "-i", "straight.mp4", "-c", "copy"
        )(folder)

    return made


def hole(data: bytes) -> bytes:
    """Overwrite a tenth of the file in the middle."""
    at, length = len(data) // 2, len(data) // 10
    return data[:at] + b"\x00" * length + data[at + length :]


JUMP = "setpts='PTS+gt(N,50)*86400/TB'"
PICTURED, HEARD = "plays: picture and sound", "plays: sound alone"
SEEN = "plays: picture alone"
ODD: tuple[Odd, ...] = (
    Odd("a plain recording", by_ffmpeg("talk.mp4", *FILM), f"{PICTURED} 320x180"),
    Odd("0 bytes", written("empty.mp4", b""), EMPTY),
    Odd(
        "cut off before its index",
        changed("half.mp4", FILM, lambda data: data[: len(data) // 2]),
        INCOMPLETE,
    ),
    Odd(
        "cut off in the middle (Matroska)",
        changed("half.mkv", LONG, lambda data: data[: len(data) // 2]),
        CUT_OFF,
    ),
    Odd("a tenth of it overwritten", changed("hole.mp4", FILM, hole), f"{PICTURED} 320x180"),
    Odd(
        "a text named .mp4", written("words.mp4", b"Dear all,\nsee you there\n" * 50), NO_RECORDING
    ),
    Odd(
        "a film named .txt",
        renamed("talk.txt", by_ffmpeg("talk.mp4", *FILM)),
        f"{PICTURED} 320x180",
    ),
    Odd(
        "a rate that varies",
        by_ffmpeg(
            "vfr.mp4",
            *picture(),
            "-vf",
            "select='lt(t,1)+not(mod(n,10))'",
            "-fps_mode",
            "vfr",
            *X264,
        ),
        f"{SEEN} 320x180",
    ),
    Odd("turned by 90 degrees", turned("90"), f"{PICTURED} 180x320"),
    Odd("turned by 37 degrees", turned("37"), f"{PICTURED} 180x320"),
    Odd("turned by 36,000,090 degrees", turned("36000090"), f"{PICTURED} 180x320"),
    Odd(
        "10 bits (H.264)",
        by_ffmpeg("ten.mp4", *picture(), "-c:v", "libx264", "-pix_fmt", "yuv420p10le"),
        f"{SEEN} 320x180",
    ),
    Odd(
        "HEVC",
        by_ffmpeg(
            "hevc.mp4",
            *picture(),
            *tone(),
            "-c:v",
            "libx265",
            "-x265-params",
            "log-level=error",
            *AAC,
        ),
        f"{PICTURED} 320x180",
    ),
    Odd(
        "HEVC of 10 bits",
        by_ffmpeg(
            "hevc10.mp4",
            *picture(),
            "-c:v",
            "libx265",
            "-pix_fmt",
            "yuv420p10le",
            "-x265-params",
            "log-level=error",
        ),
        f"{SEEN} 320x180",
    ),
    Odd(
        "AV1",
        by_ffmpeg("av1.mkv", *picture(seconds=2), "-c:v", "libaom-av1", "-cpu-used", "8"),
        f"{SEEN} 320x180",
    ),
    Odd(
        "sound in 5.1",
        by_ffmpeg("surround.mkv", *picture(), *tone(), *X264, "-ac", "6", "-c:a", "ac3"),
        f"{PICTURED} 320x180",
    ),
    Odd("no sound", by_ffmpeg("silent.mp4", *picture(), *X264), f"{SEEN} 320x180"),
    Odd("sound alone", by_ffmpeg("talk.mp3", *tone()), HEARD),
    Odd(
        "8k",
        by_ffmpeg("8k.mp4", *picture("7680x4320", rate=2, seconds=2), *X264),
        f"{SEEN} 7680x4320",
    ),
    Odd(
        "9,000 pixels wide",
        by_ffmpeg("vast.mkv", "-f", "lavfi", "-i", "color=s=9000x16:r=1:d=1", "-c:v", "ffv1"),
        TOO_LARGE,
    ),
    Odd(
        "one pixel",
        by_ffmpeg(
            "pixel.mkv",
            "-f",
            "lavfi",
            "-i",
            "color=s=1x1:r=5:d=4",
            "-c:v",
            "ffv1",
            "-pix_fmt",
            "bgr0",
        ),
        f"{SEEN} 1x1",
    ),
    Odd("one picture", by_ffmpeg("one.mp4", *picture(seconds=0.04), *X264), f"{SEEN} 320x180"),
    Odd(
        "odd sides",
        by_ffmpeg(
            "odd.mkv",
            "-f",
            "lavfi",
            "-i",
            "color=s=319x179:r=5:d=4",
            "-c:v",
            "ffv1",
            "-pix_fmt",
            "bgr0",
        ),
        f"{SEEN} 319x179",
    ),
    Odd(
        "interlaced",
        by_ffmpeg(
            "interlaced.ts", *picture("720x576"), "-c:v", "mpeg2video", "-flags", "+ilme+ildct"
        ),
        f"{SEEN} 720x576",
    ),
    Odd(
        "a time that jumps by a day",
        by_ffmpeg("jump.mkv", *picture(), "-vf", JUMP, "-fps_mode", "passthrough", *X264),
        TOO_LONG,
    ),
    Odd(
        "a list that names the web",
        written("talk.mp4", LIST.format("http://127.0.0.1:9/a.ts").encode()),
        ONLY_A_LIST,
    ),
    Odd(
        "a list that names /etc/passwd",
        written("talk.m3u8", LIST.format("file:///etc/passwd").encode()),
        ONLY_A_LIST,
    ),
    Odd(
        "a concat script",
        written("talk.mkv", b"ffconcat version 1.0\nfile 'file:///etc/passwd'\n"),
        ONLY_A_LIST,
    ),
    Odd("a DASH list", written("talk.mpd", DASH.encode()), ONLY_A_LIST),
    Odd(
        "a picture named .mp4",
        renamed("still.mp4", by_ffmpeg("still.png", *picture(seconds=0.1), "-frames:v", "1")),
        NO_RECORDING,
    ),
    Odd("a font inside (Matroska)", with_an_attachment, f"{PICTURED} 320x180"),
    Odd("subtitles inside", with_subtitles, f"{PICTURED} 320x180"),
    Odd(
        "three sound tracks",
        by_ffmpeg(
            "three.mkv",
            *picture(),
            *tone(),
            *tone(),
            *tone(),
            "-map",
            "0",
            "-map",
            "1",
            "-map",
            "2",
            "-map",
            "3",
            *X264,
            *AAC,
        ),
        f"{PICTURED} 320x180",
    ),
    Odd(
        "stretched pixels",
        by_ffmpeg("wide.mp4", *picture("360x288"), "-vf", "setsar=16/11", *X264),
        f"{SEEN} 524x288",
    ),
    Odd(
        "sound that begins a second late",
        by_ffmpeg("late.mp4", *picture(), "-itsoffset", "1", *tone(3), *X264, *AAC),
        f"{PICTURED} 320x180",
    ),
)


def become(odd: Odd, folder: Path) -> str:
    """Make an odd file, run it through probe and encoder, and return the outcome."""
    path = odd.make(folder)
    try:
        found = probe(path)
        made = encode(path, folder / "run", found, progress=lambda _: None, canceled=lambda: False)
    except Unplayable as refused:
        return refused.sentence
    except EncodeFailed as failed:
        return f"failed: {failed.tail}"
    if found.video is None:
        return HEARD
    kind = PICTURED if any(each.name == "audio" for each in made.renditions) else SEEN
    return f"{kind} {found.video.width}x{found.video.height}"


def table() -> Iterator[tuple[str, str]]:
    """Yield each odd file's name and its outcome."""
    for odd in ODD:
        with tempfile.TemporaryDirectory(prefix="carrel-odd-") as folder:
            yield odd.name, become(odd, Path(folder))


if __name__ == "__main__":
    for name, outcome in table():
        print(f"{name:<36} {outcome}", flush=True)  # noqa: T201  (the table)
