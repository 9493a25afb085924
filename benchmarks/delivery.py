"""S1, S2, S3 and P4: the cost of delivering a segment and of checking its token.

S1 fetches 1.1 MB, as a whole file and as a range of a longer one, alternately from the web server
of `carrel serve` (one worker, with its log and session checks) and from nginx, and compares the CPU
time of both process trees. S2 compares the range with the whole file. S3 does the same as S1 for
the product behind nginx (deploy/nginx.conf without TLS), with 1.1 MB and 150 KB, counting both
programs. P4 compares the token check before Flask with an empty Flask page. Run: python -m
benchmarks.delivery
"""

import argparse
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flask import Flask

from benchmarks.delivery_servers import AGENT, Server, Sides, both, cpu_seconds, fetch
from lms.core.database import Database
from lms.migrations import upgrade
from lms.playback.ended_session_cache import EndedSessionCache
from media.delivery.authorization import Gate
from media.delivery.media_tokens import Signer, Ticket, fingerprint, network_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SEGMENT: Final = 1_100_000
SMALL: Final = 150_000
PIECES: Final = {
    "1.1 MB": f"Range: bytes=0-{SEGMENT - 1}\r\n",
    "150 KB": f"Range: bytes=2000000-{2_000_000 + SMALL - 1}\r\n",
}
KINDS: Final = {
    "200": ("segment.mp4", ""),
    "range": ("long.mp4", f"Range: bytes={SEGMENT}-{2 * SEGMENT - 1}\r\n"),
}


def main() -> None:
    """Measure and print one line of JSON: a list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000, help="requests of one round")
    options = parser.parse_args()
    with both({"segment.mp4": SEGMENT, "long.mp4": 20 * SEGMENT}) as sides:
        costs = measure_segments(sides, options.rounds, options.requests)
        behind = measure_pieces(sides, options.rounds, options.requests)
    figures = [segment_figure(costs, kind) for kind in KINDS]
    figures.append(
        {
            "metric": "S2",
            "ratio": round(median(costs, "product", "range") / median(costs, "product", "200"), 3),
            "yardstick": "the same bytes as a whole file, by the product",
        }
    )
    figures += [piece_figure(behind, kind) for kind in PIECES]
    print(json.dumps([*figures, measure_check(options.rounds)]))


Costs = dict[tuple[str, str], list[float]]


def measure_segments(sides: Sides, rounds: int, requests: int) -> Costs:
    """Return CPU seconds per request by server and kind, one for each round, alternating."""
    costs: Costs = {}
    servers = {"product": sides.product, "nginx": sides.nginx}
    for number in range(rounds + 1):
        for kind in KINDS:
            for name, server in servers.items():
                cost = segment_cost(server, kind, requests)
                if number:  # the first is for warming up
                    costs.setdefault((name, kind), []).append(cost)
    return costs


def segment_cost(server: Server, kind: str, requests: int) -> float:
    """Return the CPU seconds of one request."""
    name, more = KINDS[kind]
    before = cpu_seconds(server)
    fetch(server, server.path(name), requests, more)
    return (cpu_seconds(server) - before) / requests


def segment_figure(costs: Costs, kind: str) -> dict[str, object]:
    """Return S1 for one kind of request."""
    ours, theirs = median(costs, "product", kind), median(costs, "nginx", kind)
    return {
        "metric": "S1",
        "kind": kind,
        "ratio": round(ours / theirs, 2),
        "yardstick": "nginx static (sendfile), CPU of the process tree",
        "product_us": round(ours * 1e6),
        "yardstick_us": round(theirs * 1e6),
    }


def measure_pieces(sides: Sides, rounds: int, requests: int) -> Costs:
    """Return CPU seconds per file behind nginx and from nginx alone, one for each round."""
    costs: Costs = {}
    servers = {"product": sides.behind, "nginx": sides.nginx}
    for number in range(rounds + 1):
        for kind, more in PIECES.items():
            for name, server in servers.items():
                before = cpu_seconds(server)
                fetch(server, server.path("long.mp4"), requests, more)
                if number:  # the first is for warming up
                    cost = (cpu_seconds(server) - before) / requests
                    costs.setdefault((name, kind), []).append(cost)
    return costs


def piece_figure(costs: Costs, kind: str) -> dict[str, object]:
    """Return S3 for one size."""
    ours, theirs = median(costs, "product", kind), median(costs, "nginx", kind)
    return {
        "metric": "S3",
        "kind": kind,
        "ratio": round(ours / theirs, 2),
        "yardstick": "nginx static, the same range, CPU of the process trees",
        "product_us": round(ours * 1e6),
        "yardstick_us": round(theirs * 1e6),
    }


def median(costs: Costs, server: str, kind: str) -> float:
    """Return the median of all rounds."""
    return statistics.median(costs[server, kind])


def measure_check(rounds: int, count: int = 20_000) -> dict[str, object]:
    """P4: the CPU time of the whole check before Flask, compared with an empty Flask page."""
    signer = Signer(b"benchmark" * 4)
    ticket = Ticket(
        session="benchmark",
        prefix="renditions/0123456789abcdefghjkmnpqrs",
        expires=4_000_000_000,
        cookie=fingerprint("a cookie"),
        agent=fingerprint(AGENT),
        network=network_of("127.0.0.1"),
    )
    token = signer.sign(ticket)
    with tempfile.TemporaryDirectory(prefix="carrel-check-") as name:
        database = Database(f"sqlite:///{Path(name, 'installation.db')}")
        upgrade(database)
        gate = Gate(
            signer=signer,
            live=EndedSessionCache(database),
            cookies=("carrel",),
        )
        hello = hello_app()
        checks: list[float] = []
        hellos: list[float] = []
        for _ in range(rounds):
            checks.append(cpu_of(lambda: gate.admit(token, environ_of("/media/x")), count))
            hellos.append(cpu_of(lambda: asked(hello), count // 4))
        database.dispose()
    ours, theirs = statistics.median(checks), statistics.median(hellos)
    return {
        "metric": "P4",
        "ratio": round(ours / theirs, 3),
        "yardstick": "Flask hello, both in process, CPU",
        "product_us": round(ours * 1e6, 2),
        "yardstick_us": round(theirs * 1e6, 1),
    }


def hello_app() -> "WSGIApplication":
    """Return a Flask application with one empty page."""
    app = Flask("hello")

    @app.get("/")
    def hello() -> str:
        return "hello"

    return app.wsgi_app


def asked(app: "WSGIApplication") -> None:
    """Send a request to the application as a server would."""
    body = app(environ_of("/"), lambda *_: lambda _data: None)
    for _ in body:
        pass
    getattr(body, "close", lambda: None)()


def environ_of(path: str) -> dict[str, Any]:
    """Return a WSGI environ with the cookie that the ticket is bound to."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_USER_AGENT": AGENT,
        "HTTP_COOKIE": "theme=dark; carrel=a cookie",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def cpu_of(act: Callable[[], object], count: int) -> float:
    """Return the CPU seconds per call."""
    before = time.process_time()
    for _ in range(count):
        act()
    return (time.process_time() - before) / count


if __name__ == "__main__":
    main()
