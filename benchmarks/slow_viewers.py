"""S4 and S5: how many slow viewers one worker serves while pages respond, and the memory of each.

So many viewers (1,000 by default) request a plain MP4 as a browser does and read it at 31 kB a
second, all at once, from the web server of `carrel serve` with one worker; meanwhile a page is
requested repeatedly. Then the same is done with nginx, to compare memory. Run: python -m
benchmarks.slow_viewers [--viewers 1000] [--seconds 20]
"""

import argparse
import json
import resource
import selectors
import socket
import statistics
import threading
import time
from dataclasses import dataclass, field
from typing import Final

from benchmarks.delivery_servers import Server, answered, both, request, resident_bytes

RATE: Final = 31_000
FILE: Final = 24 << 20
STEPS_A_SECOND: Final = 5
PAGE: Final = "/healthz"
ENOUGH: Final = 0.8  # share of the rate, because clients and server share the machine


@dataclass(slots=True)
class Viewer:
    """A slow reader: the bytes it has read, and those it is due to read by now."""

    asking: socket.socket
    received: int = 0


@dataclass(slots=True)
class Crowd:
    """All viewers of one server, read by one thread."""

    server: Server
    count: int
    whole: bool
    viewers: list[Viewer] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    began: float = 0.0
    ended: float = 0.0

    def come(self) -> None:
        """Connect all viewers and request the recording."""
        # Browsers request an open range; requesting the whole file is the worse case.
        more = "" if self.whole else "Range: bytes=0-\r\n"
        wanted = request(self.server.path("progressive.mp4"), more)
        for _ in range(self.count):
            asking = socket.socket()
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RATE)
            asking.connect(("127.0.0.1", self.server.port))
            asking.sendall(wanted)
            asking.settimeout(0)
            self.viewers.append(Viewer(asking))

    def watch(self) -> None:
        """Read at the viewers' rate until stopped."""
        self.began = time.monotonic()
        with selectors.DefaultSelector() as ready:
            for viewer in self.viewers:
                ready.register(viewer.asking, selectors.EVENT_READ, viewer)
            while not self._over.wait(1 / STEPS_A_SECOND):
                allowed = RATE * (time.monotonic() - self.began)
                for key, _ in ready.select(0):
                    viewer = key.data
                    if viewer.received < allowed:
                        viewer.received += len(viewer.asking.recv(RATE // STEPS_A_SECOND * 2))
        self.ended = time.monotonic()

    def leave(self) -> None:
        """Stop the reading thread."""
        self._over.set()

    def held(self) -> int:
        """Return how many received the recording at their rate until the end."""
        due = RATE * (self.ended - self.began) * ENOUGH
        return sum(viewer.received >= due for viewer in self.viewers)

    def go(self) -> None:
        """Close every connection."""
        for viewer in self.viewers:
            viewer.asking.close()


@dataclass(frozen=True, slots=True)
class Evening:
    """The measurements while viewers watch."""

    held: int
    bytes_each: float
    pages: list[float]


def main() -> None:
    """Measure and print one line of JSON: a list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--whole", action="store_true", help="ask for the file without a range")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with both({"progressive.mp4": FILE}) as sides:
        alone = [answered(sides.product.port, PAGE) for _ in range(50)]
        ours = evening(Crowd(sides.product, options.viewers, options.whole), options.seconds)
        theirs = evening(Crowd(sides.nginx, options.viewers, options.whole), options.seconds)
    print(
        json.dumps(
            [
                {
                    "metric": "S4",
                    "held": ours.held,
                    "viewers": options.viewers,
                    "request": "whole file" if options.whole else "open range",
                    "ratio": round(statistics.median(ours.pages) / statistics.median(alone), 2),
                    "yardstick": f"{PAGE} with nobody watching",
                    "page_ms": milli(ours.pages),
                    "page_alone_ms": milli(alone),
                },
                {
                    "metric": "S5",
                    "ratio": round(ours.bytes_each / theirs.bytes_each, 2),
                    "yardstick": "nginx, resident memory a viewer",
                    "product_bytes": round(ours.bytes_each),
                    "yardstick_bytes": round(theirs.bytes_each),
                    "yardstick_held": theirs.held,
                },
            ]
        )
    )


def evening(crowd: Crowd, seconds: float) -> Evening:
    """Let viewers watch for so long, and request a page ten times a second."""
    before = resident_bytes(crowd.server)
    crowd.come()
    reading = threading.Thread(target=crowd.watch)
    reading.start()
    pages: list[float] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if crowd.server.folder:  # nginx has no page
            pages.append(answered(crowd.server.port, PAGE))
        time.sleep(0.1)
    taken = resident_bytes(crowd.server) - before
    crowd.leave()
    reading.join()
    crowd.go()
    return Evening(crowd.held(), taken / crowd.count, pages)


def milli(seconds: list[float]) -> dict[str, float]:
    """Return median and 95th percentile in milliseconds."""
    ranked = sorted(seconds)
    return {
        "p50": round(statistics.median(ranked) * 1000, 1),
        "p95": round(ranked[int(len(ranked) * 0.95)] * 1000, 1),
    }


if __name__ == "__main__":
    main()
