"""A watermarked MP4: a recording with a name burned in and caption tracks added.

ffmpeg reads the name from a file with a fixed name, and expands nothing in it: no user input appears in
a filter.
"""

import shutil
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ffmpeg
from PIL import ImageFont

from media.video.encoder_runs import EncoderRun, limits_for
from media.video.even_source import EvenSource, even_source
from media.video.ffmpeg_options import compiled, opened
from media.video.loudness import even_channels, levelled
from media.video.picture_filters import last_picture_stays, sized, whole_pictures
from media.video.renditions_and_commands import Rung, rungs
from media.video.stream_facts import Probe

FONTS: Final = Path(__file__).with_name("fonts")
# The first that has every character of a name is used: the second has all scripts, but looks plainer.
FACES: Final = ("DejaVuSans.ttf", "unifont.otf")
FILM: Final = "recording.mp4"
NAME: Final = "name.txt"
FACE: Final = "face.font"
LONGEST_NAME: Final = 120
LINES_HIGH: Final = 30  # this many lines of the name would fill the picture
WIDTH_OF_A_SIGN: Final = 0.66  # of its height, in the wider font
SMALLEST_PX: Final = 11
SOUND_ONLY: Final = (1280, 720, 5)  # width, height and frames per second of a plain background
_MISSING: Final = "\uffff"
# Two letters of BCP 47, then the three of ISO 639-2 that MP4 requires.
_LANGUAGES: Final = {
    pair[:2]: pair[2:]
    for pair in (
        *("arara", "dedeu", "elell", "eneng", "esspa", "fafas", "frfra", "heheb", "hihin"),
        *("hthat", "itita", "jajpn", "kokor", "nlnld", "plpol", "ptpor", "rurus", "sosom"),
        *("tltgl", "ukukr", "vivie", "zhzho"),
    )
}


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """Captions as a local WebVTT file; `language` is a BCP 47 tag."""

    path: Path
    language: str
    label: str


@dataclass(frozen=True, slots=True)
class Marks:
    """What is added to a film: the owner's name, and captions."""

    name: str
    captions: tuple[CaptionFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Lettered:
    """The displayable part of a name, and the font for it."""

    text: str
    font: Path


def letter(name: str) -> Lettered:
    """Choose the font for a name; characters it lacks and invisible ones are left out."""
    text = " ".join(unicodedata.normalize("NFC", name).split())[:LONGEST_NAME]
    best: Lettered | None = None
    for face in FACES:
        path = FONTS / face
        font = ImageFont.truetype(str(path), 24)
        blank = bytes(font.getmask(_MISSING))
        kept = "".join(sign for sign in text if _is_shown(sign, font, blank))
        tidy = " ".join(kept.split())
        if best is None or len(tidy) > len(best.text):
            best = Lettered(tidy, path)
    assert best is not None  # noqa: S101  (there are fonts)
    return best


def burn(
    source: Path,
    out: Path,
    found: Probe,
    marks: Marks,
    *,
    progress: Callable[[float], None],
    canceled: Callable[[], bool],
) -> Path:
    """Encode a recording with a name in its picture into `out`, an empty folder; returns the MP4.

    A recording without video gets a plain background, so that the name is shown, too. Raises
    EncodeFailed and EncodeCanceled.
    """
    out.mkdir(parents=True, exist_ok=True)
    run = EncoderRun(out, limits_for(found.seconds), progress, canceled)
    even = even_source(run, source, found, (0.0, 0.05))
    lettered = letter(marks.name)
    (out / NAME).write_text(lettered.text or " ", "utf-8")
    shutil.copyfile(lettered.font, out / FACE)
    command = _command(even, len(lettered.text), marks.captions)
    run.ffmpeg(command, found.seconds, (0.05, 1.0))
    even.forget()
    (out / NAME).unlink()
    (out / FACE).unlink()
    return out / FILM


def _is_shown(sign: str, font: ImageFont.FreeTypeFont, blank: bytes) -> bool:
    if sign == " ":
        return True
    if unicodedata.category(sign) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"):
        return False
    return bytes(font.getmask(sign)) != blank or unicodedata.category(sign).startswith("M")


def _command(source: EvenSource, signs: int, captions: Sequence[CaptionFile]) -> list[str]:
    opened_source, found = opened(source.path), source.found
    picture, filters = _picture(opened_source, found, signs)
    streams: list[Any] = [picture]
    options: dict[str, Any] = {
        "vf": ",".join(filters),
        "vcodec": "libx264",
        "preset": "veryfast",
        "crf": 23,
        "pix_fmt": "yuv420p",
        "movflags": "+faststart",
        "map_metadata": -1,
        "t": round(found.seconds, 3),
    }
    if found.audio:
        sound = even_channels(opened_source[found.audio.pick], found.audio)
        streams.append(levelled(sound, source.level))
        options |= {"acodec": "aac", "b:a": "128k"}
    for number, track in enumerate(captions):
        # Only WebVTT is allowed, so that a caption file can't make ffmpeg open anything else.
        fence = {"f": "webvtt", "protocol_whitelist": "file,pipe", "format_whitelist": "webvtt"}
        streams.append(ffmpeg.input(f"file:{track.path.absolute()}", **fence)["s"])
        language = _LANGUAGES.get(track.language.split("-")[0].lower(), "und")
        options[f"metadata:s:s:{number}"] = f"language={language}"
    if captions:
        options["scodec"] = "mov_text"
    return compiled(ffmpeg.output(*streams, FILM, **options))


def _picture(opened_source: Any, found: Probe, signs: int) -> tuple[Any, tuple[str, ...]]:  # noqa: ANN401
    """Return the video, and the filters that draw the name on it."""
    if found.video is None:
        width, height, rate = SOUND_ONLY
        plain = ffmpeg.input(f"color=c=0x191612:s={width}x{height}:r={rate}", f="lavfi")
        return plain["v"], (_name(width, height, signs),)
    rung: Rung = rungs(found.video)[0]
    lacking = found.lacks(found.video)
    filters = (
        *whole_pictures(found.video),
        f"fps={rung.rate.numerator}/{rung.rate.denominator}:start_time=0",
        *last_picture_stays(lacking),
        *sized(found.video, rung.width, rung.height),
        _name(rung.width, rung.height, signs),
    )
    return opened_source[found.video.pick], filters


def _name(width: int, height: int, signs: int) -> str:
    fitting = width * 0.9 / (WIDTH_OF_A_SIGN * max(1, signs))
    size = max(SMALLEST_PX, round(min(height / LINES_HIGH, fitting)))
    return (
        f"drawtext=fontfile={FACE}:textfile={NAME}:expansion=none:fontsize={size}"
        f":fontcolor=white@0.85:box=1:boxcolor=black@0.45:boxborderw={max(2, size // 3)}"
        f":x=w-tw-{size}:y={size}"
    )
