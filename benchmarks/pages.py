"""P1, P2 and P3: what protected pages cost beside a Flask that says hello, and how many statements.

Alice holds a webinar and has watched a third of it. She asks, through the whole application in
process and in turn with the hello, why she may watch (JSON, P1), for the page she watches on, the
announcement and her library (P2). Compared is CPU time, medians of turns; on PostgreSQL `ratio` is
that of the application and `ratio_with_database` counts the backend, too. P3 counts the SQL
statements of each. Run: python -m benchmarks.pages. Prints one line of JSON a metric.
"""

import argparse
import json
import os
import secrets
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import event

from benchmarks.cpu_time import cpu_seconds
from benchmarks.heartbeat import AGENT, asked, environ_for, environ_of, hello_app
from lms.accounts.browser_sessions import hash_cookie
from lms.app import create_app
from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.models.accounts import SignIn
from lms.playback import sessions as playback_sessions
from lms.playback.sessions import Playback, Screen
from lms.web.core.current_user import cookie_name
from media.delivery.media_tokens import Ticket, fingerprint, network_of
from tests.factories import make_grant, make_login, make_recording, make_webinar
from tests.servers.postgres import postgres
from wsgi import COMPONENTS

WARMING: Final = 20
BARS: Final = {
    ("P1", "sqlite"): 3.5,
    ("P1", "postgresql"): 6.5,
    ("P2", "sqlite"): 5,
    ("P2", "postgresql"): 8.5,
}


@dataclass(frozen=True, slots=True)
class Page:
    """Something protected that alice asks for."""

    metric: str
    name: str
    path: str
    body: bytes | None = None


def main() -> None:
    """Measure and print one line of JSON for each page and database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--requests", type=int, default=200, help="of one turn")
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        with house(kind) as environ:
            measure(environ, kind, options.turns, options.requests)


@contextmanager
def house(kind: str) -> Iterator[Mapping[str, str]]:
    """Give the settings of a house of its own."""
    with tempfile.TemporaryDirectory(prefix="carrel-pages-") as name:
        if kind == "sqlite":
            yield environ_of(Path(name), f"sqlite:///{name}/house.db")
            return
        with postgres() as server:
            yield environ_of(Path(name), server.create("carrel"))


def measure(environ: Mapping[str, str], kind: str, turns: int, requests: int) -> None:
    """Print the figures of all pages on one database."""
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    app, hello = create_app(carrel, COMPONENTS), hello_app()
    cookie, pages = _alice(carrel)

    def ask(page: Page) -> None:
        request = environ_for(page.path, page.body) | {"HTTP_COOKIE": cookie}
        status = asked(app, request)
        if status != 200:
            raise SystemExit(f"pages: {page.path} answered {status}")

    for page in pages:
        for _ in range(WARMING):
            ask(page)
        statements = _counted(carrel.database, lambda page=page: ask(page))  # type: ignore[misc]
        ours, theirs = _in_turn(
            carrel.database, lambda page=page: ask(page), hello, turns, requests
        )  # type: ignore[misc]
        bar = BARS[page.metric, kind]
        _print(page, kind, _figures(ours, theirs) | {"bar": bar, "statements": statements})
    carrel.database.dispose()


def _alice(carrel: Carrel) -> tuple[str, list[Page]]:
    """Make somebody who holds a webinar and watches it; returns their cookie and their pages."""
    moment, value = now(), secrets.token_urlsafe(32)
    with carrel.database.transaction() as session:
        webinar = make_webinar(session, "reading-aloud")
        make_recording(session, webinar, seconds=3600.0)
        alice = make_login(session, "alice@example.org")
        make_grant(session, alice, webinar)
        sign_in = SignIn(
            token_hash=hash_cookie(value),
            login_id=alice.id,
            remembered=False,
            agent=AGENT,
            created_at=moment,
            last_seen_at=moment + timedelta(minutes=1),  # else it is noted while we measure
            expires_at=moment + timedelta(days=1),
        )
        session.add(sign_in)
        session.flush()
        screen = Screen(alice.id, sign_in.id, AGENT)
        answer = playback_sessions.open_playback(
            session, screen=screen, webinar_id=webinar.id, now=moment
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
    why = f"/playback/{carrel.signer.sign(ticket)}/why"
    pages = [
        Page("P1", "why alice may watch, JSON", why, b"{}"),
        Page("P2", "the page to watch on", "/webinars/reading-aloud/watch"),
        Page("P2", "the announcement, signed in", "/webinars/reading-aloud"),
        Page("P2", "my library", "/library"),
    ]
    return f"{cookie_name(carrel.settings)}={value}", pages


def _counted(database: Database, act: Callable[[], None]) -> int:
    """Return how many statements something runs, transactions' own ones left out."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    act()
    event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def _in_turn(
    database: Database, act: Callable[[], None], hello: Flask, turns: int, requests: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Return what one request cost, turn by turn: of ours alone and with the database; of hello."""
    ours, theirs = [], []
    with database.read_session() as session:
        for _ in range(turns):
            before, own = cpu_seconds(session), os.times().user + os.times().system
            for _ in range(requests):
                act()
            own = os.times().user + os.times().system - own
            ours.append((own / requests, (cpu_seconds(session) - before) / requests))
            before = cpu_seconds(session)
            for _ in range(requests):
                asked(hello, environ_for("/", None))
            theirs.append((cpu_seconds(session) - before) / requests)
    return ours, theirs


def _figures(ours: list[tuple[float, float]], theirs: list[float]) -> dict[str, Any]:
    alone, whole = (statistics.median(each) for each in zip(*ours, strict=True))
    hello = statistics.median(theirs)
    return {
        "ratio": round(alone / hello, 2),
        "ratio_with_database": round(whole / hello, 2),
        "product_us": round(alone * 1e6),
        "yardstick_us": round(hello * 1e6),
    }


def _print(page: Page, kind: str, figures: dict[str, Any]) -> None:
    told = {"metric": page.metric, "database": kind, "page": page.name, **figures}
    told |= {"yardstick": "Flask hello, both in process, CPU"}
    print(json.dumps(told | {"load": round(os.getloadavg()[0], 1)}), flush=True)


if __name__ == "__main__":
    main()
