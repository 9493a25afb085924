"""The transcoder: turns an upload into an HLS ladder, an MP4, a poster, and thumbnails.

A run is one directory of files that refer to each other by name only. It is written outside the place
it will be served from, and is checked before it is moved there.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media.files.translation_marks import N_
from media.video.audio_posters_and_thumbnail_sheets import (
    draw_sound_poster,
    put_into_sheets,
    thumbnail_track,
)
from media.video.encoder_runs import (
    FAILED,
    EncodeCanceled,
    EncodeFailed,
    EncoderRun,
    begin_run,
)
from media.video.even_source import even_source
from media.video.hls_playlist_parser_and_writer import (
    AAC_LC,
    BrokenPlaylist,
    Playlist,
    Sound,
    Variant,
    checked_playlist,
    master_playlist,
    picture_codec,
)
from media.video.renditions_and_commands import (
    HIGH,
    LONGEST_COPIED_SEGMENT,
    LONGEST_TIMES,
    LOW,
    POSTER,
    PROGRESSIVE,
    SLIDE_FRAMES,
    SOUND,
    THUMB,
    THUMB_SECONDS,
    THUMB_WIDTH,
    THUMBS,
    THUMBS_ACROSS,
    copy_command,
    encode_command,
    poster_command,
    progressive_command,
    rungs,
    slide_commands,
    slide_picture,
    thumb_height,
)
from media.video.slide_detection import Slide, find_slides
from media.video.sound_level import check_level
from media.video.stream_facts import TOGETHER_SECONDS
from media.video.upload_probe import CUT_OFF, Probe, Unplayable, VideoStream, held_seconds

__all__ = [
    "EncodeCanceled",
    "EncodeFailed",
    "Encoded",
    "NotCopyable",
    "Rendition",
    "Slide",
    "Unplayable",
    "encode",
    "remux",
]

MASTER: Final = "master.m3u8"
THUMB_TRACK: Final = "thumbs.vtt"
CLOSE_SECONDS: Final = 0.5
# A header may be slightly wrong; a file that lacks more than this was cut off.
CUT_SECONDS: Final = 2.0
CUT_SHARE: Final = 0.01

UNEVEN: Final = N_("The encoded video is shorter or longer than the recording. Try again.")


class NotCopyable(Exception):
    """The video must be encoded: its key frames are too far apart, or browsers can't play it."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """One playlist of a run; sizes in pixels (0 for sound), rates in bits per second."""

    name: str
    playlist: str
    file: str
    codec: str
    width: int
    height: int
    frames_per_second: float
    peak_bits: int
    mean_bits: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Encoded:
    """A finished run: `files` are all names in its directory.

    `seconds` is the playing time. A run that was only copied, or is without video, has no `slides`.
    """

    seconds: float
    renditions: tuple[Rendition, ...]
    slides: tuple[Slide, ...]
    files: tuple[str, ...]


def remux(
    source: Path,
    out: Path,
    probe: Probe,
    *,
    progress: Callable[[float], None],
    canceled: Callable[[], bool],
) -> Encoded:
    """Make a first run by copying video and audio: takes seconds for an hour, to be watchable at once.

    `out` must not exist or must be empty. `progress` gets a share of 1. Raises NotCopyable if the
    recording must be encoded, otherwise as encode does.
    """
    if probe.video is None or not probe.copyable:
        raise NotCopyable
    if probe.audio and probe.lacks(probe.audio):  # silence can't be added without encoding
        raise NotCopyable
    run = begin_run(out, probe, progress, canceled)
    run.ffmpeg(copy_command(source, probe, sound=True), probe.seconds, (0.0, 0.9))
    high = _checked(out, HIGH)
    if high.longest > LONGEST_COPIED_SEGMENT or _shows_hidden(high, probe.video):
        raise NotCopyable
    run.ffmpeg(poster_command(out, probe.video), 1.0, (0.9, 1.0))
    return _finished(source, out, probe, [HIGH] + [SOUND] * probe.has_audio, ())


def encode(
    source: Path,
    out: Path,
    probe: Probe,
    *,
    progress: Callable[[float], None],
    canceled: Callable[[], bool],
    pictured: Sequence[float] = (),
) -> Encoded:
    """Make the whole run: ladder, leveled sound, plain MP4, poster, thumbnails, slides.

    A video that browsers can play becomes the high rung by copying. `out` must not exist or must be
    empty. `progress` gets a share of 1, never decreasing. The pictures at the `pictured` times
    (seconds) are saved in addition to those of the slides. Raises Unplayable if the recording turns out
    to be cut off, EncodeFailed, EncodeCanceled.
    """
    run = begin_run(out, probe, progress, canceled)
    even = even_source(run, source, probe, (0.0, 0.03))
    cuts = _copied_cuts(even.path, run, even.found)
    command = encode_command(even.path, even.found, cuts, even.level)
    run.ffmpeg(command, probe.seconds, (0.04, 0.95))
    check_level(run, even.path, even.found, even.level, (0.95, 0.97))
    even.forget()
    run.ffmpeg(progressive_command(out, probe), probe.seconds, (0.97, 0.98))
    slides: tuple[Slide, ...] = ()
    if probe.video:
        run.ffmpeg(poster_command(out, probe.video), 1.0, (0.98, 0.98))
        _write_thumbnails(out, probe.video, probe.seconds)
        slides = find_slides(out / SLIDE_FRAMES)
        (out / SLIDE_FRAMES).unlink()
        _take_pictures(run, {slide.picture_s for slide in slides} | {*pictured})
    else:
        draw_sound_poster(out / POSTER)
    names = [HIGH, LOW] * probe.has_video + [SOUND] * probe.has_audio
    return _finished(source, out, probe, names, slides)


