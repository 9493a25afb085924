"""How many files, functions, and calls between files each act takes, counted with sys.setprofile.

The acts are a claim by an emailed link or an open link, launches of new and known people (without
the login), opening playback, and a segment. Each runs several times through the whole application
in process; the last run is counted. Run: python -m benchmarks.file_crossings. Prints one line of
JSON for each act.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Final

from flask import Flask

from benchmarks.launch import BASE, Runner, launched_tool
from benchmarks.pages import installation
from lms.app import create_app
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.models.seats import AssignmentState
from lms.seats import claim_links
from lms.web.wsgi_middleware_stack import front
from tests.factories import (
    make_assignment,
    make_grant,
    make_login,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_webinar,
)
from tests.platform.app import running_platform
from tests.visitor import Visitor
from wsgi import COMPONENTS

PRODUCT: Final = tuple(
    f"{Path(__file__).parent.parent}/{name}/" for name in ("lms", "lti", "media")
)
TIMES: Final = 4


@dataclass(slots=True)
class Trace:
    """The product's files and functions that ran, and the number of calls between files."""

    functions: set[tuple[str, str, int]] = field(default_factory=set)
    crossings: int = 0

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        """Record a call, as sys.setprofile reports it."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(PRODUCT):
            return
        self.functions.add((code.co_filename, code.co_qualname, code.co_firstlineno))
        caller = frame.f_back.f_code.co_filename if frame.f_back else ""
        self.crossings += caller.startswith(PRODUCT) and caller != code.co_filename


@contextmanager
def traced() -> Iterator[Trace]:
    """Count what runs in the block."""
    trace = Trace()
    sys.setprofile(trace.note)
    try:
        yield trace
    finally:
        sys.setprofile(None)


def main() -> None:
    """Count and print one line of JSON for each act."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    with installation(options.database) as variables, running_platform() as platform:
        environ = {**variables, "CARREL_BASE_URL": BASE}
        runner = launched_tool(environ, platform)
        carrel = open_carrel(Settings.from_env(environ))
        app = create_app(carrel, COMPONENTS)
        app.test_client_class = Visitor
        acts = {
            "claim of an invitation": lambda: _claim(app, carrel, is_open=False),
            "claim by an open link": lambda: _claim(app, carrel, is_open=True),
            "launch of a new person": lambda: _launch(runner, is_new=True),
            "launch of a known person": lambda: _launch(runner, is_new=False),
            "opening of playback": lambda: _opening(app, carrel),
            "segment": lambda: _segment(app, carrel),
        }
        for name, act in acts.items():
            for _ in range(TIMES):
                trace = act()
            files = {file for file, *_ in trace.functions}
            told = {"act": name, "files": len(files), "functions": len(trace.functions)}
            print(json.dumps(told | {"crossings": trace.crossings}), flush=True)


def _launch(runner: Runner, *, is_new: bool) -> Trace:
    _spent, posted = runner.logged_in([runner.person(is_new=is_new)])
    with traced() as trace:
        runner.launch(posted[0])
    return trace


def _claim(app: Flask, carrel: Carrel, *, is_open: bool) -> Trace:
    moment, visitor = now(), app.test_client()
    with carrel.database.transaction() as session:
        pool = make_pool(session, make_organization(session), make_webinar(session))
        make_pool_grant(session, pool)
        login = make_login(session, f"{new_public_id()}@example.org")
        ends_at = moment + timedelta(days=1)
        if is_open:
            token = claim_links.open_link(
                session, pool.id, expires_at=ends_at, most_uses=5, actor=None, now=moment
            )
        else:
            invited = make_assignment(
                session, pool, email=login.email, state=AssignmentState.INVITED
            )
            invited.expires_at = ends_at  # uses the application's clock, not the tests'
            token = claim_links.add_link(
                session, invited, is_mailed=True, expires_at=ends_at, now=moment
            )
    visitor.sign_in(login.id)
    with traced() as trace:
        answer = visitor.post(f"/claim/{token}")
    _check(answer.status_code, 303)
    return trace


def _opening(app: Flask, carrel: Carrel) -> Trace:
    visitor, webinar = _watcher(app, carrel)
    with traced() as trace:
        answer = visitor.post(f"/webinars/{webinar}/playback", json={})
    _check(answer.status_code, 200)
    return trace


def _segment(app: Flask, carrel: Carrel) -> Trace:
    visitor, webinar = _watcher(app, carrel)
    opened = visitor.post(f"/webinars/{webinar}/playback", json={}).json
    path = opened["hls"].replace("master.m3u8", "0.m4s")
    ticket = carrel.signer.read(path.split("/")[2], 0)
    carrel.storage.put_bytes(f"{ticket.prefix}/{path.split('/', 3)[3]}", b"0" * 1000, "video/mp4")
    app.wsgi_app, behind = front(app, carrel), app.wsgi_app
    visitor.get(path)  # ended sessions are read every two seconds
    with traced() as trace:
        answer = visitor.get(path)
    app.wsgi_app = behind
    _check(answer.status_code, 200)
    return trace


def _watcher(app: Flask, carrel: Carrel) -> tuple[Visitor, str]:
    visitor = app.test_client()
    with carrel.database.transaction() as session:
        webinar = make_webinar(session)
        make_recording(session, webinar)
        login = make_login(session)
        make_grant(session, login, webinar)
    visitor.sign_in(login.id)
    return visitor, webinar.slug


def _check(status: int, expected: int) -> None:
    if status != expected:
        raise SystemExit(f"file_crossings: answered {status} instead of {expected}")


if __name__ == "__main__":
    main()
