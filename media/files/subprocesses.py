"""Subprocesses: finds and runs external programs with limits, never through a shell."""

import functools
import json
import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import imageio_ffmpeg

_LAUNCH: Final = Path(__file__).with_name("limited_process.py")
_TAIL_BYTES: Final = 6000
_TICK_SECONDS: Final = 0.25
_GIB: Final = 1 << 30


class ProgramMissing(RuntimeError):
    """A required program is not installed."""


class ProgramFailed(RuntimeError):
    """The program failed; `tail` is the end of its error output."""

    def __init__(self, tail: str) -> None:
        super().__init__(tail.rpartition("\n")[2] or "no word")
        self.tail = tail


class ProgramStalled(ProgramFailed):
    """The program made no progress for too long and was killed."""


class ProgramCanceled(RuntimeError):
    """The program was killed because its result is no longer wanted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The resource limits of one program; the kernel kills it when it exceeds them."""

    memory_bytes: int = 4 * _GIB
    cpu_seconds: int = 1800
    file_bytes: int = 4 * _GIB
    stall_seconds: float = 60
    nice: int = 10


@dataclass(frozen=True, slots=True)
class Said:
    """The answer of a short program."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Made:
    """The result of an ffmpeg run: seconds of media, and the end of its error output."""

    seconds: float
    said: str


@functools.cache
def ffmpeg_path() -> str:
    """Return an ffmpeg that can write H.264 and AAC: the system's, else the one in a wheel."""
    found = shutil.which("ffmpeg")
    if found:
        encoders = ask([found, "-hide_banner", "-encoders"], limits=Limits(), seconds=30).out
        if " libx264 " in encoders and " aac " in encoders:
            return found
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        raise ProgramMissing("there is no ffmpeg, neither the system's nor a wheel's") from None


@functools.cache
def ffprobe_path() -> str | None:
    """Return the system's ffprobe, or None (no wheel has one)."""
    return shutil.which("ffprobe")


def ask(
    command: Sequence[str],
    *,
    limits: Limits,
    seconds: float,
    canceled: Callable[[], bool] = lambda: False,
) -> Said:
    """Run a program to its end and return its output.

    Raises ProgramStalled after `seconds`, ProgramCanceled soon after `canceled()` is true.
    """
    ends = time.monotonic() + seconds
    with _start(command, limits, None) as process:
        try:
            out, err = _words(process, ends, canceled)
        except subprocess.TimeoutExpired:
            raise ProgramStalled(f"no answer within {seconds:.0f} s") from None
        finally:
            process.kill()  # has no effect on an ended process
        return Said(process.returncode, _text(out), _text(err[-_TAIL_BYTES:]))


def _words(
    process: subprocess.Popen[bytes], ends: float, canceled: Callable[[], bool]
) -> tuple[bytes, bytes]:
    """Return a program's output; raises TimeoutExpired, and ProgramCanceled."""
    while True:
        left = max(0.0, ends - time.monotonic())
        try:
            return process.communicate(timeout=min(1.0, left))
        except subprocess.TimeoutExpired:
            if left <= 1.0:
                raise
        if canceled():
            raise ProgramCanceled


def run_ffmpeg(
    command: Sequence[str],
    *,
    limits: Limits,
    folder: Path,
    progress: Callable[[float], None],
    canceled: Callable[[], bool],
) -> Made:
    """Run an ffmpeg that reports with `-progress pipe:1`; return its result.

    `progress` is called with the seconds made so far. Raises ProgramFailed, ProgramStalled if there is
    no progress for `limits.stall_seconds`, ProgramCanceled once `canceled()` is true.
    """
    watch = _Watch(progress, folder)
    with _start(command, limits, folder) as process:
        try:
            _follow(process, watch, limits.stall_seconds, canceled)
        finally:
            process.kill()  # has no effect on an ended process
    # Nothing else reports it: a limit above, or too little memory on the machine.
    if process.returncode < 0:
        killed = f"It was ended by signal {-process.returncode}."
        raise ProgramFailed("\n".join(filter(None, (watch.tail, killed))))
    if process.returncode != 0:
        raise ProgramFailed(watch.tail)
    return Made(watch.seconds, watch.tail)


class _Watch:
    """The state of a running ffmpeg: its position, its last sign of life, its last error output."""

    def __init__(self, progress: Callable[[float], None], folder: Path) -> None:
        self._progress = progress
        self._folder = folder
        self._written = 0
        self._line = b""
        self._err = b""
        self._signs: dict[bytes, bytes] = {}
        self.seconds = 0.0
        self.alive_at = time.monotonic()

    @property
    def tail(self) -> str:
        return _text(self._err).strip()

    def hear_out(self, data: bytes) -> None:
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            name, _, value = line.strip().partition(b"=")
            if name in {b"frame", b"out_time_us", b"total_size"}:
                if self._signs.get(name) != value:
                    self._signs[name] = value
                    self.alive_at = time.monotonic()
                # It may be N/A, or a negative time at the beginning.
                if name == b"out_time_us" and value.isdigit():
                    self.seconds = max(self.seconds, int(value) / 1e6)
            elif name == b"progress":
                self._progress(self.seconds)

    def stands_still(self, stall_seconds: float) -> bool:
        """Return whether ffmpeg has neither reported progress nor written files for that long."""
        if time.monotonic() - self.alive_at <= stall_seconds:
            return False
        written = sum(path.stat().st_size for path in self._folder.iterdir())
        grown, self._written = written > self._written, written
        if grown:
            self.alive_at = time.monotonic()
        return not grown

    def hear_err(self, data: bytes) -> None:
        self._err = (self._err + data)[-_TAIL_BYTES:]


def _follow(
    process: subprocess.Popen[bytes],
    watch: _Watch,
    stall_seconds: float,
    canceled: Callable[[], bool],
) -> None:
    with selectors.DefaultSelector() as selector:
        for stream, hear in ((process.stdout, watch.hear_out), (process.stderr, watch.hear_err)):
            selector.register(_piped(stream), selectors.EVENT_READ, hear)
        while selector.get_map():
            for key, _ in selector.select(_TICK_SECONDS):
                data = os.read(key.fd, 1 << 16)
                if data:
                    key.data(data)
                else:
                    selector.unregister(key.fileobj)
            if canceled():
                raise ProgramCanceled
            if watch.stands_still(stall_seconds):
                raise ProgramStalled(watch.tail)
    process.wait(stall_seconds)


def _start(
    command: Sequence[str], limits: Limits, folder: Path | None
) -> "subprocess.Popen[bytes]":
    order = {
        "parent": os.getpid(),
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "file_bytes": limits.file_bytes,
        "nice": limits.nice,
    }
    return subprocess.Popen(  # noqa: S603 - our own list, no shell
        [sys.executable, "-I", "-S", str(_LAUNCH), json.dumps(order), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        # Our settings and secrets are not passed on, nor FFREPORT.
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
    )


def _piped(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("started with pipes")
    return stream


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
