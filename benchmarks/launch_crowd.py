"""200 launches a second for a minute, on two processors that the crowd and the database share.

`carrel serve` runs with the worker, over a database that writes to the disk: on PostgreSQL with a web
process for each processor, as docs/operating.md has it, on SQLite with one. A course of known learners,
and one newcomer among forty, open the same link: each by a login and a launch over HTTP, on a connection
of their own, the token signed with the nonce of that login. They come at their times whether or not those
before are through (an open loop), and what one waits counts from the time that it was due. What the crowd
itself takes of the processors is told beside it: no token can be signed beforehand, as the tool gives its
nonce. Run: python -m benchmarks.launch --crowd.
"""

import asyncio
import json
import os
import subprocess  # noqa: TID251  (the product is started as an operator does)
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast
from urllib.parse import unquote_plus, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.cpu import used_by
from benchmarks.heartbeat import environ_of
from benchmarks.launch_house import known_to, registered
from benchmarks.serving import answered, tree
from lms.clock import now
from lms.migrations import upgrade
from lms.runtime import open_carrel
from lms.serve import ROOT, listen
from lms.settings import Settings
from tests.platform.app import running_platform
from tests.platform.keys import encoded
from tests.platform.platform import Platform
from tests.platform.records import Link
from tests.servers.postgres import DURABLE, postgres

HOST: Final = "127.0.0.1"
KNOWN: Final = 400
NEWCOMER_EVERY: Final = 40
PATIENCE_S: Final = 60.0
START_S: Final = 180.0
TOGETHER: Final = 8  # who become known beforehand
BAR: Final = {"rate": 200, "seconds": 60, "server_errors": 0}


@dataclass(frozen=True, slots=True)
class Course:
    """What the platform says of each who launches: all of it but who it is, when, and in which login."""

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
        claims = platform.launching.claims(begun.launch, "NONCE", platform.now())
        named = {"sub": "SUB", "name": "Wren SUB", "given_name": "Wren", "family_name": "SUB"}
        times = {"iat": "IAT", "exp": "EXP"}
        said = json.dumps({**claims, **named, "email": "SUB@example.org", **times})
        header = {"typ": "JWT", "alg": "RS256", "kid": platform.keys.current.kid}
        return cls(
            address=f"{HOST}:{port}",
            port=port,
            auth_url=platform.auth_url,
            form=urlencode(fields),
            header=encoded(json.dumps(header).encode()),
            claims=said.replace('"IAT"', "IAT").replace('"EXP"', "EXP"),
            key=platform.keys.current.private,
        )

    def token(self, person: str, nonce: str) -> str:
        """Sign what the platform says of one launch."""
        moment = int(now().timestamp())
        said = self.claims.replace("SUB", person)
        said = said.replace("IAT", str(moment)).replace("EXP", str(moment + 60))
        said = said.replace("NONCE", nonce)  # last: of 3,200 random ones, one has IAT or EXP in it
        signed = f"{self.header}.{encoded(said.encode())}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encoded(signature)}"

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
    """What became of the launches."""

    waits: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    signing_s: float = 0.0
    most_at_once: int = 0
    _at_once: int = 0

    async def launch(self, course: Course, person: str, due: float) -> None:
        """Launch once, and note how it went."""
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
        loop = asyncio.get_running_loop()
        _transport, browser = await loop.create_connection(Browser, HOST, course.port)
        try:
            form = course.form.replace("SUB", person)
            answer = self._checked(
                await browser.ask(course.request("/lti/login", form, b"")), "login"
            )
            given = _header(answer, b"Set-Cookie").partition(b";")[0]
            asked = dict(
                pair.split("=", 1)
                for pair in _header(answer, b"Location").decode().partition("?")[2].split("&")
            )
            started = time.perf_counter()
            token = course.token(person, unquote_plus(asked["nonce"]))
            self.signing_s += time.perf_counter() - started
            form = f"id_token={token}&state={asked['state']}"
            answer = self._checked(
                await browser.ask(course.request("/lti/launch", form, given)), "launch"
            )
            if not _header(answer, b"Location").startswith(b"/lti/s/"):
                raise ValueError("led elsewhere")
        finally:
            browser.close()

    def _checked(self, answer: bytes, what: str) -> bytes:
        status = answer[9:12].decode()
        self.statuses[f"{what} {status}"] += 1
        if status != "303":
            raise ValueError(status)
        return answer


class Browser(asyncio.Protocol):
    """A connection of one browser's: what it asks, and the head of each answer.

    It is as cheap as it can be made, since the crowd shares its processors with the tool.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._came = b""
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note by which way to ask."""
        self._transport = cast(asyncio.Transport, transport)

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the head of its answer, once its body has come too."""
        if self._transport is None:
            raise EOFError
        self._came = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        """Take in what comes, up to the end of an answer."""
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        if not end or self._answer is None or self._answer.done():
            return
        if len(body) >= int(_header(head + end, b"Content-Length") or b"0"):
            self._answer.set_result(head + end)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of who waits for an answer that will not come."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or EOFError())

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.close()


def _header(head: bytes, name: bytes) -> bytes:
    """Return a header of an answer; b"" where it has none."""
    starts = head.find(b"\r\n" + name + b": ")
    if starts < 0:
        return b""
    starts += len(name) + 4
    return head[starts : head.index(b"\r\n", starts)]


def measure(kind: str, rate: int, seconds: int, processes: int | None) -> None:
    """Let the crowd come and print one line of JSON."""
    if processes is None:  # SQLite has one writer, which more processes would only wait for
        processes = 1 if kind == "sqlite" else os.cpu_count() or 1
    with _served(kind, processes) as (course, process, log):
        asyncio.run(_become_known(course))
        before, own = _cpu(process), time.process_time()
        began = time.perf_counter()
        seen = asyncio.run(_come(course, rate, seconds))
        took = time.perf_counter() - began
        spent, own = _cpu(process) - before, time.process_time() - own
        refused = _refused(log)
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
        **{name: round(_at(ranked, share) * 1000, 1) for name, share in SHARES.items()},
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


def _refused(log: Path) -> Mapping[str, int]:
    """Count what the product says of launches that it did not let in, and of requests that failed."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    told = [line for line in lines if line.get("event") in REFUSED]
    return Counter(f"{line['event']} {line.get('code', '')}".strip() for line in told)


def _at(ranked: list[float], share: float) -> float:
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)] if ranked else float("nan")


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
    """Serve a house of its own, known to a platform; gives the platform's course, the process and its log."""
    with (
        tempfile.TemporaryDirectory(prefix="carrel-crowd-") as name,
        running_platform() as platform,
    ):
        if kind == "sqlite":
            url = f"sqlite:///{name}/house.db"
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
    house: Path, url: str, platform: Platform, processes: int
) -> Iterator[tuple[Course, int, Path]]:
    with listen(HOST, 0) as free:
        port: int = free.getsockname()[1]
    base = f"http://{HOST}:{port}"
    environ = {**environ_of(house, url), "CARREL_BASE_URL": base}
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    tool = registered(platform, base)
    known_to(carrel, platform, tool)
    carrel.database.dispose()
    link = platform.link(tool, custom={"webinar": "reading-aloud"})
    with (house / "log").open("wb") as log:
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
        yield Course.of(platform, link, port), process.pid, house / "log"
    finally:
        process.terminate()
        process.wait()


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


def _cpu(process: int) -> float:
    """Return the CPU seconds of a program with all that it has started."""
    return sum(map(used_by, tree(process)))
