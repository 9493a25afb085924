"""Programs of an installation on several machines, which can be stopped, killed, and restarted."""

import json
import os
import signal
import socket
import subprocess  # noqa: TID251  (the product is started as an operator does)
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.delivery_servers import answered
from lms.worker.web_and_worker_supervisor import ROOT

START_S: Final = 300.0  # generous, for busy machines
AS_OF_SYSTEMD: Final = 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3<&%d'


class Part:
    """A program started by another one, which can be stopped and restarted."""

    def __init__(self, pid: int, arguments: Sequence[str] | None = None) -> None:
        place = Path(f"/proc/{pid}")
        self.pid = pid
        started = place.joinpath("cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        program = os.fsencode(place.joinpath("exe").readlink())
        # passed on, because a program can overwrite its arguments with its title
        self._argv = started if arguments is None else [program, *map(os.fsencode, arguments)]
        pairs = place.joinpath("environ").read_bytes().rstrip(b"\0").split(b"\0")
        self._environ = dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)
        self._owner = place.stat()
        self._own: subprocess.Popen[bytes] | None = None

    def end(self, how: signal.Signals) -> None:
        """Stop it by a signal, and wait until it has exited."""
        os.kill(self.pid, how)
        ends = time.monotonic() + START_S
        while self._runs():
            if time.monotonic() > ends:
                raise TimeoutError
            time.sleep(0.05)

    def start(self) -> None:
        """Start it again."""
        self._own = subprocess.Popen(  # noqa: S603  (its own list)
            self._argv,
            env=self._environ,
            user=self._owner.st_uid,
            group=self._owner.st_gid,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self._own.pid

    def close(self) -> None:
        """Stop what was started."""
        if self._own is not None:
            self._own.kill()
            self._own.wait()

    def _runs(self) -> bool:
        if self._own is not None:
            return self._own.poll() is None
        with suppress(OSError):  # another process's child is a zombie until that one waits for it
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return False


@dataclass(slots=True)
class Program:
    """A program of the product on one machine, run from its installation directory.

    With a `held` socket it listens on that one, as with a systemd socket unit.
    """

    arguments: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    port: int | None = None
    root: Path = ROOT
    held: socket.socket | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it responds."""
        command: tuple[str, ...] = (sys.executable, str(self.root / "wsgi.py"), *self.arguments)
        passed = () if self.held is None else (self.held.fileno(),)
        if passed:
            command = ("/bin/sh", "-c", AS_OF_SYSTEMD % passed, "sh", *command)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  (our own list)
                command,
                pass_fds=passed,
                cwd=self.root,
                env=os.environ | self.environ,  # noqa: TID251  (for the program that is started)
                stdout=log,
                stderr=log,
            )
        ends = time.monotonic() + START_S
        while self.port is not None:
            with suppress(OSError):
                answered(self.port, "/readyz")
                return
            if time.monotonic() > ends:
                raise TimeoutError(self.log)
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        """The process ID."""
        if self.process is None:
            raise LookupError(self.arguments)
        return self.process.pid

    def wait(self) -> None:
        """Wait until it exits; raises CalledProcessError if it failed."""
        if self.process is not None and (code := self.process.wait(START_S)):
            error = subprocess.CalledProcessError(code, self.process.args)
            error.add_note(self.log.read_text())
            raise error

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it by a signal, and wait until it has exited."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(START_S)

    def told(self, event: str, **more: str) -> int:
        """Return how often its log has an event."""
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{")
        return sum(line.get("event") == event and more.items() <= line.items() for line in lines)

    def renew(self) -> None:
        """Reload it by SIGHUP, and wait until a new process serves."""
        before = self.told("program_renewed", program="web")
        os.kill(self.pid, signal.SIGHUP)
        ends = time.monotonic() + START_S
        while self.told("program_renewed", program="web") == before:
            if time.monotonic() > ends:
                raise TimeoutError(self.log)
            time.sleep(0.2)
