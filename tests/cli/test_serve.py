"""carrel serve and carrel worker as processes: started, killed and stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lms.core.clock import now
from lms.core.database import Database
from lms.mail.outbox import post
from tests.cli.command_runner import Shell
from tests.servers.databases import Databases
from tests.servers.process import running
from tests.wait_until import PATIENCE_S, until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LONG = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"


@dataclass(slots=True)
class House:
    """A running server and its output."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def answer(self) -> dict[str, Any]:
        return dict(json.loads(self.log.read_text().splitlines()[0]))

    @property
    def url(self) -> str:
        return str(self.answer["base_url"])

    def events(self, event: str) -> list[dict[str, Any]]:
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [entry for line in lines if (entry := json.loads(line)).get("event") == event]

    def pid_of(self, program: str) -> int:
        started = [one for one in self.events("program_started") if one["program"] == program]
        return int(started[-1]["pid"])

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310
                return bool(json.load(answer)["status"] == "ok")
        except OSError:
            return False


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def family(pid: int) -> set[int]:
    """Return a process and all its descendants."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    below = [int(child) for child in listed.read_text().split()] if listed.exists() else []
    return {pid}.union(*map(family, below))


def command(*arguments: str) -> Sequence[str]:
    return (sys.executable, str(ROOT / "wsgi.py"), *arguments)


def on_a_first_visit(environ: Mapping[str, str]) -> dict[str, str]:
    """Return settings without an address; the server then uses the one that it is bound to."""
    given = {name: value for name, value in environ.items() if name != "CARREL_BASE_URL"}
    inherited = {name: value for name, value in os.environ.items() if "CARREL" not in name}
    return {**inherited, **given}


@contextmanager
def serving(environ: Mapping[str, str], place: Path) -> Iterator[House]:
    log = place / "serve.log"
    log.touch()
    with running(
        command("serve", "--bind", "127.0.0.1:0", "--json"),
        ready=lambda: "worker_started" in log.read_text() and "Booting" in log.read_text(),
        log=log,
        environ=on_a_first_visit(environ),
    ) as process:
        yield House(process, log)


@pytest.fixture
def house(environ: Mapping[str, str], database: Database, tmp_path: Path) -> Iterator[House]:
    with serving(environ, tmp_path) as made:
        yield made


def test_serves_at_the_address_it_is_bound_to(house: House) -> None:
    assert house.url == f"http://{house.answer['bind']}"
    until(house.healthy)


def test_without_a_mail_server_it_says_where_emails_are_saved(
    environ: Mapping[str, str], database: Database, tmp_path: Path
) -> None:
    log = tmp_path / "serve.log"
    log.touch()
    with running(
        command("serve", "--bind", "127.0.0.1:0"),
        ready=lambda: "worker_started" in log.read_text(),
        log=log,
        environ=on_a_first_visit(environ),
    ):
        said = log.read_text()
    assert f"emails are written to {environ['CARREL_DATA_DIR']}/mail\n" in said


def test_killed_process_is_restarted(house: House) -> None:
    until(house.healthy)
    before = {name: house.pid_of(name) for name in ("web", "worker")}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(house.events("program_started")) == 4)
    until(house.healthy)
    assert not any(map(is_alive, before.values()))
    assert house.process.poll() is None


def test_stopping_the_server_stops_every_process_it_started(house: House) -> None:
    until(house.healthy)
    everybody = family(house.process.pid)
    assert len(everybody) >= 4  # itself, the worker, gunicorn and its own worker
    house.process.terminate()
    assert house.process.wait(PATIENCE_S) == 0
    assert not any(map(is_alive, everybody))


def test_killing_the_server_leaves_nothing_running(house: House) -> None:
    until(house.healthy)
    everybody = family(house.process.pid)
    house.process.kill()
    until(lambda: not any(map(is_alive, everybody)))


def test_worker_of_the_server_sends_email(
    house: House, database: Database, environ: Mapping[str, str]
) -> None:
    with database.transaction() as session:
        post(
            session,
            kind="delivery_test",
            to="alice@example.org",
            login_id=None,
            subject="Hello",
            values={},
            now=now(),
        )
    until(lambda: any(Path(environ["CARREL_DATA_DIR"], "mail").glob("*.eml")))


def test_log_has_requests_without_secrets_queries_or_people(house: House) -> None:
    paths = (f"/media/{LONG}/x.m3u8", f"/confirm/{LONG}", f"/nowhere?code={LONG}")
    for path in paths:
        with pytest.raises(OSError, match="404"):
            urllib.request.urlopen(f"{house.url}{path}", timeout=PATIENCE_S)  # noqa: S310
    until(lambda: len(house.events("request")) == 3)
    seen = house.events("request")
    assert [entry["status"] for entry in seen] == [404, 404, 404]
    assert "/nowhere" in [entry["path"] for entry in seen]
    assert LONG not in house.log.read_text()
    assert "127.0.0.1" not in json.dumps(seen)


def test_port_in_use_is_reported_right_away(carrel_command: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = carrel_command("serve", "--bind", f"127.0.0.1:{taken.getsockname()[1]}", "--json")
    assert (ran.code, ran.complaint["code"]) == (4, "unavailable")


@pytest.mark.parametrize("bind", ["8000", "127.0.0.1:", "127.0.0.1:eighty", "127.0.0.1:99999"])
def test_invalid_address_is_a_usage_error(carrel_command: Shell, bind: str) -> None:
    assert carrel_command("serve", "--bind", bind).code == 2


def test_worker_refuses_tables_of_another_version(
    carrel_command: Shell, made_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARREL_DATABASE_URL", made_databases.empty("carrel_too_old"))
    ran = carrel_command("worker", "--json")
    made_databases.drop("carrel_too_old")
    assert (ran.code, ran.complaint["code"]) == (4, "unavailable")


@pytest.mark.parametrize(
    ("share", "lanes"), [("media", ["media"]), ("prompt", ["prompt", "files"])]
)
def test_separate_worker_runs_its_jobs_until_stopped(
    environ: Mapping[str, str], database: Database, tmp_path: Path, share: str, lanes: list[str]
) -> None:
    log = tmp_path / "worker.log"
    with running(
        command("worker", "--lane", share, "--json"),
        ready=lambda: "worker_started" in log.read_text(),
        log=log,
        environ={**os.environ, **environ},
    ) as process:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    assert json.loads(log.read_text().splitlines()[0]) == {"pid": process.pid, "lanes": lanes}
