"""The upload probe: what an uploaded file contains, or why it can't be a recording."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import ffmpeg

from media.files.subprocesses import Limits, ProgramFailed, ask, ffprobe_path, run_ffmpeg
from media.files.translation_marks import N_
from media.video.ffmpeg_options import compiled, opened
from media.video.ffprobe_and_mediainfo import READ_LIMITS, read_with_ffprobe, read_with_mediainfo
from media.video.stream_facts import AudioStream, Probe, VideoStream

__all__ = ["AudioStream", "Probe", "Unplayable", "VideoStream", "held_seconds", "probe"]

LONGEST_SECONDS: Final = 24 * 3600
LARGEST_SIDE: Final = 8192
_DECODE_SECONDS: Final = 120

EMPTY: Final = N_("This file is empty because its upload or export was interrupted. Try again.")
NO_RECORDING: Final = N_(
    "This isn't a recording: it has no video or audio that we can read. Upload an MP4, "
    "MOV, MKV, WebM, or audio file."
)
ONLY_A_LIST: Final = N_("This file only points to other files. Upload the recording itself.")
INCOMPLETE: Final = N_(
    "This file is incomplete: its index is missing. Copy or export the recording again, "
    "then upload it."
)
CUT_OFF: Final = N_(
    "This file is incomplete: its end is missing. Copy or export the recording again, "
    "then upload it."
)
UNDECODABLE: Final = N_(
    "We can open this recording but not play it. It's damaged, copy-protected, or in an "
    "unusual format. Export it as an MP4 file (H.264 and AAC)."
)
TOO_LONG: Final = N_("This recording is longer than 24 hours. Split it into parts.")
TOO_LARGE: Final = N_("This video is more than 8,192 pixels wide or high. Export it at 1080p.")


class Unplayable(Exception):
    """The file can't become a recording: a sentence for people, and the program's output."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail


def probe(path: Path) -> Probe:
    """Return the facts of the file after decoding its first pictures and sounds.

    Raises Unplayable with a sentence that says why it can't be used and what to do.
    """
    path = path.absolute()
    if path.stat().st_size == 0:
        raise Unplayable(EMPTY)
    found = _read(path)
    if found.video is None and found.audio is None:
        raise Unplayable(NO_RECORDING, f"{found.container}: no stream of picture or sound")
    if found.video and max(found.video.width, found.video.height) > LARGEST_SIDE:
        raise Unplayable(TOO_LARGE, f"{found.video.width}x{found.video.height}")
    _decode_a_little(path, found)
    if found.seconds <= 0:  # a browser's recording, for example, doesn't say
        found = replace(found, seconds=held_seconds(path, found))
    if found.seconds <= 0:
        raise Unplayable(UNDECODABLE, "no length")
    if found.seconds > LONGEST_SECONDS:
        raise Unplayable(TOO_LONG, f"{found.seconds:.0f} s")
    return found


def held_seconds(path: Path, found: Probe) -> float:
    """Return the length that can be read, by reading the whole file; raises Unplayable."""
    source = opened(path)
    streams = [source[each.pick] for each in (found.video, found.audio) if each]
    try:
        return run_ffmpeg(
            compiled(ffmpeg.output(*streams, "-", format="null", codec="copy")),
            limits=Limits(cpu_seconds=3600),
            folder=Path("/"),
            progress=lambda _: None,
            canceled=lambda: False,
        ).seconds
    except ProgramFailed as fault:
        raise Unplayable(UNDECODABLE, fault.tail) from None


def _read(path: Path) -> Probe:
    ffprobe = ffprobe_path()
    try:
        if ffprobe:
            return read_with_ffprobe(ffprobe, path)
        _open_with_ffmpeg(path)
        return read_with_mediainfo(path)
    except ProgramFailed as fault:
        raise Unplayable(_why_unreadable(path), fault.tail) from None


def _open_with_ffmpeg(path: Path) -> None:
    """Let ffmpeg open the file with its protocol and format limits first."""
    output = opened(path).output("-", format="null", codec="copy", t=0)
    said = ask(compiled(output), limits=READ_LIMITS, seconds=_DECODE_SECONDS)
    if said.code != 0:
        raise ProgramFailed(said.err)


def _decode_a_little(path: Path, found: Probe) -> None:
    source = opened(path)
    outputs = []
    if found.video:
        outputs.append(source[found.video.pick].output("-", format="null", vframes=5))
    if found.audio:
        outputs.append(source[found.audio.pick].output("-", format="null", aframes=20))
    command = compiled(ffmpeg.merge_outputs(*outputs))
    try:
        said = ask(command, limits=READ_LIMITS, seconds=_DECODE_SECONDS)
    except ProgramFailed as fault:
        raise Unplayable(UNDECODABLE, fault.tail) from None
    if said.code != 0 or (found.video and re.findall(r"frame=(\d+)", said.out)[-1:] == ["0"]):
        raise Unplayable(UNDECODABLE, said.err)


def _why_unreadable(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(4096)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"#EXTM3U", b"ffconcat", b"v=0\n", b"v=0\r")) or b"<MPD" in text:
        return ONLY_A_LIST
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return INCOMPLETE
    return NO_RECORDING
