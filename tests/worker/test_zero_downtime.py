"""carrel serve is renewed, drained and stopped without a failed request."""

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from lms.core.database import Database
from lms.models.jobs import Lane
from tests.cli.test_serve import House, command, family, on_a_first_visit
from tests.jobs.job_fixtures import make_job
from tests.servers.process import running
from tests.wait_until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@contextmanager
def serving(environ: Mapping[str, str], place: Path, *options: str) -> Iterator[House]:
    log = place / "serve.log"
    log.touch()
    house = None
    with running(
        command("serve", "--bind", "127.0.0.1:0", "--json", *options),
        ready=lambda: log.read_text().startswith("{") and House(None, log).healthy(),  # type: ignore[arg-type]
        log=log,
        environ=on_a_first_visit(environ),
    ) as process:
        house = House(process, log)
        yield house


class Crowd:
    """Visitors who send requests all the time on their own connections, kept open or not."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answered = 0
        self.faults: list[str] = []
        self._over = threading.Event()

    def __enter__(self) -> "Crowd":
        self._threads = [
            threading.Thread(target=self._ask, args=(number % 2 == 0,)) for number in range(8)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, is_kept: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._over.is_set():
            try:
                connection.request("GET", "/livez")
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as fault:
                self.faults.append(repr(fault))
                connection.close()
                continue
            if answer.status != 200:
                self.faults.append(str(answer.status))
            self.answered += 1
            if not is_kept:
                connection.close()
            time.sleep(0.02)
        connection.close()


def port_of(house: House) -> int:
    return int(house.answer["bind"].rpartition(":")[2])


def renewed(house: House, program: str) -> bool:
    return program in [one["program"] for one in house.events("program_renewed")]


def test_renewal_loses_no_request_and_stops_the_old_processes(
    environ: Mapping[str, str], database: Database, tmp_path: Path
) -> None:
    with serving(environ, tmp_path, "--workers", "2") as house:
        before = {name: house.pid_of(name) for name in ("web", "worker")}
        with Crowd(port_of(house)) as crowd:
            time.sleep(1)
            house.process.send_signal(signal.SIGHUP)
            until(lambda: renewed(house, "worker"))
            until(lambda: not any(map(is_there, before.values())))
            asked = crowd.answered
            until(lambda: crowd.answered > asked + 100)
        assert crowd.faults == []
        assert all(house.pid_of(name) != pid for name, pid in before.items())
        assert house.process.poll() is None
        assert house.events("program_ended") == []


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists()


def test_failed_renewal_leaves_the_old_processes_running(
    environ: Mapping[str, str], database: Database, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(environ["CARREL_SECRET_KEY"])
    given = {name: value for name, value in environ.items() if name != "CARREL_SECRET_KEY"}
    with serving({**given, "CARREL_SECRET_KEY_FILE": str(key)}, tmp_path) as house:
        key.write_text("too short")
        before = {name: house.pid_of(name) for name in ("web", "worker")}
        house.process.send_signal(signal.SIGHUP)
        until(lambda: house.events("renewal_failed"))
        assert house.healthy()
        assert all(map(is_there, before.values()))


def test_started_request_finishes_while_new_connections_are_refused(
    environ: Mapping[str, str], database: Database, tmp_path: Path
) -> None:
    with serving(environ, tmp_path) as house, ExitStack() as stack:
        port = port_of(house)
        begun = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), 30)))
        begun.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n")
        time.sleep(0.5)
        house.process.terminate()
        until(lambda: not is_open(port))
        begun.sendall(b"a=b&")
        assert begun.recv(100).startswith(b"HTTP/1.1 400")
        assert house.process.wait(120) == 0


def is_open(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def test_draining_server_answers_and_reports_that_it_is_not_ready(
    environ: Mapping[str, str], database: Database, tmp_path: Path
) -> None:
    with serving(environ, tmp_path, "--drain", "20", "--workers", "2") as house:
        everybody = family(house.process.pid)
        with Crowd(port_of(house)) as crowd:
            house.process.terminate()
            until(lambda: readiness(port_of(house)) == (503, "yes"), seconds=15)
            asked = crowd.answered
            until(lambda: crowd.answered > asked + 20, seconds=15)
            assert crowd.faults == []
        assert house.process.wait(120) == 0
        assert not any(map(is_there, everybody))


def readiness(port: int) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.load(answer)["draining"]


def test_web_server_without_a_worker_has_one_process_per_core(
    environ: Mapping[str, str], database: Database, tmp_path: Path
) -> None:
    with serving(environ, tmp_path, "--no-worker") as house:
        make_job(database, lane=Lane.MEDIA)
        assert {one["program"] for one in house.events("program_started")} == {"web"}
        cores = len(os.sched_getaffinity(0))
        until(lambda: len(family(house.pid_of("web"))) == cores + 1)


def test_worker_keeps_running_after_sighup(
    environ: Mapping[str, str], database: Database, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    with running(
        command("worker", "--json"),
        ready=lambda: "worker_started" in log.read_text(),
        log=log,
        environ={**os.environ, **environ},
    ) as process:
        process.send_signal(signal.SIGHUP)
        time.sleep(1)
        assert process.poll() is None