def _copied_cuts(source: Path, run: EncoderRun, probe: Probe) -> tuple[float, ...]:
    """Copy the video if possible, and return where its segments begin; otherwise return nothing."""
    if probe.video is None or not probe.copyable:
        return ()
    run.ffmpeg(copy_command(source, probe, sound=False), probe.seconds, (0.03, 0.04))
    high = _checked(run.out, HIGH)
    if high.longest > LONGEST_COPIED_SEGMENT or len(high.starts) * 10 > LONGEST_TIMES:
        return ()
    return () if _shows_hidden(high, probe.video) else high.starts


def _shows_hidden(high: Playlist, video: VideoStream) -> bool:
    """Return whether a copy shows what the source hides, which would put it behind the sound.

    A film trimmed without encoding still has the pictures since the key frame before the cut.
    """
    last_picture = 1 / (video.rate or 1)
    return 0 < video.seconds < high.seconds - TOGETHER_SECONDS - last_picture


def _checked(out: Path, name: str) -> Playlist:
    try:
        return checked_playlist(out / f"{name}.m3u8")
    except BrokenPlaylist as fault:
        raise EncodeFailed(FAILED, str(fault)) from None


def _take_pictures(run: EncoderRun, times: Set[float]) -> None:
    for command in slide_commands(run.out / PROGRESSIVE, sorted(times)):
        run.ffmpeg(command, 1.0, (0.98, 0.98))


def _finished(
    source: Path, out: Path, probe: Probe, names: Sequence[str], slides: tuple[Slide, ...]
) -> Encoded:
    """Check the files, write the master playlist, and return the run."""
    renditions = tuple(_rendition(out, probe, name) for name in names)
    seconds = max(each.seconds for each in renditions)
    _check_length(source, probe, seconds)
    sounds = [
        Sound(each.playlist, min(2, probe.audio.channels), each.peak_bits, each.mean_bits)
        for each in renditions
        if probe.audio and each.name == SOUND
    ]
    variants = [
        Variant(
            uri=each.playlist,
            codec=each.codec,
            width=each.width,
            height=each.height,
            frames_per_second=each.frames_per_second,
            peak_bits=each.peak_bits,
            mean_bits=each.mean_bits,
        )
        for each in renditions
        if each.width
    ]
    (out / MASTER).write_text(master_playlist(variants, next(iter(sounds), None)), "utf-8")
    files = tuple(sorted(path.name for path in out.iterdir()))
    return Encoded(
        seconds=seconds,
        renditions=renditions,
        # A slide without a picture is not shown.
        slides=tuple(each for each in slides if slide_picture(each.picture_s) in files),
        files=files,
    )


def _rendition(out: Path, probe: Probe, name: str) -> Rendition:
    playlist = _checked(out, name)
    codec, width, height, rate = AAC_LC, 0, 0, 0.0
    if probe.video and name != SOUND:
        try:
            codec = picture_codec(out / playlist.file, playlist.header)
        except BrokenPlaylist as fault:
            raise EncodeFailed(FAILED, str(fault)) from None
        rung = next(each for each in rungs(probe.video) if each.name == name)
        width, height, rate = rung.width, rung.height, float(rung.rate)
    return Rendition(
        name=name,
        playlist=f"{name}.m3u8",
        file=playlist.file,
        codec=codec,
        width=width,
        height=height,
        frames_per_second=rate,
        peak_bits=playlist.peak_bits,
        mean_bits=playlist.mean_bits,
        seconds=playlist.seconds,
    )


def _check_length(source: Path, probe: Probe, made: float) -> None:
    """Raise unless the result is as long as the source; find out which of them is short."""
    if abs(made - probe.seconds) <= CLOSE_SECONDS:
        return
    held = held_seconds(source, probe)
    said = f"made {made:.3f} s, held {held:.3f} s, announced {probe.seconds:.3f} s"
    if abs(made - held) > CLOSE_SECONDS:
        raise EncodeFailed(UNEVEN, said)
    if probe.seconds - held > max(CUT_SECONDS, CUT_SHARE * probe.seconds):
        raise Unplayable(CUT_OFF, said)


def _write_thumbnails(out: Path, video: VideoStream, seconds: float) -> None:
    size = (THUMB_WIDTH, thumb_height(video))
    singles = sorted(out.glob(THUMB.replace("%05d", "*")))
    put_into_sheets(singles, out / THUMBS, across=THUMBS_ACROSS, size=size)
    track = thumbnail_track(
        seconds, every=THUMB_SECONDS, across=THUMBS_ACROSS, size=size, sheet=THUMBS
    )
    (out / THUMB_TRACK).write_text(track, "utf-8")
