"""Programs of a house with several machines: ended, killed, and started again as they were."""

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

START_S: Final = 300.0  # a limit for machines that have much else to do
AS_OF_SYSTEMD: Final = 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3<&%d'


class Part:
    """A program that another one started: it can be ended, and started again as it was."""

    def __init__(self, pid: int, arguments: Sequence[str] | None = None) -> None:
        place = Path(f"/proc/{pid}")
        self.pid = pid
        started = place.joinpath("cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        program = os.fsencode(place.joinpath("exe").readlink())
        # a program that writes its title over its arguments has to be told them
        self._argv = started if arguments is None else [program, *map(os.fsencode, arguments)]
        pairs = place.joinpath("environ").read_bytes().rstrip(b"\0").split(b"\0")
        self._environ = dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair)
        self._owner = place.stat()
        self._own: subprocess.Popen[bytes] | None = None

    def end(self, how: signal.Signals) -> None:
        """End it by a signal, and wait until it has."""
        os.kill(self.pid, how)
        ends = time.monotonic() + START_S
        while self._runs():
            if time.monotonic() > ends:
                raise TimeoutError
            time.sleep(0.05)

    def start(self) -> None:
        """Start it as it was started before."""
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
        """End what was started here."""
        if self._own is not None:
            self._own.kill()
            self._own.wait()

    def _runs(self) -> bool:
        if self._own is not None:
            return self._own.poll() is None
        with suppress(OSError):  # what another has started is a zombie until that one looks
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return False


@dataclass(slots=True)
class Program:
    """A program of the product on one of its machines, from the directory it is installed in.

    With a `held` socket it gets that one to listen on, as from a systemd socket unit.
    """

    arguments: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    port: int | None = None
    root: Path = ROOT
    held: socket.socket | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
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
        """The process."""
        if self.process is None:
            raise LookupError(self.arguments)
        return self.process.pid

    def wait(self) -> None:
        """Wait until it has ended; raises CalledProcessError if it failed."""
        if self.process is not None and (code := self.process.wait(START_S)):
            error = subprocess.CalledProcessError(code, self.process.args)
            error.add_note(self.log.read_text())
            raise error

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it by a signal, and wait until it has."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(START_S)

    def told(self, event: str, **more: str) -> int:
        """Return how often its log has an event."""
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{")
        return sum(line.get("event") == event and more.items() <= line.items() for line in lines)

    def renew(self) -> None:
        """Renew it by SIGHUP, and wait until another process of its serves."""
        before = self.told("program_renewed", program="web")
        os.kill(self.pid, signal.SIGHUP)
        ends = time.monotonic() + START_S
        while self.told("program_renewed", program="web") == before:
            if time.monotonic() > ends:
                raise TimeoutError(self.log)
            time.sleep(0.2)
