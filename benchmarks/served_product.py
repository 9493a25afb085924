"""The product as an operator runs it, and browser connections, for load benchmarks."""

import asyncio
import json
import os
import subprocess  # noqa: TID251  (the product is started as an operator does)
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from benchmarks.cpu_time import used_by
from benchmarks.delivery_servers import answered, tree
from lms.worker.web_and_worker_supervisor import ROOT

HOST: Final = "127.0.0.1"
START_S: Final = 180.0
AT_REST: Final = 0.1  # share of a processor


@dataclass(frozen=True, slots=True)
class Answer:
    """A response's status, headers, and body if requested."""

    status: int
    head: bytes
    body: bytes


class Connection(asyncio.Protocol):
    """A browser's connection, with one request at a time.

    It costs as little as possible, because clients share the processors with the product.
    """

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._left: int | None = None
        self._body: list[bytes] | None = None
        self._answer: asyncio.Future[Answer] | None = None

    @classmethod
    async def to(cls, port: int) -> "Connection":
        """Connect to a port of this machine."""
        loop = asyncio.get_running_loop()
        _transport, connection = await loop.create_connection(cls, HOST, port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    async def ask(self, request: bytes, *, keeps: bool = False) -> Answer:
        """Send a request and return its complete response, with the body if it `keeps` it.

        Raises OSError or EOFError if there is none.
        """
        if self._transport is None or not self.is_open:
            raise EOFError
        self._head, self._left, self._body = b"", None, [] if keeps else None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        """Collect data until a response is complete."""
        if self._left is None:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            data, self._head = self._head[end + 4 :], self._head[: end + 2]
            self._left = int(header(self._head, b"Content-Length") or b"0")
        self._left -= len(data)
        if self._body is not None:
            self._body.append(data)
        if self._left <= 0 and self._answer is not None and not self._answer.done():
            body = b"".join(self._body or ())
            self._answer.set_result(Answer(int(self._head[9:12]), self._head, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the waiting request."""
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or EOFError())

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


def header(head: bytes, name: bytes) -> bytes:
    """Return a header of a response; b"" if it is missing."""
    starts = head.find(b"\r\n" + name + b": ")
    if starts < 0:
        return b""
    starts += len(name) + 4
    return head[starts : head.index(b"\r\n", starts)]


@contextmanager
def whole_product(
    installation: Path, environ: Mapping[str, str], port: int, processes: int
) -> Iterator[int]:
    """Run `carrel serve` with its worker, with its log in the installation; yields its process."""
    with (installation / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  (our own list)
            (
                *(sys.executable, str(ROOT / "wsgi.py"), "serve"),
                *("--bind", f"{HOST}:{port}", "--workers", str(processes)),
            ),
            env=os.environ | environ,  # noqa: TID251  (for the program that is started)
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def cpu_of(process: int) -> float:
    """Return the CPU seconds of a program and its descendants."""
    return sum(map(used_by, tree(process)))


def come_to_rest(process: int) -> None:
    """Wait until a program that was just started, and its processes, are idle."""
    ends = time.monotonic() + START_S
    while time.monotonic() < ends:
        before = cpu_of(process)
        time.sleep(1)
        if cpu_of(process) - before < AT_REST:
            return


def told_in(log: Path, events: Sequence[str]) -> Mapping[str, int]:
    """Count these events in the product's log, each with its code."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    told = [line for line in lines if line.get("event") in events]
    return Counter(f"{line['event']} {line.get('code', '')}".strip() for line in told)


def at_share(ranked: Sequence[float], share: float) -> float:
    """Return the percentile of sorted figures."""
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)] if ranked else float("nan")


def _wait_for(port: int) -> None:
    ends = time.monotonic() + START_S
    while True:
        try:
            answered(port, "/healthz")
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
        else:
            return
