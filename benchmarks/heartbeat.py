"""H1, H2 and H3: the cost of a saved heartbeat, locked databases, and stored bytes.

H1 sends heartbeats through the whole application in process, alternating with an empty Flask page,
and compares CPU time. H2 lets four processes write 500 heartbeats a second each and counts
refusals. H3 is the number of bytes stored for an hour watched. Run: python -m benchmarks.heartbeat
"""

import argparse
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import select

from lms.app import create_app
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.models.playback import WatchRecord
from lms.playback import sessions as playback_sessions
from lms.playback.progress_bitmap import BUCKET_S
from lms.playback.sessions import Playback, Screen
from media.delivery.media_tokens import Ticket, fingerprint, network_of
from tests.factories import make_grant, make_login, make_recording, make_webinar
from tests.servers.postgres import postgres
from wsgi import COMPONENTS

AGENT: Final = "Carrel benchmark"
PROCESSES: Final = 4
BEATS_A_SECOND: Final = 500
SECONDS: Final = 3600.0


def main() -> None:
    """Measure and print one line of JSON for each metric."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--beats", type=int, default=1500, help="beats of one round")
    parser.add_argument("--seconds", type=int, default=5, help="how long H2 writes")
    options = parser.parse_args()
    figures: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="carrel-beats-") as name:
        environ = environ_of(Path(name), f"sqlite:///{name}/installation.db")
        figures.append(measure_cost(environ, "sqlite", options.rounds, options.beats))
        figures.append(measure_locks(environ, options.seconds))
        figures.append(measure_size(environ))
    with tempfile.TemporaryDirectory(prefix="carrel-beats-") as name, postgres() as server:
        environ = environ_of(Path(name), server.create("carrel"))
        figures.append(measure_cost(environ, "postgresql", options.rounds, options.beats))
    for figure in figures:
        print(json.dumps(figure))


def environ_of(installation: Path, url: str) -> Mapping[str, str]:
    """Return the settings of a new installation."""
    return {
        "CARREL_DATA_DIR": str(installation),
        "CARREL_DATABASE_URL": url,
        "CARREL_SECRET_KEY": "a key for benchmarks alone, " * 3,
    }


class Player:
    """A person with permanent access, and their player's heartbeats."""

    def __init__(self, carrel: Carrel) -> None:
        with carrel.database.transaction() as session:
            webinar = make_webinar(session, f"webinar-{new_public_id()}")
            make_recording(session, webinar, seconds=SECONDS)
            login = make_login(session, f"{new_public_id()}@example.org")
            make_grant(session, login, webinar)
            self.login_id = login.id
            answer = playback_sessions.open_playback(
                session,
                screen=Screen(login.id, None, "A benchmark"),
                webinar_id=webinar.id,
                now=now() - timedelta(hours=2),
            )
        if not isinstance(answer, Playback):
            raise TypeError(answer)
        ticket = Ticket(
            session=answer.session_id,
            prefix=f"renditions/{answer.recording_id}",
            expires=int(answer.expires_at.timestamp()),
            agent=fingerprint(AGENT),
            network=network_of("127.0.0.1"),
        )
        self.path = f"/playback/{carrel.signer.sign(ticket)}/beat"
        self.sent = 0

    def beat(self, app: Flask) -> int:
        """Send a heartbeat as gunicorn would pass it on; returns the status."""
        at = (self.sent * 5) % (SECONDS - 20)
        told = {"position": at + 15, "rate": 1, "spans": [[at, at + 15]]}
        self.sent += 1
        return asked(app, environ_for(self.path, json.dumps(told).encode()))


def measure_cost(
    environ: Mapping[str, str], kind: str, rounds: int, beats: int
) -> dict[str, object]:
    """H1: a saved heartbeat through the application, alternating with an empty Flask page."""
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    app, hello, player = create_app(carrel, COMPONENTS), hello_app(), Player(carrel)
    costs: list[float] = []
    hellos: list[float] = []
    for number in range(rounds + 1):
        cost = cpu_of(lambda: player.beat(app), beats)
        yardstick = cpu_of(lambda: asked(hello, environ_for("/", None)), beats)
        if number:  # the first round is a warm-up
            costs.append(cost)
            hellos.append(yardstick)
    carrel.database.dispose()
    ours, theirs = statistics.median(costs), statistics.median(hellos)
    return {
        "metric": "H1",
        "database": kind,
        "ratio": round(ours / theirs, 2),
        "bar": 6,
        "yardstick": "Flask hello, both in process, CPU",
        "load": round(os.getloadavg()[0], 1),
        "product_us": round(ours * 1e6),
        "yardstick_us": round(theirs * 1e6),
    }


def measure_locks(environ: Mapping[str, str], seconds: int) -> dict[str, object]:
    """H2: heartbeats refused while four processes write at once."""
    context = get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        found = pool.starmap(write_beats, [(dict(environ), seconds)] * PROCESSES)
    return {
        "metric": "H2",
        "refused": sum(refused for _, refused in found),
        "kept": sum(kept for kept, _ in found),
        "a_second": round(sum(kept for kept, _ in found) / seconds),
        "processes": PROCESSES,
    }


def write_beats(environ: Mapping[str, str], seconds: int) -> tuple[int, int]:
    """Send heartbeats at a steady rate; returns how many were saved and how many refused."""
    carrel = open_carrel(Settings.from_env(environ))
    app, player = create_app(carrel, COMPONENTS), Player(carrel)
    begin = time.perf_counter()
    kept = refused = 0
    for number in range(BEATS_A_SECOND * seconds):
        ahead = begin + number / BEATS_A_SECOND - time.perf_counter()
        if ahead > 0:
            time.sleep(ahead)
        if player.beat(app) == 200:
            kept += 1
        else:
            refused += 1
    carrel.database.dispose()
    return kept, refused


def measure_size(environ: Mapping[str, str]) -> dict[str, object]:
    """H3: the bytes of progress stored for an hour watched."""
    carrel = open_carrel(Settings.from_env(environ))
    with carrel.database.read_session() as session:
        sizes = [len(buckets) for buckets in session.scalars(select(WatchRecord.buckets))]
    carrel.database.dispose()
    return {"metric": "H3", "bytes": max(sizes), "buckets": int(SECONDS / BUCKET_S)}


def hello_app() -> Flask:
    """Return a Flask application with one empty page."""
    app = Flask("hello")
    app.add_url_rule("/", "hello", lambda: "hello")
    return app


def environ_for(path: str, body: bytes | None) -> dict[str, Any]:
    """Return a request as a server passes it to an application."""
    return {
        "REQUEST_METHOD": "GET" if body is None else "POST",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_USER_AGENT": AGENT,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body or b"")),
        "wsgi.input": io.BytesIO(body or b""),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def asked(app: Flask, environ: dict[str, Any]) -> int:
    """Send a request to an application, read the whole response, and return its status."""
    statuses: list[str] = []
    answer = app.wsgi_app(environ, lambda status, _headers, _fault=None: statuses.append(status))  # type: ignore[arg-type,return-value,func-returns-value]
    for _ in answer:
        pass
    return int(statuses[0][:3])


def cpu_of(act: Callable[[], object], count: int) -> float:
    """Return the CPU seconds per call."""
    before = time.process_time()
    for _ in range(count):
        act()
    return (time.process_time() - before) / count


if __name__ == "__main__":
    main()
