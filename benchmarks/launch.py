"""L1 and L2: the cost of a launch, compared with an RSA-2048 verification and PyLTI1p3.

A known person logs in and launches repeatedly through the whole application in process, and so does
a new person each time; tokens are signed between the measured parts. These alternate with the bare
verification of such a token and with a Flask application on unmodified PyLTI1p3, with its key set
in memory. Compares CPU time, medians of rounds. L2 counts requests to the platform meanwhile. Run:
python -m benchmarks.launch, and with --crowd for 200 launches a second by HTTP instead
(benchmarks/launch_load.py). Prints one line of JSON for each metric.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from flask import Flask
from flask import request as flask_request
from pylti1p3.contrib.flask import FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest
from pylti1p3.tool_config import ToolConfDict

from benchmarks.heartbeat import environ_for
from benchmarks.launch_load import BAR as CROWD
from benchmarks.launch_load import measure as measure_crowd
from benchmarks.launch_platform import known_to, registered
from benchmarks.pages import installation
from lms.app import create_app
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lti.selftest.platform.records import Link, Person, Tool, new_id
from lti.selftest.platform.vocabulary import Role
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from wsgi import COMPONENTS

HOST: Final = "127.0.0.1"
BASE: Final = f"http://{HOST}"
BAR: Final = 60
LET_IN: Final = (200, 302, 303)


@dataclass(slots=True)
class Half:
    """An answered login: what it requests from the platform, and the browser's cookies."""

    state: str
    nonce: str
    cookies: str


@dataclass(slots=True)
class Runner:
    """An application that is launched from a platform's course."""

    app: Flask
    platform: Platform
    tool: Tool
    link: Link

    def cost(self, launches: int, *, is_new: bool = False) -> float:
        """Return the CPU seconds of one login and launch, without signing the token."""
        spent, posted = self.logged_in([self.person(is_new=is_new) for _ in range(launches)])
        started = time.process_time()
        for environ in posted:
            self.launch(environ)
        return (spent + time.process_time() - started) / launches

    def person(self, *, is_new: bool) -> Person:
        """Return the person who launches: the same learner, or a new one."""
        if is_new:
            return self.platform.course.enroll(Person(new_id("n-"), "Nia", "New"), Role.LEARNER)
        return self.platform.course.learners[0]

    def logged_in(self, people: Sequence[Person]) -> tuple[float, list[Mapping[str, object]]]:
        """Log people in; returns the CPU seconds and the launches to post next."""
        begun = [self.platform.begin(one, self.link) for one in people]
        forms = [
            {name: text for name, text in one.fields.items() if name != "lti_storage_target"}
            for one in begun
        ]
        asked = [_posted("/lti/login", form, "") for form in forms]
        started = time.process_time()
        halves = [self._login(environ) for environ in asked]
        spent = time.process_time() - started
        tokens = [
            self.platform.key.sign(self.platform.claims_of(one.launch, half.nonce))
            for one, half in zip(begun, halves, strict=True)
        ]
        return spent, [
            _posted("/lti/launch", {"id_token": token, "state": half.state}, half.cookies)
            for half, token in zip(halves, tokens, strict=True)
        ]

    def _login(self, environ: Mapping[str, object]) -> Half:
        status, headers = self._answer(environ)
        asked = parse_qs(urlsplit(dict(headers).get("Location", "")).query)
        if status not in LET_IN or "state" not in asked:
            raise SystemExit(f"launch: a login was answered {status}")
        cookies = [value.partition(";")[0] for name, value in headers if name == "Set-Cookie"]
        return Half(asked["state"][0], asked["nonce"][0], "; ".join(cookies))

    def launch(self, environ: Mapping[str, object]) -> None:
        """Post a launch."""
        status, _headers = self._answer(environ)
        if status not in LET_IN:
            raise SystemExit(f"launch: a launch was answered {status}")

    def _answer(self, environ: Mapping[str, object]) -> tuple[int, list[tuple[str, str]]]:
        """Send one request."""
        answers: list[tuple[int, list[tuple[str, str]]]] = []

        def answered(status: str, headers: list[tuple[str, str]], _fault: object = None) -> None:
            answers.append((int(status[:3]), headers))

        for _ in self.app.wsgi_app(dict(environ), answered):  # type: ignore[arg-type]
            pass
        return answers[0]


def _posted(path: str, form: Mapping[str, str], cookies: str) -> Mapping[str, object]:
    """Return a form as a web server passes it on, prepared ahead because browsers do this work."""
    environ = environ_for(path, urlencode(form).encode())
    environ |= {"CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_HOST": HOST}
    if cookies:
        environ["HTTP_COOKIE"] = cookies
    return environ


