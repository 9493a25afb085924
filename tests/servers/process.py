"""Programs that tests start on loopback; they end with the process that started them."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

START_S = 240.0
STOP_S = 10.0
POLL_S = 0.02
PORTS = range(11_000, 32_000)


class DidNotStart(Exception):
    """The program ended or never became ready; the message has the end of its log."""


def package_path(package: str, inside: str) -> Path | None:
    """Return a path inside an installed package without importing it, or None if it isn't there."""
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place, inside)
        if path.exists():
            return path
    return None


def free_port() -> int:
    """Return a loopback port that no program listens on now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return different loopback ports that no program listens on now.

    They are below the kernel's ephemeral ports, which it could soon give to another test run on
    this machine or to an outgoing connection.
    """
    found: set[int] = set()
    while len(found) < count:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)


def listening(port: int) -> bool:
    """Return whether a program accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def found_program(name: str) -> Path | None:
    """Return a program of the test set or of the system."""
    beside = Path(sys.executable).with_name(name)
    system = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return beside if beside.exists() else Path(system) if system else None


@contextmanager
def running(
    command: Sequence[object],
    *,
    ready: Callable[[], bool],
    log: Path,
    environ: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; enters the block when `ready()` first returns True.

    Raises DidNotStart when it ends first, or is not ready within four minutes.
    """
    with log.open("ab") as output:
        program = subprocess.Popen(
            [*_ended_with_us(), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environ,
        )
    try:
        _await_ready(program, ready, log)
        yield program
    finally:
        stop(program)


def stop(program: subprocess.Popen[bytes]) -> None:
    """End a program that we started: by SIGTERM, then by SIGKILL."""
    if program.poll() is None:
        program.terminate()
        try:
            program.wait(STOP_S)
        except subprocess.TimeoutExpired:
            program.kill()
    program.wait()


def _ended_with_us() -> list[str]:
    # a killed test run must not leave its servers running
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def _await_ready(program: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    ends = time.monotonic() + START_S
    while not ready():
        if program.poll() is not None or time.monotonic() > ends:
            tail = log.read_text(errors="replace")[-2000:]
            raise DidNotStart(f"{program.args!r} is not ready (exit {program.poll()}):\n{tail}")
        time.sleep(POLL_S)
