"""The renditions of a recording, and the ffmpeg commands that make them.

Everything that must be encoded is made in one call, since decoding and scaling once is a third cheaper.
The low rung has the full resolution and a lower frame rate, so that text stays readable. Its buffer is
large, since a new slide needs many bits at once.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import ffmpeg

from media.video import slide_detection
from media.video.ffmpeg_options import compiled, opened
from media.video.loudness import Level, even_channels, levelled
from media.video.picture_filters import last_picture_stays, sized, whole_pictures
from media.video.stream_facts import COPY_HEIGHT, AudioStream, Probe, VideoStream

SEGMENT_SECONDS: Final = 6
LONGEST_COPIED_SEGMENT: Final = 12.0
# One argument of a command is at most 128 KiB; beyond that the video is encoded.
LONGEST_TIMES: Final = 120_000
THUMB_SECONDS: Final = 10
THUMBS_ACROSS: Final = 10
THUMB_WIDTH: Final = 160
POSTER_WIDTH: Final = 1280
POSTER_SEEN_SECONDS: Final = 30
HIGH, LOW, SOUND = "high", "low", "audio"
POSTER: Final = "poster.jpg"
PROGRESSIVE: Final = "progressive.mp4"
SLIDE_WIDTH: Final = 800
SLIDES_AT_ONCE: Final = 12
THUMB: Final = "thumb-%05d.jpg"
THUMBS: Final = "thumbs-%03d.jpg"
SLIDE_FRAMES: Final = "slides.gray"
_TOP_RATE: Final = Fraction(30)
_LOW_RATE: Final = Fraction(15)
_THREADS: Final = min(8, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Rung:
    """One video to encode; sizes in pixels, rates in bits per second, bursts in bits."""

    name: str
    width: int
    height: int
    rate: Fraction
    crf: int
    peak_bits: int
    burst_bits: int


def rungs(video: VideoStream) -> tuple[Rung, Rung]:
    """Return the high and the low rung for a video: never larger or faster than the source."""
    rate = _steady_rate(video)
    size = _fitted(video)
    low = min(rate, _LOW_RATE)
    return (
        Rung(HIGH, *size, rate=rate, crf=23, peak_bits=2_500_000, burst_bits=5_000_000),
        Rung(LOW, *size, rate=low, crf=34, peak_bits=1_000_000, burst_bits=4_000_000),
    )


def thumb_height(video: VideoStream) -> int:
    """Return the height of a thumbnail of THUMB_WIDTH."""
    return max(2, round(THUMB_WIDTH * video.height / video.width / 2) * 2)


def copy_command(source: Path, found: Probe, *, sound: bool) -> list[str]:
    """Return the command that copies the video, and the audio if wanted, unchanged."""
    opened_source = opened(source)
    outputs = []
    if found.video:
        outputs.append(_hls(opened_source[found.video.pick], HIGH, codec="copy"))
    if found.audio and sound:
        # Transport streams put a header on each AAC frame that MP4 doesn't use.
        adts = {"codec": "copy", "bsf:a": "aac_adtstoasc"}
        outputs.append(_hls(opened_source[found.audio.pick], SOUND, **adts))
    return compiled(ffmpeg.merge_outputs(*outputs))


def poster_command(folder: Path, video: VideoStream) -> list[str]:
    """Return the command that takes a poster from a key frame in the high rung's first half minute.

    Key frames are seconds apart, so few pictures are decoded; decoding all of half a minute took as
    long as encoding three seconds.
    """
    seen = opened(folder / f"{HIGH}.mp4", t=POSTER_SEEN_SECONDS, skip_frame="nokey")
    picture = _filters(
        *whole_pictures(video),
        "fps=1:eof_action=pass",
        f"scale='min({POSTER_WIDTH},iw*sar)':-2:out_range=pc",
        "format=yuvj420p",
        "setsar=1",
        f"thumbnail={POSTER_SEEN_SECONDS}",
    )
    # A damaged source that was copied may have more bad key frames than ffmpeg tolerates.
    wanted = {"q:v": 3, "max_error_rate": 1}
    poster = ffmpeg.output(seen["v:0"], POSTER, vf=picture, vframes=1, update=1, **wanted)
    return compiled(poster)


def encode_command(source: Path, found: Probe, cuts: Sequence[float], level: Level) -> list[str]:
    """Return the one command that encodes everything needed.

    Every output produces data at once: ffmpeg reports no progress, and seems to hang, until each output
    has begun. So thumbnails are made one by one and put into sheets afterward, and the poster has its
    own command.

    `cuts` are the times in seconds at which the segments of a copied high rung begin: the low rung is
    cut there, too. Without cuts both rungs are encoded and cut every six seconds. The sound is brought
    to `level`.
    """
    opened_source = opened(source)
    outputs: list[Any] = []
    if found.video:
        picture = opened_source[found.video.pick]
        outputs += _pictures(picture, found.video, found.lacks(found.video), cuts)
    if found.audio:
        sound = opened_source[found.audio.pick]
        outputs.append(_sound(sound, found.audio, found.lacks(found.audio), level))
    return compiled(ffmpeg.merge_outputs(*outputs))


def sound_command(source: Path, found: Probe, audio: AudioStream, level: Level) -> list[str]:
    """Return the command that encodes only the sound, at another level."""
    return compiled(_sound(opened(source)[audio.pick], audio, found.lacks(audio), level))


def progressive_command(folder: Path, found: Probe) -> list[str]:
    """Return the command that copies low rung and sound into one MP4 for progressive playback."""
    names = [LOW] * found.has_video + [SOUND] * found.has_audio
    streams = [opened(folder / f"{name}.mp4") for name in names]
    return compiled(ffmpeg.output(*streams, PROGRESSIVE, codec="copy", movflags="+faststart"))


def slide_picture(at: float) -> str:
    """Return the file name of the picture at a time in seconds."""
    return f"slide-{round(at * 10):06d}.jpg"


def slide_commands(film: Path, times: Sequence[float]) -> Iterator[list[str]]:
    """Yield the commands that take the pictures of slides at times in seconds from a plain MP4.

    Each picture is seeked separately, several in one command, so that an hour isn't decoded for forty
    pictures.
    """
    for begin in range(0, len(times), SLIDES_AT_ONCE):
        pictures = [
            ffmpeg.output(
                opened(film, ss=f"{at:.2f}", threads=1)["v:0"],
                slide_picture(at),
                vf=_filters(f"scale='min({SLIDE_WIDTH},iw)':-2:out_range=pc", "format=yuvj420p"),
                vframes=1,
                update=1,
                **{"q:v": 4},
            )
            for at in times[begin : begin + SLIDES_AT_ONCE]
        ]
        yield compiled(ffmpeg.merge_outputs(*pictures))


def _pictures(
    stream: Any,  # noqa: ANN401
    video: VideoStream,
    lacking: float,
    cuts: Sequence[float],
) -> list[Any]:
    wanted = [rung for rung in rungs(video) if not (cuts and rung.name == HIGH)]
    before = whole_pictures(video)
    outputs = [_rung(stream, rung, video, lacking, cuts) for rung in wanted]
    thumbs = _filters(
        *before,
        f"fps=1/{THUMB_SECONDS}:start_time=0:eof_action=pass",
        *sized(video, THUMB_WIDTH, thumb_height(video)),
        "scale=out_range=pc",
        "format=yuvj420p",
    )
    outputs.append(ffmpeg.output(stream, THUMB, vf=thumbs, **{"q:v": 3}))
    outputs.append(frames_for_slides(stream, before))
    return outputs


def frames_for_slides(stream: Any, before: Sequence[str]) -> Any:  # noqa: ANN401
    """Return the output of small gray frames, each the picture at its exact second."""
    frames = _filters(
        *before,
        "fps=1:start_time=0:round=up:eof_action=pass",
        f"scale={slide_detection.WIDTH}:{slide_detection.HEIGHT}:flags=area",
        "format=gray",
    )
    return ffmpeg.output(stream, SLIDE_FRAMES, vf=frames, format="rawvideo")


def _filters(*chain: str) -> str:
    """Return filters as a graph for one output only.

    In a graph shared by outputs, ffmpeg first requests the output that is furthest behind. A rare
    picture yields nothing for long, and meanwhile all pictures for the rungs are buffered: 13 GB in
    five minutes of 720p, compared with 0.4 GB with separate graphs.
    """
    return ",".join(chain)


def _rung(
    stream: Any,  # noqa: ANN401
    rung: Rung,
    video: VideoStream,
    lacking: float,
    cuts: Sequence[float],
) -> Any:  # noqa: ANN401
    times = ",".join(f"{cut:.3f}" for cut in cuts)
    picture = _filters(
        *whole_pictures(video),
        f"fps={rung.rate.numerator}/{rung.rate.denominator}:start_time=0",
        *last_picture_stays(lacking),
        *sized(video, rung.width, rung.height),
        "format=yuv420p",
    )
    return _hls(
        stream,
        rung.name,
        vf=picture,
        vcodec="libx264",
        preset="veryfast",
        profile="high",
        crf=rung.crf,
        maxrate=rung.peak_bits,
        bufsize=rung.burst_bits,
        # Key frames are only at the forced times, the same in both rungs.
        g=round(rung.rate * LONGEST_COPIED_SEGMENT * 2),
        sc_threshold=0,
        force_key_frames=times or f"expr:gte(t,n_forced*{SEGMENT_SECONDS})",
        threads=_THREADS,
    )


def _sound(stream: Any, audio: AudioStream, lacking: float, level: Level) -> Any:  # noqa: ANN401
    sound = levelled(even_channels(stream, audio), level)
    if lacking:
        sound = sound.filter("apad", pad_dur=lacking)
    return _hls(sound, SOUND, acodec="aac", **{"b:a": "96k"})


def _hls(stream: Any, name: str, **options: object) -> Any:  # noqa: ANN401
    return ffmpeg.output(
        stream,
        f"{name}.m3u8",
        format="hls",
        hls_time=SEGMENT_SECONDS,
        hls_playlist_type="vod",
        hls_segment_type="fmp4",
        hls_flags="single_file+independent_segments",
        hls_segment_filename=f"{name}.mp4",
        # Otherwise each rendition is shifted by its own decoding delay, which moves lips by 45 ms.
        avoid_negative_ts="disabled",
        map_metadata=-1,
        **options,
    )


def _steady_rate(video: VideoStream) -> Fraction:
    if video.variable_rate or not video.rate:
        return _TOP_RATE
    rate = video.rate
    while rate > _TOP_RATE + Fraction(1, 10):
        rate /= 2
    return max(rate, Fraction(1)).limit_denominator(1001)


def _fitted(video: VideoStream) -> tuple[int, int]:
    short, long = sorted((video.width, video.height))
    factor = min(Fraction(1), Fraction(COPY_HEIGHT, short), Fraction(COPY_HEIGHT * 16, long * 9))
    width, height = (max(2, int(side * factor) // 2 * 2) for side in (video.width, video.height))
    return width, height