def main() -> None:
    """Measure and print one line of JSON for each metric and database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--launches", type=int, default=100, help="of one turn")
    parser.add_argument("--crowd", action="store_true", help="200 a second for a minute instead")
    parser.add_argument("--rate", type=int, default=CROWD["rate"], help="of the crowd, a second")
    parser.add_argument("--seconds", type=int, default=CROWD["seconds"], help="of the crowd")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count(), help="web processes that the crowd meets"
    )
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        if options.crowd:
            measure_crowd(kind, options.rate, options.seconds, options.processes)
            continue
        with installation(kind) as environ, running_platform() as platform:
            _measure({**environ, "CARREL_BASE_URL": BASE}, kind, platform, options)


def _measure(
    environ: Mapping[str, str], kind: str, platform: Platform, options: argparse.Namespace
) -> None:
    ours, stock = launched_tool(environ, platform), _stock(platform)
    verify = _verify(platform)
    for runner in (ours, stock):
        runner.cost(5)
    platform.traffic.forget()
    costs: dict[str, list[float]] = {"known": [], "new": [], "stock": [], "verify": []}
    for _turn in range(options.turns):
        costs["known"].append(ours.cost(options.launches))
        costs["new"].append(ours.cost(options.launches, is_new=True))
        costs["verify"].append(verify())
        costs["stock"].append(stock.cost(options.launches))
    library, bare = (statistics.median(costs[one]) for one in ("stock", "verify"))
    for who in ("known", "new"):
        launch = statistics.median(costs[who])
        figures = {
            "person": who,
            "ratio": round(launch / bare, 1),
            "ratio_to_pylti1p3": round(launch / library, 2),
            "pylti1p3_ratio": round(library / bare, 1),
            "launch_us": round(launch * 1e6),
            "yardstick_us": round(bare * 1e6, 1),
            "bar": BAR,
        }
        _print("L1", kind, figures, "RSA-2048 verify, CPU of this process")
    calls = {
        "calls": len(platform.calls()),
        "launches": 2 * options.turns * options.launches,
        "bar": 0,
    }
    _print("L2", kind, calls, "what the platform was asked, once warm")


def launched_tool(environ: Mapping[str, str], platform: Platform) -> Runner:
    """Return the product and a platform, registered with each other."""
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    tool = registered(platform, BASE)
    known_to(carrel, platform, tool)
    link = platform.link(tool, custom={"webinar": "reading-aloud"})
    return Runner(create_app(carrel, COMPONENTS), platform, tool, link)


def _stock(platform: Platform) -> Runner:
    """Return an application as in the library's own examples."""
    tool = registered(platform, BASE)
    conf = ToolConfDict(
        {
            platform.issuer: [
                {
                    "default": True,
                    "client_id": tool.client_id,
                    "auth_login_url": platform.addresses.auth,
                    "auth_token_url": platform.addresses.token,
                    "key_set": platform.jwks(),
                    "key_set_url": None,
                    "deployment_ids": [tool.deployment_id],
                }
            ]
        }
    )
    app = Flask(__name__)
    app.secret_key = "a key for a benchmark alone"  # noqa: S105

    @app.post("/lti/login")
    def login() -> Any:  # noqa: ANN401  (the library's own)
        asked = FlaskRequest()
        return FlaskOIDCLogin(asked, conf).redirect(flask_request.form["target_link_uri"])

    @app.post("/lti/launch")
    def launch() -> str:
        FlaskMessageLaunch(FlaskRequest(), conf).get_launch_data()
        return "in"

    return Runner(app, platform, tool, platform.link(tool))


def _verify(platform: Platform, times: int = 400) -> Callable[[], float]:
    """Return a function that measures the CPU seconds of one bare verification."""
    private = platform.key.private
    public, signed = private.public_key(), b"h" * 1500
    signature = private.sign(signed, padding.PKCS1v15(), hashes.SHA256())

    def measure() -> float:
        started = time.process_time()
        for _ in range(times):
            public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        return (time.process_time() - started) / times

    return measure


def _print(metric: str, kind: str, figures: Mapping[str, object], yardstick: str) -> None:
    told = {"metric": metric, "database": kind, **figures, "yardstick": yardstick}
    print(json.dumps(told | {"load": round(os.getloadavg()[0], 1)}), flush=True)


if __name__ == "__main__":
    main()
