"""B-M3: how long a sign-in code takes while 20,000 invitations of a staff list are sent (bar: 5 s).

Real worker processes send through a real SMTP server. Every second or two a person requests a code,
and an email of the normal lane is added: while a job writes the invitations and the mail server
takes a second for each email; then with all invitations waiting and a fast server; then after every
worker was killed by SIGKILL and restarted, until the last invitation is sent. The bar applies to
the slowest code and the slowest normal email, from before their transaction to their arrival. An
email that a killed worker was sending, which waits for its lease of 30 s, and one requested while
no worker ran, are counted separately. No invitation can be lost, and an email arrives twice only if
a worker was killed while sending it. Run: python benchmarks/mail_lanes.py [--database
sqlite|postgresql] [--invitations 20000] [--workers 1]
"""

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script

from sqlalchemy import func, select

from lms.accounts.sign_in_codes_and_password_resets import ask_code
from lms.core.clock import now
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.mail.links import Links
from lms.mail.outbox import post
from lms.migrations import upgrade
from lms.models.jobs import JobState
from lms.models.mail import Mail, MailLane
from lms.seat_imports.jobs import apply_now, take_in_pasted
from tests.factories import make_login
from tests.seats.pool_fixtures import make_home
from tests.servers.postgres import DURABLE, postgres
from tests.servers.smtp import MailSink, mail_server
from tests.servers.worker_process import running_worker

BAR_S = 5.0
PAUSE_S = 1.0
LONGEST_S = 7200.0
SLOW_S = 1.0
SLOW = "slow server"
FAST = "fast server"
KILLED = "after kill -9"
IN_HAND = "in the hands of the killed worker"
DOWN = "while no worker ran"
WAITING = (JobState.QUEUED, JobState.RUNNING)


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--invitations", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with installation(options.database) as (carrel, environ, sink):
        print(json.dumps(measured(carrel, environ, sink, options)), flush=True)


@dataclass
class Asked:
    """Requested emails by lane and phase: their addresses and times."""

    phase: str = ""
    at: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    seen: dict[str, dict[str, object]] = field(default_factory=dict)  # for each phase
    numbers: Iterator[int] = field(default_factory=count)

    def ask(self, carrel: Carrel) -> None:
        """Request a sign-in code and a normal email for two new people."""
        number = next(self.numbers)
        code, normal = f"code{number}@example.org", f"normal{number}@example.org"
        links = Links(carrel.settings.base_url)
        with carrel.database.transaction() as session:
            make_login(session, code)
        self.at[code] = ("urgent", self.phase, time.monotonic())
        with carrel.database.transaction() as session:
            ask_code(session, read_address(code), links=links, onward=None, now=now())
        self.at[normal] = ("normal", self.phase, time.monotonic())
        with carrel.database.transaction() as session:
            post(
                session,
                kind="delivery_test",
                to=normal,
                login_id=None,
                subject="A normal email",
                values={},
                now=now(),
            )

    def in_hand(self, carrel: Carrel) -> None:
        """Count emails leased to a killed worker separately."""
        with carrel.database.read_session() as session:
            leased = session.scalars(select(Mail.recipient).where(Mail.state == JobState.RUNNING))
            for address in set(leased) & set(self.at):
                lane, _, at = self.at[address]
                self.at[address] = (lane, IN_HAND, at)

    def seconds(self, sink: MailSink) -> dict[str, dict[str, object]]:
        """Return how long each took; infinity for one that never arrived."""
        came: dict[str, float] = {}
        for mail in sink.delivered:
            came.setdefault(mail.recipients[0], mail.arrived_at)
        took: dict[tuple[str, str], list[float]] = {}
        for address, (lane, phase, at) in self.at.items():
            took.setdefault((phase, lane), []).append(came.get(address, float("inf")) - at)
        told: dict[str, dict[str, object]] = {}
        for (phase, lane), times in took.items():
            told.setdefault(phase, dict(self.seen.get(phase, {})))[lane] = {
                "emails": len(times),
                "median_s": round(statistics.median(times), 2),
                "slowest_s": round(max(times), 2),
            }
        return told


