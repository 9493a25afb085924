"""Loudness: how loud a sound is, how it is brought to one level, and what it must be in the end.

Sources: ITU-R BS.1770 for both measures (LUFS, and dBTP for true peaks), EBU R 128.
"""

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import ffmpeg

from media.video.ffmpeg_options import compiled, opened
from media.video.stream_facts import TOGETHER_SECONDS, AudioStream

TARGET_LUFS: Final = -16.0
CLOSE_LU: Final = 1.0
# What is quieter is silence with noise: it is left as it is.
NEARLY_SILENT_LUFS: Final = -60.0
CEILING_DBTP: Final = -2.0
# AAC adds to the peaks, so the limiter goes a little lower than what is allowed in the end.
HIGHEST_DBTP: Final = -1.0
_FURTHER_DB: Final = 0.3  # so much lower than its fault is a ceiling set
_MOST_CORRECTED_LU: Final = 6.0
_LIMITER_RATE: Final = 192_000  # so the samples are the true peaks
_RATE: Final = 48_000
_LUFS: Final = re.compile(r"I:\s+(\S+) LUFS")
_DBTP: Final = re.compile(r"Peak:\s+(\S+) dBFS")


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud a sound is: of the whole in LUFS, and its highest true peak in dBTP."""

    lufs: float
    dbtp: float


@dataclass(frozen=True, slots=True)
class Level:
    """What is done to a sound: a linear gain in dB, then a limiter of true peaks.

    `peak_dbtp` is how high its peaks would be without the limiter.
    """

    gain_db: float
    peak_dbtp: float
    ceiling_dbtp: float = CEILING_DBTP

    @property
    def is_limited(self) -> bool:
        """Whether the limiter makes the sound quieter than the gain alone."""
        return self.peak_dbtp > self.ceiling_dbtp


AS_IT_IS: Final = Level(0.0, -math.inf)


def even_channels(stream: Any, audio: AudioStream) -> Any:  # noqa: ANN401
    """Return the sound without gaps, in one or two channels: what is measured and then levelled."""
    channels = "mono" if audio.channels == 1 else "stereo"
    # Only for a sound that begins later, since the silence before it is made anew whenever its
    # channels or its sample rate change.
    silence = {"first_pts": 0} if audio.starts > TOGETHER_SECONDS else {}
    return stream.filter("aresample", **{"async": 1}, **silence).filter(
        "aformat", channel_layouts=channels
    )


def levelled(stream: Any, level: Level) -> Any:  # noqa: ANN401
    """Return the sound at a level."""
    return (
        stream.filter("volume", volume=f"{level.gain_db:.2f}dB", precision="double")
        .filter("aresample", _LIMITER_RATE)
        .filter(
            "alimiter",
            limit=f"{10 ** (level.ceiling_dbtp / 20):.4f}",
            level="disabled",
            latency=1,  # else all is heard later by its look ahead
        )
        .filter("aresample", _RATE)
    )


def measured(stream: Any) -> Any:  # noqa: ANN401
    """Return the sound as it is; when it ends, ffmpeg says what `read_loudness` reads."""
    return stream.filter("ebur128", peak="true", framelog="quiet")


def loudness_command(path: Path) -> list[str]:
    """Return the command that measures the sound of a file that has one."""
    sound = measured(opened(path)["a:0"])
    return compiled(ffmpeg.output(sound, "-", format="null"), says="info")


def read_loudness(said: str) -> Loudness:
    """Return what ffmpeg's ebur128 found; what can't be measured, such as 0.1 seconds, is silence."""
    lufs, dbtp = _LUFS.findall(said), _DBTP.findall(said)
    return Loudness(_decibels(lufs), _decibels(dbtp))


def level_for(before: Loudness) -> Level:
    """Return the gain that a sound needs: none for one that is nearly silent."""
    if before.lufs < NEARLY_SILENT_LUFS:
        return Level(0.0, before.dbtp)
    gain = TARGET_LUFS - before.lufs
    return Level(gain, before.dbtp + gain)


def is_right(after: Loudness) -> bool:
    """Tell whether an encoded sound is as loud as it must be; one that is nearly silent is."""
    close = abs(after.lufs - TARGET_LUFS) <= CLOSE_LU
    left_alone = after.lufs < NEARLY_SILENT_LUFS + CLOSE_LU
    return after.dbtp <= HIGHEST_DBTP and (close or left_alone)


def is_loudest(after: Loudness, level: Level) -> bool:
    """Tell whether an encoded sound is quiet only because its peaks allow no more, as of clicks."""
    return level.is_limited and after.lufs < TARGET_LUFS and after.dbtp <= HIGHEST_DBTP


def corrected(level: Level, after: Loudness) -> Level:
    """Return the level at which a sound that came out wrong is tried again: peaks come first."""
    over = after.dbtp - HIGHEST_DBTP
    if over > 0:
        return replace(level, ceiling_dbtp=level.ceiling_dbtp - over - _FURTHER_DB)
    more = max(-_MOST_CORRECTED_LU, min(TARGET_LUFS - after.lufs, _MOST_CORRECTED_LU))
    return replace(level, gain_db=level.gain_db + more, peak_dbtp=level.peak_dbtp + more)


def _decibels(found: list[str]) -> float:
    """Return the last number found; minus infinity where there is none."""
    try:
        number = float(found[-1])
    except (IndexError, ValueError):
        return -math.inf
    return number if math.isfinite(number) else -math.inf
