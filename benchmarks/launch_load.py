"""200 launches a second for a minute, on two processors shared by clients and database.

`carrel serve` runs with the worker on a database that writes to disk, with one web process per
processor, as docs/operating.md recommends for many viewers. Known learners, and one new person in
forty, open the same link: each with a login and a launch over HTTP on a new connection, with a
token signed with that login's nonce. They don't wait for each other (an open loop), and a response
time counts from when the request was due. The clients' own CPU time is printed, too, because tokens
can't be signed ahead of time. Run: python -m benchmarks.launch --crowd.
"""

import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.heartbeat import environ_of
from benchmarks.launch_platform import known_to, registered
from benchmarks.served_product import (
    HOST,
    Answer,
    Connection,
    at_share,
    cpu_of,
    header,
    told_in,
    whole_product,
)
from lms.core.clock import now
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.migrations import upgrade
from lms.worker.web_and_worker_supervisor import listen
from lti.selftest.platform.keys import segment
from lti.selftest.platform.records import Link
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.servers.postgres import DURABLE, postgres

KNOWN: Final = 400
NEWCOMER_EVERY: Final = 40
PATIENCE_S: Final = 60.0
TOGETHER: Final = 8  # made known before measuring
BAR: Final = {"rate": 200, "seconds": 60, "server_errors": 0}


@dataclass(frozen=True, slots=True)
class Course:
    """The parts of a launch message that don't depend on the person, time, or login."""

    address: str
    port: int
    auth_url: str
    form: str
    header: str
    claims: str
    key: rsa.RSAPrivateKey

    @classmethod
    def of(cls, platform: Platform, link: Link, port: int) -> "Course":
        """Return the course of a link."""
        begun = platform.begin(platform.course.learners[0], link)
        fields = {**begun.fields, "login_hint": "SUB"}
        fields.pop("lti_storage_target", None)
        claims = platform.claims_of(begun.launch, "NONCE")
        named = {"sub": "SUB", "name": "Wren SUB", "given_name": "Wren", "family_name": "SUB"}
        times = {"iat": "IAT", "exp": "EXP"}
        said = json.dumps({**claims, **named, "email": "SUB@example.org", **times})
        header = {"typ": "JWT", "alg": "RS256", "kid": platform.key.kid}
        return cls(
            address=f"{HOST}:{port}",
            port=port,
            auth_url=platform.addresses.auth,
            form=urlencode(fields),
            header=segment(header),
            claims=said.replace('"IAT"', "IAT").replace('"EXP"', "EXP"),
            key=platform.key.private,
        )

    def token(self, person: str, nonce: str) -> str:
        """Sign the message of one launch."""
        moment = int(now().timestamp())
        said = self.claims.replace("SUB", person)
        said = said.replace("IAT", str(moment)).replace("EXP", str(moment + 60))
        said = said.replace("NONCE", nonce)  # last: one in 3,200 random nonces contains IAT or EXP
        signed = f"{self.header}.{segment(said.encode())}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{segment(signature)}"

    def request(self, path: str, form: str, cookie: bytes) -> bytes:
        """Return the bytes of a form that a browser posts."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self.address}\r\nUser-Agent: Carrel benchmark\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
        ).encode()
        said = b"Cookie: " + cookie + b"\r\n" if cookie else b""
        return b"".join((head, said, b"\r\n", form.encode()))


@dataclass(slots=True)
class Seen:
    """Results of the launches."""

    waits: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    signing_s: float = 0.0
    most_at_once: int = 0
    _at_once: int = 0

    async def launch(self, course: Course, person: str, due: float) -> None:
        """Launch once, and record the result."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._launch(course, person)
        except (OSError, TimeoutError, EOFError, ValueError) as fault:
            self.statuses[f"none ({type(fault).__name__})"] += 1
        else:
            self.waits.append(time.perf_counter() - due)
        finally:
            self._at_once -= 1

    async def _launch(self, course: Course, person: str) -> None:
        browser = await Connection.to(course.port)
        try:
            form = course.form.replace("SUB", person)
            answer = self._checked(
                await browser.ask(course.request("/lti/login", form, b"")), "login"
            )
            given = header(answer, b"Set-Cookie").partition(b";")[0]
            asked = dict(
                pair.split("=", 1)
                for pair in header(answer, b"Location").decode().partition("?")[2].split("&")
            )
            started = time.perf_counter()
            token = course.token(person, unquote_plus(asked["nonce"]))
            self.signing_s += time.perf_counter() - started
            form = f"id_token={token}&state={asked['state']}"
            answer = self._checked(
                await browser.ask(course.request("/lti/launch", form, given)), "launch"
            )
            if not header(answer, b"Location").startswith(b"/lti/s/"):
                raise ValueError("led elsewhere")
        finally:
            browser.close()

    def _checked(self, answer: Answer, what: str) -> bytes:
        self.statuses[f"{what} {answer.status}"] += 1
        if answer.status != HTTPStatus.SEE_OTHER:
            raise ValueError(answer.status)
        return answer.head


