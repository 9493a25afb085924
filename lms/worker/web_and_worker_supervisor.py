"""The supervisor: runs the web server and the worker as processes, restarts and renews them.

It owns the listening socket, so that a port in use is reported at once, and a restart of the web
server loses no waiting connection.
"""

import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Final

import structlog
from gunicorn.systemd import SD_LISTEN_FDS_START, listen_fds, sd_notify

from lms.core.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
BACKLOG = 2048
THREADS = 1024
CONNECTIONS = 8192  # a worker's threads, and idle keep-alive connections
KEEP_ALIVE_S = 75
GRACE_S = 30
PATIENCE_S = GRACE_S + 5.0
READY_WITHIN_S = 120.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
SETTLED_AFTER_S = 60.0
POLL_S = 0.2
STDERR = 2
PR_SET_PDEATHSIG = 1
# Names the file descriptor on which a program reports that it serves.
READY_FD: Final = "SERVE_READY_FD"
OF_SYSTEMD: Final = ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """One of the programs: its name for the log, its command, and the files it inherits.

    `processes` is how many of its processes report that they serve; 0 for the worker.
    """

    name: str
    command: tuple[str, ...]
    files: tuple[int, ...] = ()
    processes: int = 0


@dataclass(slots=True)
class _Run:
    """A process of a program, and the pipe on which its processes report that they serve."""

    process: subprocess.Popen[bytes]
    started_at: float
    pipe: int
    untold: int
    end_at: float = 0.0

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def serves(self) -> bool:
        with suppress(BlockingIOError):
            while self.untold and (told := os.read(self.pipe, self.untold)):
                self.untold -= len(told)
        return not self.untold

    def ask_to_end(self) -> None:
        if self.is_running:
            self.process.terminate()
        self.end_at = time.monotonic() + PATIENCE_S

    def is_over(self) -> bool:
        """Return whether a process that was asked to end has ended, or must be killed now."""
        return not self.is_running or time.monotonic() > self.end_at

    def clear(self) -> None:
        """Kill its process group, which can outlive it, and close the pipe."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.pipe)


@dataclass(slots=True)
class _Place:
    """The slot of a program: its process, or when it can start again.

    During a renewal, `successor` is starting; `retiring` processes were asked to end.
    """

    program: Program
    run: _Run | None = None
    successor: _Run | None = None
    retiring: list[_Run] = field(default_factory=list)
    start_at: float = 0.0
    wait_s: float = FIRST_WAIT_S

    def runs(self) -> list[_Run]:
        return [each for each in (self.run, self.successor, *self.retiring) if each is not None]


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, from systemd if it passed one.

    Raises Unavailable if the address can't be bound.
    """
    if listen_fds():
        return socket.socket(fileno=SD_LISTEN_FDS_START)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise Unavailable(
            f"Carrel can't listen on {host}:{port}: {error.strerror}. If another program uses it, "
            "stop that one or choose another address."
        ) from error
    return made


