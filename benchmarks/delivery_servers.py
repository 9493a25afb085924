"""Servers for the delivery benchmarks: the product and nginx with the same files."""

import os
import resource
import socket
import subprocess  # noqa: TID251  (the product is started as its supervisor does)
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.worker.web_and_worker_supervisor import listen, web_program
from media.delivery.media_tokens import Ticket, fingerprint, network_of
from tests.servers.nginx import deployed, nginx

VERSION: Final = "renditions/0123456789abcdefghjkmnpqrs"
RUN: Final = "run"
AGENT: Final = "Carrel benchmark"
START_S: Final = 30.0
TAKEN_AT_ONCE: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Server:
    """A server: its port, process, the URL prefix of files, and the processes that do its work."""

    port: int
    process: int
    folder: str
    helpers: tuple[int, ...] = ()

    def path(self, name: str) -> str:
        """Return the address of a file."""
        return f"{self.folder}/{name}"


@dataclass(frozen=True, slots=True)
class Sides:
    """The product, the product behind nginx, and nginx alone, with the same files."""

    product: Server
    behind: Server
    nginx: Server


@contextmanager
def both(files: dict[str, int]) -> Iterator[Sides]:
    """Serve files of these sizes by the product, behind nginx, and by nginx alone."""
    with tempfile.TemporaryDirectory(prefix="carrel-delivery-") as name:
        installation = Path(name)
        environ = os.environ | {  # noqa: TID251  (for the program that is started)
            "CARREL_DATA_DIR": str(installation),
            "CARREL_SECRET_KEY": "a key for benchmarks alone, " * 3,
        }
        settings = Settings.from_env(environ)
        carrel = open_carrel(settings)
        upgrade(carrel.database)
        carrel.database.dispose()
        for file, size in files.items():
            carrel.storage.put_bytes(f"{VERSION}/{RUN}/{file}", os.urandom(size), "video/mp4")
        ticket = Ticket(
            session="benchmark",
            prefix=VERSION,
            expires=4_000_000_000,
            cookie=fingerprint("a cookie"),
            agent=fingerprint(AGENT),
            network=network_of("127.0.0.1"),
        )
        folder = f"/media/{carrel.signer.sign(ticket)}/{RUN}"
        root = carrel.storage.local_path(f"{VERSION}/{RUN}")
        directives = f"root {root}; keepalive_requests 1000000;"
        fronted = {"CARREL_DELIVERY": "nginx", "CARREL_TRUSTED_PROXIES": "127.0.0.1"}
        kept = carrel.storage.local_path(VERSION)
        if kept is None:
            raise AssertionError("the files lie elsewhere")
        with ExitStack() as opened:
            port, process = opened.enter_context(_product(installation, environ))
            back, helper = opened.enter_context(_product(installation, environ | fronted))
            files_of = kept.parents[1]
            front = opened.enter_context(deployed(files_of, back, installation, is_plain=True))
            address = opened.enter_context(nginx(directives))
            number = int(address.rpartition(":")[2])
            yield Sides(
                product=Server(port, process, folder),
                behind=Server(front, _listener(front), folder, (helper,)),
                nginx=Server(number, _listener(number), ""),
            )


@contextmanager
def _product(installation: Path, environ: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run the web server of `carrel serve` with one worker and its log in a file."""
    listener = listen("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    with (installation / "log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  (our own list)
            web_program(listener, 1).command,
            env=environ,
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )
    listener.close()
    try:
        answered(port, "/healthz")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def answered(port: int, path: str) -> float:
    """Request a page on a new connection and return the seconds it took."""
    begin = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=START_S) as asking:
        asking.sendall(request(path, "Connection: close\r\n"))
        head = asking.recv(1 << 16)
        while asking.recv(1 << 16):
            pass
    if not head.startswith(b"HTTP/1.1 200 "):
        raise AssertionError(head[:200])
    return time.perf_counter() - begin


def request(path: str, more: str = "") -> bytes:
    """Return the bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {AGENT}\r\n{more}\r\n".encode()


def fetch(server: Server, path: str, count: int, more: str = "") -> None:
    """Request a file `count` times; the kernel discards the bodies.

    A connection is used until the server closes it: nginx does after 1,000 responses. The kernel
    accepts 128 KiB at once. When it accepted any amount, sending was sometimes done by the server
    and sometimes by the receiving process, and nginx took 50 us or 380 us of CPU time.
    """
    wanted = request(path, more)
    while count:
        with socket.socket() as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TAKEN_AT_ONCE)
            asking.settimeout(START_S)
            asking.connect(("127.0.0.1", server.port))
            answers = _answers_on(asking, wanted, count)
        if not answers:
            raise AssertionError(f"no answer to {path}")
        count -= answers


def _answers_on(asking: socket.socket, wanted: bytes, most: int) -> int:
    """Repeat a request until the server closes the connection; return the number of responses."""
    for number in range(most):
        asking.sendall(wanted)
        head = b""
        while b"\r\n\r\n" not in head:
            data = asking.recv(4096)
            if not data:
                return number
            head += data
        top, _, rest = head.partition(b"\r\n\r\n")
        if not top.startswith((b"HTTP/1.1 200", b"HTTP/1.1 206")):
            raise AssertionError(top)
        named = top.lower()
        left = int(named.partition(b"content-length:")[2].partition(b"\r\n")[0]) - len(rest)
        while left:
            data = asking.recv(min(left, 1 << 20), socket.MSG_WAITALL | socket.MSG_TRUNC)
            if not data:
                raise AssertionError(f"{left} bytes of an answer did not come")
            left -= len(data)
        if b"connection: close" in named:
            return number + 1
    return most


def tree(process: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [process]
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def cpu_seconds(server: Server) -> float:
    """Return the CPU seconds used by the server's processes, to the nanosecond."""
    spent = 0
    for process in chain.from_iterable(map(tree, (server.process, *server.helpers))):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(FileNotFoundError):  # it exited meanwhile
                spent += int((thread / "schedstat").read_text().split()[0])
    return spent / 1e9


def resident_bytes(server: Server) -> int:
    """Return the resident memory of the server's processes in bytes."""
    pages = (Path(f"/proc/{each}/statm").read_text().split()[1] for each in tree(server.process))
    return sum(map(int, pages)) * resource.getpagesize()


def _listener(port: int) -> int:
    """Return the topmost process that listens on a loopback port."""
    marks = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    }
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        try:
            links = {os.readlink(file) for file in (entry / "fd").iterdir()}
        except OSError:
            continue
        if links & {f"socket:[{mark}]" for mark in marks}:
            return int(entry.name)
    raise AssertionError(f"nobody listens on {port}")
