"""Sound level: measures the encoded sound, and encodes it again if its loudness is wrong."""

from pathlib import Path
from typing import Final

from media.files.translation_marks import N_
from media.video.encoder_runs import EncodeFailed, EncoderRun
from media.video.loudness import (
    Level,
    corrected,
    is_loudest,
    is_right,
    loudness_command,
    read_loudness,
)
from media.video.renditions_and_commands import SOUND, sound_command
from media.video.stream_facts import Probe

WRONG_LEVEL: Final = N_(
    "We couldn't adjust the volume of this recording. Export it at a lower volume, then "
    "upload it again."
)
_CORRECTIONS: Final = 4
# Tries before a sound may stay too quiet because of its peaks.
_LOUDER: Final = 2


def check_level(
    run: EncoderRun, source: Path, found: Probe, level: Level, span: tuple[float, float]
) -> None:
    """Measure the sound encoded at a level, and encode it again if the result is wrong.

    AAC raises some peaks, and the limiter makes some sounds quieter. Raises as encode does.
    """
    if found.audio is None:
        return
    measure = loudness_command(run.out / f"{SOUND}.mp4")
    after = read_loudness(run.ffmpeg(measure, found.seconds, span))
    for corrections in range(_CORRECTIONS):
        if is_right(after) or (corrections >= _LOUDER and is_loudest(after, level)):
            return
        level = corrected(level, after)
        run.ffmpeg(sound_command(source, found, found.audio, level), found.seconds, span)
        after = read_loudness(run.ffmpeg(measure, found.seconds, span))
    if not (is_right(after) or is_loudest(after, level)):
        raise EncodeFailed(WRONG_LEVEL, f"{after.lufs} LUFS, {after.dbtp} dBTP")
