"""B-P1 to B-P3: the cost of protected pages compared with an empty Flask page.

Alice owns a webinar and has watched a third of it. Through the whole application in process,
alternating with the empty page, she requests why she can watch (JSON, B-P1), the watch page, the
webinar's page, and My webinars (B-P2). Compares CPU time, medians of rounds; on PostgreSQL `ratio`
is the application's and `ratio_with_database` includes the backend. B-P3 is the number of SQL
statements: `--every-page` counts those of every page that the browser tests open, on SQLite, most
first. Run: python -m benchmarks.pages. Prints one line of JSON for each metric.
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
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import event

from benchmarks.cpu_time import cpu_seconds
from benchmarks.heartbeat import AGENT, asked, environ_for, environ_of, hello_app
from lms.app import create_app
from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel, hash_secret, open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.models.accounts import SignIn
from lms.playback import sessions as playback_sessions
from lms.playback.sessions import Playback, Screen
from lms.web.core.current_user import cookie_name
from media.delivery.media_tokens import Ticket, fingerprint, network_of
from tests.browser.person import sign_in_cookie
from tests.browser.route_walk import Stop, furnish, walk
from tests.factories import make_grant, make_login, make_recording, make_webinar
from tests.servers.postgres import postgres
from wsgi import COMPONENTS

WARMING: Final = 20
BARS: Final = {"decision": (10, 14), "page": (45, 55), "my webinars": (60, 75)}
MOST_STATEMENTS: Final = 6
OWN: Final = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")  # these begin or end transactions


@dataclass(frozen=True, slots=True)
class Page:
    """A protected page that Alice requests."""

    metric: str
    name: str
    path: str
    bar: str = "page"
    body: bytes | None = None


def main() -> None:
    """Measure and print one line of JSON for each page and database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--requests", type=int, default=200, help="of one turn")
    parser.add_argument("--every-page", action="store_true", help="count statements alone")
    options = parser.parse_args()
    if options.every_page:
        with installation("sqlite") as environ:
            count_every_page(environ)
        return
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        with installation(kind) as environ:
            measure(environ, kind, options.turns, options.requests)


@contextmanager
def installation(kind: str) -> Iterator[Mapping[str, str]]:
    """Yield the settings of a new installation."""
    with tempfile.TemporaryDirectory(prefix="carrel-pages-") as name:
        if kind == "sqlite":
            yield environ_of(Path(name), f"sqlite:///{name}/installation.db")
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
        bar = BARS[page.bar][kind == "postgresql"]
        _print(page, kind, _figures(ours, theirs) | {"bar": bar, "statements": statements})
    carrel.database.dispose()


def count_every_page(environ: Mapping[str, str]) -> None:
    """Print how many statements each page of the sample installation runs when opened again."""
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    world = furnish(carrel, "http://localhost")
    app = create_app(carrel, COMPONENTS)
    cookies = {
        who: "" if login_id is None else _cookie(sign_in_cookie(carrel, world.url, login_id))
        for who, login_id in world.logins.items()
    }
    counted = []
    for stop in walk(world).stops:

        def ask(stop: Stop = stop) -> int:
            return asked(app, environ_for(stop.path, None) | {"HTTP_COOKIE": cookies[stop.who]})

        if ask() == HTTPStatus.OK:
            counted.append((_counted(carrel.database, ask), stop.who, stop.path))
    for statements, who, path in sorted(counted, reverse=True):
        told = {"metric": "B-P3", "who": who, "page": path, "statements": statements}
        print(json.dumps(told | {"bar": MOST_STATEMENTS}), flush=True)
    over = sum(statements > MOST_STATEMENTS for statements, _who, _path in counted)
    print(json.dumps({"metric": "B-P3", "pages": len(counted), "over_the_bar": over}), flush=True)
    carrel.database.dispose()


def _alice(carrel: Carrel) -> tuple[str, list[Page]]:
    """Add a person who watches a webinar that they own; returns their cookie and pages."""
    moment, value = now(), secrets.token_urlsafe(32)
    with carrel.database.transaction() as session:
        webinar = make_webinar(session, "reading-aloud")
        make_recording(session, webinar, seconds=3600.0)
        alice = make_login(session, "alice@example.org")
        make_grant(session, alice, webinar)
        sign_in = SignIn(
            token_hash=hash_secret(value),
            login_id=alice.id,
            remembered=False,
            agent=AGENT,
            created_at=moment,
            last_seen_at=moment + timedelta(minutes=1),  # otherwise it is recorded while we measure
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
        Page("B-P1", "why alice may watch, JSON", why, "decision", b"{}"),
        Page("B-P2", "the page to watch on", "/webinars/reading-aloud/watch"),
        Page("B-P2", "the webinar's page, signed in", "/webinars/reading-aloud"),
        Page("B-P2", "my webinars", "/library", "my webinars"),
    ]
    return f"{cookie_name(carrel.settings)}={value}", pages


def _cookie(cookie: Mapping[str, str]) -> str:
    return f"{cookie['name']}={cookie['value']}"


def _counted(database: Database, act: Callable[[], object]) -> int:
    """Return how many statements a call runs, without those of transactions."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(OWN):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    act()
    event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def _in_turn(
    database: Database, act: Callable[[], None], hello: Flask, turns: int, requests: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """Return a request's cost per round: application, with the database, and empty page."""
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
