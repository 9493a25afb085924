"""Reads a file's facts with ffprobe, or with MediaInfo if there is no ffprobe."""

import json
import math
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from media.files.subprocesses import Limits, ProgramFailed, ask
from media.video.ffmpeg_options import FENCE
from media.video.stream_facts import AudioStream, DynamicRange, Probe, VideoStream

READ_LIMITS: Final = Limits(memory_bytes=2 << 30, cpu_seconds=120, file_bytes=1 << 20)
_READ_SECONDS: Final = 120
_INTERLACED: Final = frozenset({"tt", "bb", "tb", "bt"})

_MEDIAINFO: Final = (
    "import sys; from pymediainfo import MediaInfo;"
    "print(MediaInfo.parse(sys.argv[1], output='JSON',"
    " mediainfo_options={'File_TestContinuousFileNames': '0'}))"
)
_MEDIAINFO_CODECS: Final = {"AVC": "h264", "HEVC": "hevc", "AAC": "aac", "Opus": "opus"}

# They give the time when a stream ends, not its duration.
_MATROSKA: Final = frozenset({"matroska,webm", "Matroska", "WebM"})
_MEDIAINFO_RANGES: Final = {"PQ": DynamicRange.PQ, "HLG": DynamicRange.HLG}

Facts = dict[str, Any]


def read_with_ffprobe(ffprobe: str, path: Path) -> Probe:
    """Return the facts from ffprobe; raises ProgramFailed. `seconds` is 0 if unknown."""
    fence = [word for name, value in FENCE.items() for word in (f"-{name}", value)]
    command = [ffprobe, "-v", "error", *fence, "-of", "json", "-show_format", "-show_streams"]
    said = ask([*command, f"file:{path}"], limits=READ_LIMITS, seconds=_READ_SECONDS)
    if said.code != 0:
        raise ProgramFailed(said.err)
    found: Facts = json.loads(said.out)
    streams = [each for each in found.get("streams", ()) if not _disposed(each, "attached_pic")]
    streams.sort(key=lambda each: not _disposed(each, "default"))
    container: Facts = found.get("format", {})
    return _probe(
        path,
        str(container.get("format_name", "")),
        _number(container.get("duration")),
        [_ffprobe_video(each) for each in streams if each.get("codec_type") == "video"],
        [_ffprobe_audio(each) for each in streams if each.get("codec_type") == "audio"],
    )


def read_with_mediainfo(path: Path) -> Probe:
    """Return MediaInfo's facts of a file that ffmpeg could open; raises ProgramFailed."""
    # In a separate process: it is C++ code that reads untrusted files.
    command = [sys.executable, "-c", _MEDIAINFO, str(path)]
    said = ask(command, limits=READ_LIMITS, seconds=_READ_SECONDS)
    if said.code != 0:
        raise ProgramFailed(said.err)
    found: Facts = json.loads(said.out).get("media") or {}
    tracks: list[Facts] = found.get("track", [])
    general = next((each for each in tracks if each["@type"] == "General"), Facts())
    return _probe(
        path,
        str(general.get("Format", "")),
        _number(general.get("Duration")),
        [_mediainfo_video(each) for each in tracks if each["@type"] == "Video"],
        [_mediainfo_audio(each) for each in tracks if each["@type"] == "Audio"],
    )


def _probe(
    path: Path,
    container: str,
    declared: float,
    videos: list[VideoStream],
    audios: list[AudioStream],
) -> Probe:
    video = next((each for each in videos if each.width and each.height), None)
    audio = next((each for each in audios if each.channels), None)
    # ffmpeg, too, counts from the first timestamp, which may be hours after 0.
    first = min([each.starts for each in videos] + [each.starts for each in audios], default=0.0)
    video = video and replace(video, starts=video.starts - first)
    audio = audio and replace(audio, starts=audio.starts - first)
    ends = [each.starts + each.seconds for each in (video, audio) if each and each.seconds]
    known = bool(ends) and len(ends) == bool(video) + bool(audio)
    return Probe(
        container=container,
        seconds=max(ends) if known else declared - first * (container in _MATROSKA),
        size=path.stat().st_size,
        video=video,
        audio=audio,
    )


def _ffprobe_video(facts: Facts) -> VideoStream:
    turn = _ffprobe_turn(facts)
    wide, high = int(facts.get("width", 0)), int(facts.get("height", 0))
    stretch = _ratio(str(facts.get("sample_aspect_ratio", "1:1")).replace(":", "/")) or Fraction(1)
    mean, real = _ratio(facts.get("avg_frame_rate")), _ratio(facts.get("r_frame_rate"))
    width = round(wide * stretch)
    return VideoStream(
        pick=str(facts["index"]),
        codec=str(facts.get("codec_name", "")),
        level=int(facts.get("level", 0)),
        width=high if turn % 180 else width,
        height=width if turn % 180 else high,
        rate=mean or real,
        variable_rate=abs(mean - real) * 50 > real,
        eight_bit_420=facts.get("pix_fmt") in {"yuv420p", "yuvj420p"},
        interlaced=facts.get("field_order") in _INTERLACED,
        turned=turn != 0,
        square_pixels=stretch == 1,
        dynamic_range=_ffprobe_range(facts),
        bits_per_second=int(_number(facts.get("bit_rate"))),
        starts=_number(facts.get("start_time")),
        seconds=_ffprobe_seconds(facts),
    )


