"""The supervisor: runs the web server and the worker as processes and restarts them.

It holds the listening socket itself, so that a port that is taken is told at once, and a web
server that has to be started again loses no connection that waits.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType

import structlog

from lms.core.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
BACKLOG = 2048
THREADS = 1024
CONNECTIONS = 8192  # a worker's threads, and the kept-alive connections that hold none
KEEP_ALIVE_S = 75
GRACE_S = 10
PATIENCE_S = GRACE_S + 5.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
SETTLED_AFTER_S = 60.0
POLL_S = 0.2
STDERR = 2
PR_SET_PDEATHSIG = 1

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """One of the processes: its name for the log, and how it is started."""

    name: str
    command: tuple[str, ...]


@dataclass(slots=True)
class _Place:
    """A program's place: its process while it runs, when it may start again when it doesn't."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    wait_s: float = FIRST_WAIT_S


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises Unavailable when the address can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise Unavailable(f"{host}:{port} can't be served from: {error.strerror}") from error
    return made


def web_program(listener: socket.socket, workers: int) -> Program:
    """Return the web server over a listening socket: gunicorn, a thread for every slow viewer."""
    beat_directory = ("--worker-tmp-dir", "/dev/shm") if os.access("/dev/shm", os.W_OK) else ()  # noqa: S108
    options = (
        *("--bind", f"fd://{listener.fileno()}"),
        *("--workers", str(workers)),
        *("--worker-class", "gthread"),
        *("--threads", str(THREADS)),
        *("--worker-connections", str(CONNECTIONS)),
        *("--keep-alive", str(KEEP_ALIVE_S)),
        *("--graceful-timeout", str(GRACE_S)),
        *beat_directory,
        "--no-control-socket",
        *("--forwarded-allow-ips", ""),  # proxies are trusted by TRUSTED_PROXIES, in the app
        *("--access-logfile", "-"),
        *("--logger-class", "lms.web.core.gunicorn_log.ServerLog"),
        *("--pythonpath", str(ROOT)),
    )
    return Program("web", (sys.executable, "-m", "gunicorn", *options, "wsgi:application()"))


def worker_program() -> Program:
    """Return the worker, with all lanes."""
    return Program("worker", (sys.executable, str(ROOT / "wsgi.py"), "worker"))


@dataclass(slots=True)
class Supervisor:
    """Keeps programs running until a signal ends it, and then ends them all."""

    programs: Sequence[Program]
    environ: Mapping[str, str]
    files: Sequence[int]  # descriptors that the programs inherit
    _stopping: Event = field(default_factory=Event)
    _signals: int = 0

    def run(self) -> None:
        """Start every program, and return when a signal came and all of them are gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_end)
        places = [_Place(program) for program in self.programs]
        signal.signal(signal.SIGHUP, lambda *_: _signal_all(places, signal.SIGHUP))
        try:
            while not self._stopping.is_set():
                for place in places:
                    self._tend(place)
                self._stopping.wait(POLL_S)
        finally:
            self._end(places)

    def _on_end(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._stopping.set()

    def _tend(self, place: _Place) -> None:
        at = time.monotonic()
        if place.process is None:
            if at >= place.start_at:
                self._start(place, at)
            return
        code = place.process.poll()
        if code is None:
            if at - place.started_at > SETTLED_AFTER_S:
                place.wait_s = FIRST_WAIT_S
            return
        _kill_group(place.process)
        log.error("program_ended", program=place.program.name, code=code, again_in_s=place.wait_s)
        place.process = None
        place.start_at = at + place.wait_s
        place.wait_s = min(place.wait_s * 2, LONGEST_WAIT_S)

    def _start(self, place: _Place, at: float) -> None:
        place.process = subprocess.Popen(
            place.program.command,
            stdin=subprocess.DEVNULL,
            stdout=STDERR,  # the answer of `serve` alone goes to stdout
            env=dict(self.environ),
            pass_fds=tuple(self.files),
            process_group=0,  # what a terminal sends comes to us alone, and we pass it on
            preexec_fn=_dying_with(os.getpid()),  # noqa: PLW1509  (we have no other thread)
        )
        place.started_at = at
        log.info("program_started", program=place.program.name, pid=place.process.pid)

    def _end(self, places: Sequence[_Place]) -> None:
        _signal_all(places, signal.SIGTERM)
        ends = time.monotonic() + PATIENCE_S
        running = [place.process for place in places if place.process is not None]
        while any(process.poll() is None for process in running):
            if time.monotonic() > ends or self._signals > 1:
                break
            time.sleep(POLL_S / 4)
        for process in running:
            _kill_group(process)
            process.wait()
        log.info("all_programs_ended")


def _signal_all(places: Sequence[_Place], number: signal.Signals) -> None:
    for place in places:
        if place.process is not None and place.process.poll() is None:
            place.process.send_signal(number)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind of a program: its group has its number, even when it is gone itself."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _dying_with(parent: int) -> Callable[[], None]:
    """Return what a child runs before its program: it is ended when its parent is (Linux)."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it died before we had asked
                os._exit(1)

    return prepare
