"""Speech to text by the operator's program: audio in, captions out; never through a shell."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from media.captions.caption_file_parser import LARGEST_BYTES
from media.files.subprocesses import Limits, ProgramFailed, ask, ffmpeg_path
from media.video.ffmpeg_options import FENCE

WAV: Final = "{wav}"
VTT: Final = "{vtt}"
LANGUAGE: Final = "{language}"
_GIB: Final = 1 << 30
_SOUND: Final = Limits(cpu_seconds=3600)


def take_sound(source: Path, out: Path, canceled: Callable[[], bool]) -> None:
    """Write the sound of a recording as mono at 16 kHz; raises as `ask` does."""
    fence = [part for name, value in FENCE.items() for part in (f"-{name}", value)]
    command = [ffmpeg_path(), "-nostdin", "-hide_banner", "-v", "error", "-y", *fence]
    command += ["-i", str(source), "-map", "0:a:0", "-vn", "-ac", "1", "-ar", "16000"]
    command += ["-c:a", "pcm_s16le", "-f", "wav", str(out)]
    said = ask(command, limits=_SOUND, seconds=3600, canceled=canceled)
    if said.code != 0:
        raise ProgramFailed(said.err.strip())


def hear(
    command: Sequence[str],
    sound: Path,
    *,
    language: str,
    seconds: float,
    canceled: Callable[[], bool],
) -> bytes:
    """Return the program's captions: the file {vtt} that it wrote, else its output.

    `{wav}`, `{vtt}` and `{language}` in its arguments are replaced; without {wav} the sound file is the
    last argument. Raises ProgramFailed, ProgramStalled after `seconds`, ProgramCanceled.
    """
    out = sound.with_suffix(".vtt")
    values = {WAV: str(sound), VTT: str(out), LANGUAGE: language}
    filled = list(command)
    if not any(WAV in part for part in filled):
        filled.append(WAV)
    for name, value in values.items():
        filled = [part.replace(name, value) for part in filled]
    limits = Limits(
        memory_bytes=64 * _GIB, cpu_seconds=round(seconds) * 64, file_bytes=_GIB, nice=15
    )
    said = ask(filled, limits=limits, seconds=seconds, canceled=canceled)
    if said.code != 0:
        raise ProgramFailed(said.err.strip() or f"it ended with {said.code}")
    if out.is_file():
        with out.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    return said.out.encode()