def _ffprobe_audio(facts: Facts) -> AudioStream:
    return AudioStream(
        pick=str(facts["index"]),
        codec=str(facts.get("codec_name", "")),
        profile=str(facts.get("profile", "")),
        channels=int(facts.get("channels", 0)),
        starts=_number(facts.get("start_time")),
        seconds=_ffprobe_seconds(facts),
    )


def _ffprobe_range(facts: Facts) -> DynamicRange:
    coded = facts.get("color_transfer")
    return DynamicRange(coded) if coded in set(DynamicRange) else DynamicRange.STANDARD


def _ffprobe_turn(facts: Facts) -> int:
    tagged = _number(facts.get("tags", {}).get("rotate"))
    sides = [_number(each.get("rotation")) for each in facts.get("side_data_list", ())]
    return round(next((each for each in (*sides, tagged) if each), 0)) % 360


def _ffprobe_seconds(facts: Facts) -> float:
    hours, _, rest = str(facts.get("tags", {}).get("DURATION", "")).partition(":")
    minutes, _, seconds = rest.partition(":")
    tagged = _number(hours) * 3600 + _number(minutes) * 60 + _number(seconds)
    if tagged:  # Matroska gives the time when a stream ends, not its duration
        return max(0.0, tagged - _number(facts.get("start_time")))
    return _number(facts.get("duration"))


def _mediainfo_video(facts: Facts) -> VideoStream:
    starts, seconds = _mediainfo_times(facts)
    turn = round(_number(facts.get("Rotation"))) % 360
    stretch = Fraction(str(facts.get("PixelAspectRatio", "1")))
    width, height = round(int(facts.get("Width", 0)) * stretch), int(facts.get("Height", 0))
    rate = _ratio(f"{facts.get('FrameRate_Num')}/{facts.get('FrameRate_Den')}")
    return VideoStream(
        pick=_mediainfo_pick(facts, "v:0"),
        codec=_mediainfo_codec(facts),
        level=round(_number(facts.get("Format_Level")) * 10),
        width=height if turn % 180 else width,
        height=width if turn % 180 else height,
        rate=rate or _ratio(facts.get("FrameRate")),
        variable_rate=facts.get("FrameRate_Mode") == "VFR",
        eight_bit_420=facts.get("ChromaSubsampling") == "4:2:0" and facts.get("BitDepth") == "8",
        interlaced=facts.get("ScanType") in {"Interlaced", "MBAFF"},
        turned=turn != 0,
        square_pixels=stretch == 1,
        dynamic_range=_MEDIAINFO_RANGES.get(
            str(facts.get("transfer_characteristics")), DynamicRange.STANDARD
        ),
        bits_per_second=int(_number(facts.get("BitRate"))),
        starts=starts,
        seconds=seconds,
    )


def _mediainfo_audio(facts: Facts) -> AudioStream:
    starts, seconds = _mediainfo_times(facts)
    return AudioStream(
        pick=_mediainfo_pick(facts, "a:0"),
        codec=_mediainfo_codec(facts),
        profile=str(facts.get("Format_AdditionalFeatures", "")),
        channels=int(_number(facts.get("Channels"))),
        starts=starts,
        seconds=seconds,
    )


def _mediainfo_times(facts: Facts) -> tuple[float, float]:
    """Return when a track begins and its duration, in seconds."""
    starts, seconds = _number(facts.get("Delay")), _number(facts.get("Duration"))
    if (facts.get("extra") or {}).get("Duration_Source") == "General_Duration":
        return starts, max(0.0, seconds - starts)  # it is the time when the file ends
    itself = _number(facts.get("Source_Duration"))
    if not starts and 0 < itself < seconds:  # MP4 counts the time before the track as part of it
        return seconds - itself, itself
    return starts, seconds


def _mediainfo_codec(facts: Facts) -> str:
    name = str(facts.get("Format", ""))
    return _MEDIAINFO_CODECS.get(name, name.lower())


def _mediainfo_pick(facts: Facts, first: str) -> str:
    order = str(facts.get("StreamOrder", ""))
    return order if order.isdigit() else first


def _disposed(facts: Facts, kind: str) -> bool:
    return bool(facts.get("disposition", {}).get(kind))


def _number(value: object) -> float:
    """Return the number in a text, 0 for N/A, empty text and infinity."""
    try:
        number = float(str(value))
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _ratio(value: object) -> Fraction:
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
