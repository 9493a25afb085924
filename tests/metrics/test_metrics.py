"""/metrics under load: what is counted, on a separate listener, in files that don't grow."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from lms.core.clock import now
from lms.core.database import Database
from lms.mail.outbox import post
from lms.metrics.slots import take_slot
from tests.cli.test_serve import House
from tests.servers.process import free_port
from tests.wait_until import until
from tests.worker.test_zero_downtime import port_of, serving

SECRET = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"  # noqa: S105  (a token of the tests)
TAKES = "import sys; from pathlib import Path; from lms.metrics.slots import take_slot; print(take_slot(Path(sys.argv[1])))"


def test_slot_is_free_again_after_its_process_ends(tmp_path: Path) -> None:
    command = (sys.executable, "-c", TAKES, str(tmp_path))
    assert [subprocess.check_output(command).strip() for _ in range(2)] == [b"0", b"0"]
    assert take_slot(tmp_path) == 0
    assert subprocess.check_output(command).strip() == b"1"


RESTARTED = """
import logging, os, sys
from pathlib import Path
import structlog
from lms.core.logs import configure_logs
from lms.metrics.counters import begin_counting

configure_logs(logging.CRITICAL)
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
sys.stderr = open(os.devnull, "w")
for turn in range(int(sys.argv[2])):
    processes = []
    for _ in range(4):
        process = os.fork()
        if not process:
            begin_counting(Path(sys.argv[1]))
            for route in range(120):
                structlog.get_logger().info(
                    "request", method="GET", route=f"/page{route}/<slug>", status=200, ms=12
                )
            os._exit(0)
        processes.append(process)
    for process in processes:
        os.waitpid(process, 0)
"""


def test_files_do_not_grow_over_thirty_restarts(tmp_path: Path) -> None:
    sizes = []
    for restarts in (1, 30):
        subprocess.run((sys.executable, "-c", RESTARTED, str(tmp_path), str(restarts)), check=True)
        sizes.append(sum(file.stat().st_size for file in tmp_path.glob("*.db")))
    assert sizes[0] > 0
    assert (
        sizes[1] <= 4 * sizes[0]
    )  # at most four processes count at once, and the first can be one of them
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(tmp_path))
    assert 'route="/page119/<slug>"' in generate_latest(registry).decode()


def scraped(port: int) -> dict[str, float]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return {}
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def ask(port: int, path: str) -> None:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60).read()
    except OSError:
        return


def counted(place: int, route: str, status: int) -> float:
    name = f'carrel_requests_total{{method="GET",route="{route}",status="{status}"}}'
    return scraped(place).get(name, 0)


@pytest.fixture
def place() -> int:
    return free_port()


@pytest.fixture
def house(
    environ: Mapping[str, str], database: Database, tmp_path: Path, place: int
) -> Iterator[House]:
    given = {**environ, "CARREL_METRICS_BIND": f"127.0.0.1:{place}"}
    with serving(given, tmp_path, "--workers", "2") as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_activity_is_counted_without_ids(house: House, database: Database, place: int) -> None:
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
    for path in ("/webinars", f"/confirm/{SECRET}", f"/media/{SECRET}/x.m3u8", "/webinars/none"):
        ask(port_of(house), path)
    sent = 'carrel_events_total{event="mail_sent",how="",what="delivery_test"}'
    until(lambda: scraped(place).get(sent) == 1)
    assert counted(place, "/webinars", 200) == 1
    assert counted(place, "/webinars/<slug>", 404) == 1
    assert counted(place, "/media/<token>/m3u8", 404) == 1
    seen = scraped(place)
    assert (seen["carrel_database_up"], seen['carrel_waiting{lane="media"}']) == (1, 0)
    assert (seen['carrel_health{check="worker"}'], seen['carrel_health{check="backup"}']) == (0, 1)
    assert not [name for name in seen if SECRET in name or "alice" in name]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_files_do_not_grow_over_restarts(
    house: House, environ: Mapping[str, str], place: int
) -> None:
    for _ in range(3):
        before = house.pid_of("metrics")
        house.process.send_signal(signal.SIGHUP)
        until(lambda before=before: house.pid_of("metrics") != before)
        ask(port_of(house), "/webinars")
    until(lambda: counted(place, "/webinars", 200) == 3)
    files = [*Path(environ["CARREL_DATA_DIR"], "scratch/metrics").glob("*.db")]
    assert len(files) <= 2 * 6  # counters and histograms of two web generations and the worker
    assert sum(file.stat().st_size for file in files) < 20 << 20
    assert scraped(place)