def measure(kind: str, rate: int, seconds: int, processes: int) -> None:
    """Run the launches and print one line of JSON."""
    with _served(kind, processes) as (course, process, log):
        asyncio.run(_become_known(course))
        before, own = cpu_of(process), time.process_time()
        began = time.perf_counter()
        seen = asyncio.run(_come(course, rate, seconds))
        took = time.perf_counter() - began
        spent, own = cpu_of(process) - before, time.process_time() - own
        refused = told_in(log, REFUSED)
    ranked = sorted(seen.waits)
    figures = {
        "metric": "launches a second",
        "database": kind,
        "web_processes": processes,
        "asked": rate,
        "achieved": round(len(ranked) / took, 1),
        "seconds": round(took, 1),
        "launches": len(ranked),
        "newcomers": len(range(0, rate * seconds, NEWCOMER_EVERY)),
        "server_errors": sum(
            count for name, count in seen.statuses.items() if name.split()[1].startswith("5")
        ),
        "refused": refused,
        "statuses": dict(sorted(seen.statuses.items())),
        **{name: round(at_share(ranked, share) * 1000, 1) for name, share in SHARES.items()},
        "most_at_once": seen.most_at_once,
        "processors_of_product": round(spent / took, 2),
        "processors_of_crowd": round(own / took, 2),
        "of_that_signing": round(seen.signing_s / took, 2),
        "product_us_a_launch": round(1e6 * spent / max(len(ranked), 1)),
        "crowd_us_a_launch": round(1e6 * own / max(len(ranked), 1)),
        "bar": BAR,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figures), flush=True)


REFUSED: Final = ("launch_refused", "request_overrun", "database_away", "request_failed")
SHARES: Final = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "longest_ms": 1.0}


async def _become_known(course: Course) -> None:
    seen = Seen()
    people = iter(range(KNOWN))

    async def one_after_the_other() -> None:
        for person in people:
            await seen.launch(course, f"known-{person}", time.perf_counter())

    await asyncio.gather(*(one_after_the_other() for _ in range(TOGETHER)))
    if len(seen.waits) != KNOWN:
        raise SystemExit(f"launch: nobody came in beforehand: {dict(seen.statuses)}")


async def _come(course: Course, rate: int, seconds: int) -> Seen:
    seen = Seen()
    began = time.perf_counter()
    async with asyncio.TaskGroup() as crowd:
        for number in range(rate * seconds):
            due = began + number / rate
            if (ahead := due - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            is_new = number % NEWCOMER_EVERY == 0
            person = f"new-{number}" if is_new else f"known-{number % KNOWN}"
            crowd.create_task(seen.launch(course, person, due))
    return seen


@contextmanager
def _served(kind: str, processes: int) -> Iterator[tuple[Course, int, Path]]:
    """Serve a new installation; yields the platform's course, the process, and its log."""
    with (
        tempfile.TemporaryDirectory(prefix="carrel-crowd-") as name,
        running_platform() as platform,
    ):
        if kind == "sqlite":
            url = f"sqlite:///{name}/installation.db"
            with _serving(Path(name), url, platform, processes) as served:
                yield served
            return
        with (
            postgres(DURABLE) as server,
            _serving(Path(name), server.create("carrel"), platform, processes) as served,
        ):
            yield served


@contextmanager
def _serving(
    installation: Path, url: str, platform: Platform, processes: int
) -> Iterator[tuple[Course, int, Path]]:
    with listen(HOST, 0) as free:
        port: int = free.getsockname()[1]
    base = f"http://{HOST}:{port}"
    environ = {**environ_of(installation, url), "CARREL_BASE_URL": base}
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    tool = registered(platform, base)
    known_to(carrel, platform, tool)
    carrel.database.dispose()
    link = platform.link(tool, custom={"webinar": "reading-aloud"})
    with whole_product(installation, environ, port, processes) as process:
        yield Course.of(platform, link, port), process, installation / "log"
