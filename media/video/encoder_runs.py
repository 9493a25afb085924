"""Encoder runs: ffmpeg in one folder, with limits, progress and cancellation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media.files.subprocesses import (
    Limits,
    ProgramCanceled,
    ProgramFailed,
    ProgramStalled,
    run_ffmpeg,
)
from media.files.translation_marks import N_
from media.video.stream_facts import Probe

_MIB: Final = 1 << 20

STALLED: Final = N_("The encoder stopped responding, so we ended it. Try again.")
FAILED: Final = N_("The encoder failed. See its last output below, then try again.")


class EncodeFailed(Exception):
    """The encoder failed: a sentence for our team and the end of its output."""

    def __init__(self, sentence: str, tail: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.tail = tail


class EncodeCanceled(Exception):
    """The encode was stopped because it is no longer wanted."""


@dataclass(frozen=True, slots=True)
class EncoderRun:
    """The folder of a run, its limits, and its callbacks."""

    out: Path
    limits: Limits
    progress: Callable[[float], None]
    canceled: Callable[[], bool]

    def ffmpeg(self, command: Sequence[str], seconds: float, span: tuple[float, float]) -> str:
        """Run one command, reporting its progress within the span; return the end of its output.

        Raises as encode does.
        """
        begin, end = span

        def heard(made: float) -> None:
            self.progress(begin + (end - begin) * min(1.0, made / seconds))

        try:
            return run_ffmpeg(
                command,
                limits=self.limits,
                folder=self.out,
                progress=heard,
                canceled=self.canceled,
            ).said
        except ProgramCanceled:
            raise EncodeCanceled from None
        except ProgramStalled as fault:
            raise EncodeFailed(STALLED, fault.tail) from None
        except ProgramFailed as fault:
            raise EncodeFailed(FAILED, fault.tail) from None


def begin_run(
    out: Path,
    probe: Probe,
    progress: Callable[[float], None],
    canceled: Callable[[], bool],
) -> EncoderRun:
    """Return a run that begins in an empty folder; raises FileExistsError if it isn't empty."""
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty")
    highest = 0.0

    def rising(share: float) -> None:
        nonlocal highest
        highest = max(highest, share)
        progress(highest)

    return EncoderRun(out, limits_for(probe.seconds), rising, canceled)


def limits_for(seconds: float) -> Limits:
    """Return limits that no legitimate encode of that length reaches."""
    return Limits(
        cpu_seconds=1800 + round(30 * seconds), file_bytes=1024 * _MIB + round(seconds * _MIB)
    )
