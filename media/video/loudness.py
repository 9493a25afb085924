"""Loudness: measures a sound, computes its correction, and checks the result.

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
# A quieter sound is silence with noise, and is left unchanged.
NEARLY_SILENT_LUFS: Final = -60.0
CEILING_DBTP: Final = -2.0
# AAC raises peaks, so the limiter's ceiling is a little lower than the final limit.
HIGHEST_DBTP: Final = -1.0
_FURTHER_DB: Final = 0.3  # a ceiling is lowered by the excess and this margin
_MOST_CORRECTED_LU: Final = 6.0
_LIMITER_RATE: Final = 192_000  # so that the samples are the true peaks
_RATE: Final = 48_000
_LUFS: Final = re.compile(r"I:\s+(\S+) LUFS")
_DBTP: Final = re.compile(r"Peak:\s+(\S+) dBFS")


@dataclass(frozen=True, slots=True)
class Loudness:
    """The loudness of a sound: integrated in LUFS, and its highest true peak in dBTP."""

    lufs: float
    dbtp: float


@dataclass(frozen=True, slots=True)
class Level:
    """The correction of a sound: a linear gain in dB, then a true-peak limiter.

    `peak_dbtp` is the peak after the gain without the limiter.
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
    """Return the sound without gaps, in one or two channels, as it is measured and then leveled."""
    channels = "mono" if audio.channels == 1 else "stereo"
    # Only for a sound that begins later, since the silence is inserted again whenever the sound's
    # channels or sample rate change.
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
            latency=1,  # without this, the look-ahead delays the sound
        )
        .filter("aresample", _RATE)
    )


def measured(stream: Any) -> Any:  # noqa: ANN401
    """Return the sound unchanged; at its end ffmpeg logs the lines that `read_loudness` parses."""
    return stream.filter("ebur128", peak="true", framelog="quiet")


def loudness_command(path: Path) -> list[str]:
    """Return the command that measures the sound of a file that has one."""
    sound = measured(opened(path)["a:0"])
    return compiled(ffmpeg.output(sound, "-", format="null"), says="info")


def read_loudness(said: str) -> Loudness:
    """Return the result of ffmpeg's ebur128; an unmeasurable sound, such as 0.1 seconds, is silence."""
    lufs, dbtp = _LUFS.findall(said), _DBTP.findall(said)
    return Loudness(_decibels(lufs), _decibels(dbtp))


def level_for(before: Loudness) -> Level:
    """Return the gain that a sound needs: none if it is nearly silent."""
    if before.lufs < NEARLY_SILENT_LUFS:
        return Level(0.0, before.dbtp)
    gain = TARGET_LUFS - before.lufs
    return Level(gain, before.dbtp + gain)


def is_right(after: Loudness) -> bool:
    """Return whether an encoded sound has the right loudness; nearly silent sounds do."""
    close = abs(after.lufs - TARGET_LUFS) <= CLOSE_LU
    left_alone = after.lufs < NEARLY_SILENT_LUFS + CLOSE_LU
    return after.dbtp <= HIGHEST_DBTP and (close or left_alone)


def is_loudest(after: Loudness, level: Level) -> bool:
    """Return whether an encoded sound is too quiet only because of its peaks, such as clicks."""
    return level.is_limited and after.lufs < TARGET_LUFS and after.dbtp <= HIGHEST_DBTP


def corrected(level: Level, after: Loudness) -> Level:
    """Return the level for another try after a wrong result: peaks are corrected first."""
    over = after.dbtp - HIGHEST_DBTP
    if over > 0:
        return replace(level, ceiling_dbtp=level.ceiling_dbtp - over - _FURTHER_DB)
    more = max(-_MOST_CORRECTED_LU, min(TARGET_LUFS - after.lufs, _MOST_CORRECTED_LU))
    return replace(level, gain_db=level.gain_db + more, peak_dbtp=level.peak_dbtp + more)


def _decibels(found: list[str]) -> float:
    """Return the last number found; minus infinity if there is none."""
    try:
        number = float(found[-1])
    except (IndexError, ValueError):
        return -math.inf
    return number if math.isfinite(number) else -math.inf