def web_program(listener: socket.socket, workers: int) -> Program:
    """Return the web server on a listening socket: gunicorn, with a thread for every slow client."""
    beat_directory = ("--worker-tmp-dir", "/dev/shm") if os.access("/dev/shm", os.W_OK) else ()  # noqa: S108
    options = (
        *("--bind", f"fd://{listener.fileno()}"),
        *("--workers", str(workers)),
        *("--worker-class", "lms.web.server.gunicorn_worker.DrainingWorker"),
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
    command = (sys.executable, "-m", "gunicorn", *options, "wsgi:application()")
    return Program("web", command, (listener.fileno(),), workers)


def worker_program() -> Program:
    """Return the worker, with all lanes."""
    return Program("worker", (sys.executable, str(ROOT / "wsgi.py"), "worker"))


def metrics_program() -> Program:
    """Return the server of metrics for Prometheus."""
    return Program("metrics", (sys.executable, str(ROOT / "wsgi.py"), "metrics"))


@dataclass(slots=True)
class Supervisor:
    """Keeps programs running until a signal ends it, and then ends them all.

    SIGHUP renews one program after the other: a new web server serves before the old one stops.
    SIGTERM ends them after `drain_s` seconds, in which /readyz answers 503; SIGINT at once.
    """

    programs: Sequence[Program]
    environ: Mapping[str, str]
    listener: socket.socket
    drain_s: float = 0.0
    _stopping: Event = field(default_factory=Event)
    _signals: list[int] = field(default_factory=list)
    _is_renewal_asked: bool = False
    _is_told_ready: bool = False
    _to_renew: deque[_Place] = field(default_factory=deque)

    def run(self) -> None:
        """Start all programs; return after a signal, when all of them have ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_end)
        signal.signal(signal.SIGHUP, self._on_renewal)
        places = [_Place(program) for program in self.programs]
        try:
            while not self._stopping.is_set():
                self._begin_renewal(places)
                for place in places:
                    self._tend(place)
                self._tell_ready(places)
                self._stopping.wait(POLL_S)
        finally:
            self._end(places)

    def _on_end(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)
        self._stopping.set()

    def _on_renewal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_renewal_asked = True

    def _tell_ready(self, places: Sequence[_Place]) -> None:
        if not self._is_told_ready and all(each.run and each.run.serves() for each in places):
            self._is_told_ready = True
            sd_notify("READY=1", logging.getLogger(__name__))

    def _begin_renewal(self, places: Sequence[_Place]) -> None:
        if self._is_renewal_asked and not self._to_renew:
            self._is_renewal_asked = False
            self._to_renew.extend(places)

    def _tend(self, place: _Place) -> None:
        for over in [each for each in place.retiring if each.is_over()]:
            over.clear()
            place.retiring.remove(over)
        if self._to_renew and self._to_renew[0] is place:
            self._renew(place)
        if place.run is None:
            if time.monotonic() >= place.start_at and not place.retiring:
                place.run = self._start(place.program)
        elif not place.run.is_running:
            self._bury(place, place.run)
        elif time.monotonic() - place.run.started_at > SETTLED_AFTER_S:
            place.wait_s = FIRST_WAIT_S

    def _renew(self, place: _Place) -> None:
        """Advance a renewal by one step; a program that doesn't report readiness is ended, then restarted."""
        if not place.program.processes:
            _retire(place, None)
            self._to_renew.popleft()
        elif place.successor is None:
            place.successor = self._start(place.program)
        elif place.successor.serves():
            _retire(place, place.successor)
            self._to_renew.popleft()
        elif (
            not place.successor.is_running
            or time.monotonic() - place.successor.started_at > READY_WITHIN_S
        ):
            log.error("renewal_failed", program=place.program.name)
            place.successor.clear()
            place.successor = None
            self._to_renew.clear()  # the running processes stay

    def _bury(self, place: _Place, ended: _Run) -> None:
        code = ended.process.returncode
        log.error("program_ended", program=place.program.name, code=code, again_in_s=place.wait_s)
        ended.clear()
        place.run = None
        place.start_at = time.monotonic() + place.wait_s
        place.wait_s = min(place.wait_s * 2, LONGEST_WAIT_S)

    def _start(self, program: Program) -> _Run:
        told, tell = os.pipe()
        os.set_blocking(told, False)
        inherited = {name: each for name, each in self.environ.items() if name not in OF_SYSTEMD}
        try:
            process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=STDERR,  # only the output of `serve` itself goes to stdout
                env=inherited | {READY_FD: str(tell)},
                pass_fds=(*program.files, tell),
                # A terminal's signals reach only the supervisor, which passes them on.
                process_group=0,
                preexec_fn=_dying_with(os.getpid()),  # noqa: PLW1509  (there is no other thread)
            )
        finally:
            os.close(tell)
        log.info("program_started", program=program.name, pid=process.pid)
        return _Run(process, time.monotonic(), told, program.processes)

    def _end(self, places: Sequence[_Place]) -> None:
        sd_notify("STOPPING=1", logging.getLogger(__name__))
        if self.drain_s and signal.SIGTERM in self._signals:
            self._drain(places)
        # Otherwise connections would be accepted that no one answers.
        self.listener.close()
        running = [each for place in places for each in place.runs()]
        for each in running:
            each.ask_to_end()
        while not all(each.is_over() for each in running) and len(self._signals) <= 1:
            time.sleep(POLL_S / 4)
        for each in running:
            each.clear()
        log.info("all_programs_ended")

    def _drain(self, places: Sequence[_Place]) -> None:
        """Keep serving while load balancers notice that they should use others."""
        for place in places:
            if place.program.processes and place.run and place.run.is_running:
                place.run.process.send_signal(signal.SIGUSR1)
        log.info("draining", seconds=self.drain_s)
        ends = time.monotonic() + self.drain_s
        while time.monotonic() < ends and len(self._signals) <= 1:
            time.sleep(POLL_S)


def _retire(place: _Place, successor: _Run | None) -> None:
    """Ask the running process to end, and replace it."""
    if place.run is not None:
        place.run.ask_to_end()
        place.retiring.append(place.run)
    place.run, place.successor, place.start_at = successor, None, 0.0
    log.info("program_renewed", program=place.program.name)


def _dying_with(parent: int) -> Callable[[], None]:
    """Return a function for a child to run before exec, so that it ends with its parent (Linux)."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        if sys.platform == "linux":
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # the parent died before prctl
                os._exit(1)

    return prepare