def measured(
    carrel: Carrel, environ: Mapping[str, str], sink: MailSink, options: argparse.Namespace
) -> dict[str, object]:
    """Send everything and return the measurements."""
    asked, many = Asked(), options.invitations

    def phase(name: str, is_over: Callable[[], bool]) -> None:
        """Request emails repeatedly until the phase is over."""
        asked.phase, began, before = name, time.monotonic(), len(sink.delivered)
        waited = count_in(carrel, *WAITING)
        while not is_over():
            asked.ask(carrel)
            time.sleep(PAUSE_S + sink.delay_s)  # a lane sends one email at a time
        asked.seen[name] = {
            "invitations_waiting": [waited, count_in(carrel, *WAITING)],
            "emails_a_second": round(
                (len(sink.delivered) - before) / (time.monotonic() - began), 1
            ),
        }

    invited(carrel, many)
    sink.delay_s = SLOW_S
    with ExitStack() as stack:
        workers = [stack.enter_context(running_worker(environ)) for _ in range(options.workers)]
        phase(SLOW, lambda: count_in(carrel, *JobState) == many)
        sink.delay_s = 0.0
        phase(FAST, lambda: count_in(carrel, JobState.DONE) > many / 2)
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        asked.in_hand(carrel)
        asked.phase = DOWN
        asked.ask(carrel)
        for _ in workers:
            stack.enter_context(running_worker(environ))
        phase(KILLED, lambda: count_in(carrel, JobState.DONE) == many)
        until(lambda: not waiting(carrel))
    return told(carrel, sink, asked, options)


def told(
    carrel: Carrel, sink: MailSink, asked: Asked, options: argparse.Namespace
) -> dict[str, object]:
    """Return the figures as they are printed."""
    phases = asked.seconds(sink)
    by_person = Counter(mail.recipients[0] for mail in sink.delivered)
    ids = Counter(str(mail.message["Message-ID"]) for mail in sink.delivered)
    listed = [address for address in by_person if address.startswith("listed")]
    took = [
        figures["slowest_s"]
        for name, each in phases.items()
        for lane, figures in each.items()
        if name not in (IN_HAND, DOWN) and lane in set(MailLane)
    ]
    return {
        "metric": "B-M3 slowest code or normal email while invitations go out, s",
        "slowest_s": max(took),
        "bar_s": BAR_S,
        "database": "sqlite" if carrel.database.is_sqlite else "postgresql",
        "workers": options.workers,
        "invitations_lost": options.invitations - len(listed),
        "came_twice": sum(each - 1 for each in ids.values()),
        "phases": phases,
        "load": round(os.getloadavg()[0], 1),
    }


def invited(carrel: Carrel, many: int) -> None:
    """Invite so many people by a list; the worker writes and sends their emails."""
    home = make_home(carrel.database, many)
    pasted = "\n".join(f"listed{number}@example.org" for number in range(many))
    made = take_in_pasted(carrel, pasted, pool_id=home.pool_id, actor=None, now=now())
    apply_now(carrel.database, made.public_id, partial=False, actor=None, now=now())


def count_in(carrel: Carrel, *states: JobState) -> int:
    """Return how many invitations are in these states."""
    with carrel.database.read_session() as session:
        query = select(func.count()).where(Mail.state.in_(states), Mail.lane == MailLane.BULK)
        return session.scalar(query) or 0


def waiting(carrel: Carrel) -> bool:
    """Return whether an email is still to be sent."""
    with carrel.database.read_session() as session:
        return session.scalar(select(Mail.id).where(Mail.state.in_(WAITING)).limit(1)) is not None


def until(is_so: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    ends = time.monotonic() + LONGEST_S
    while not is_so():
        if time.monotonic() > ends:
            raise SystemExit("this takes too long")
        time.sleep(0.2)


@contextmanager
def installation(kind: str) -> Iterator[tuple[Carrel, Mapping[str, str], MailSink]]:
    """Yield a new installation whose email goes to a server that stores it."""
    with tempfile.TemporaryDirectory() as folder, mail_server() as sink:
        environ = {
            "CARREL_DATA_DIR": str(Path(folder) / "installation"),
            "CARREL_BASE_URL": "http://localhost",
            "CARREL_SECRET_KEY": "k" * 40,
            "CARREL_SMTP_URL": sink.url,
            "CARREL_MAIL_FROM": "installation@example.org",
        }
        if kind == "sqlite":
            yield opened(environ), environ, sink
            return
        with postgres(DURABLE) as server:
            environ["CARREL_DATABASE_URL"] = server.create("lanes")
            yield opened(environ), environ, sink


def opened(environ: Mapping[str, str]) -> Carrel:
    """Return the installation with its tables."""
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    return carrel


if __name__ == "__main__":
    main()
