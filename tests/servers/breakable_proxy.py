"""A proxy to a server (PostgreSQL, S3) that drops connections before a request or its answer."""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import make_url

DOOR: Final = ".s.PGSQL.5432"
PIECE: Final = 65536


class Loss(Enum):
    """What is lost with the connection."""

    STATEMENT = auto()
    ANSWER = auto()


@dataclass(slots=True)
class BreakingLine:
    """A proxy between a program and a server; `url` is the server's address through it."""

    url: str
    call: Callable[[], socket.socket]
    breaks: int = 0
    is_dead: bool = False
    _mark: bytes = b""
    _loss: Loss = Loss.STATEMENT
    _dies: bool = False
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def break_at(self, mark: str, loss: Loss, *, dies: bool = False) -> None:
        """Break the next connection that sends this text; with `dies`, all others, too."""
        with self._lock:
            self._mark, self._loss, self._dies = mark.encode(), loss, dies

    def die(self) -> None:
        """Break all connections and accept no new ones, like a server that restarts."""
        with self._lock:
            self.is_dead = True
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def live(self) -> None:
        """Accept connections again."""
        self.is_dead = False

    def serve(self, door: socket.socket) -> None:
        """Accept connections until the listening socket is closed."""
        with suppress(OSError):
            while True:
                client, _ = door.accept()
                if self.is_dead:
                    client.close()
                    continue
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        server = self.call()
        with self._lock:
            self._open |= {client, server}
        lost = threading.Event()
        back = threading.Thread(target=self._bring_back, args=(server, client, lost), daemon=True)
        back.start()
        with suppress(OSError):
            while piece := client.recv(PIECE):
                if self._is_lost(piece, lost):
                    break
                server.sendall(piece)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR if lost.is_set() else socket.SHUT_RDWR)
        if not lost.is_set():
            self._hang_up(client)

    def _is_lost(self, piece: bytes, lost: threading.Event) -> bool:
        """Return whether this piece is lost; one that arrives but gets no answer sets `lost`."""
        with self._lock:
            if not self._mark or self._mark not in piece:
                return False
            self._mark = b""
            self.breaks += 1
            self.is_dead = self._dies
            if self._loss is Loss.ANSWER:
                lost.set()
        return self._loss is Loss.STATEMENT

    def _bring_back(
        self, server: socket.socket, client: socket.socket, lost: threading.Event
    ) -> None:
        with suppress(OSError):
            while piece := server.recv(PIECE):
                if lost.is_set():  # by the time it answers, the server has done the work
                    break
                client.sendall(piece)
        self._hang_up(client)
        server.close()

    def _hang_up(self, client: socket.socket) -> None:
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()


@contextmanager
def breaking_line(url: str) -> Iterator[BreakingLine]:
    """Run a proxy between a program and the PostgreSQL database at an address."""
    parsed = make_url(url)
    with (
        tempfile.TemporaryDirectory(prefix="carrel-line-") as place,
        socket.socket(socket.AF_UNIX) as door,
    ):
        door.bind(str(Path(place, DOOR)))
        door.listen(64)
        host = str(parsed.query["host"])
        through = parsed.set(query={**parsed.query, "host": place})
        line = BreakingLine(through.render_as_string(), lambda: _beside(Path(host, DOOR)))
        yield from _held(line, door)


@contextmanager
def breaking_line_to(endpoint: str) -> Iterator[BreakingLine]:
    """Run a proxy to a server on a local port, `http://127.0.0.1:9000`."""
    parsed = urlsplit(endpoint)
    there = (str(parsed.hostname), int(parsed.port or 0))
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        yield from _held(BreakingLine(url, lambda: socket.create_connection(there)), door)


def _held(line: BreakingLine, door: socket.socket) -> Iterator[BreakingLine]:
    threading.Thread(target=line.serve, args=(door,), daemon=True).start()
    yield line
    line.die()
    door.shutdown(socket.SHUT_RDWR)


def _beside(path: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.connect(str(path))
    return server
