"""Two nodes on one PostgreSQL are restarted and upgraded while people watch.

The small version of benchmarks/faults.py: no request fails, and no second of watching is lost.
"""

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks import simulated_viewer
from benchmarks.concurrent_viewers_library import Person, fill_installation
from benchmarks.faults import Pace, figures, watch_through
from benchmarks.heartbeat import environ_of
from benchmarks.next_version import BESIDE, add_unread_column, install, install_next
from benchmarks.programs import Program
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.migrations import current, upgrade
from tests.servers.nginx import before_nodes
from tests.servers.postgres import postgres
from tests.servers.process import free_ports

# when the event loop ends, a browser that leaves can't close its connections anymore
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

VIEWERS = 4
# hardly a page: on a busy machine one can take longer than the 30 s that a stopping node allows
PACE = Pace(ramp_s=2.0, calm_s=8.0, watch_s=60.0, pages_a_second=0.02)


@dataclass(frozen=True, slots=True)
class House:
    nodes: Sequence[Program]
    upgrading: Program
    carrel: Carrel
    port: int
    people: Sequence[Person]
    word: str


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    ports = free_ports(2)
    with ExitStack() as opened:
        server = opened.enter_context(postgres())
        port = opened.enter_context(before_nodes(ports, tmp_path))
        environ = {
            **environ_of(tmp_path, server.create("carrel")),
            "CARREL_BASE_URL": f"http://127.0.0.1:{port}",
            "CARREL_TRUSTED_PROXIES": "127.0.0.1",
        }
        carrel = open_carrel(Settings.from_env(environ))
        opened.callback(carrel.database.dispose)
        upgrade(carrel.database)
        add_unread_column(carrel.database)
        people, word = fill_installation(carrel, VIEWERS + 1)
        nodes = [
            Program(
                ("serve", "--bind", f"127.0.0.1:{each}", "--workers", "1", "--no-worker", "--json"),
                environ,
                tmp_path / f"node{each}.log",
                each,
            )
            for each in ports
        ]
        upgrading = Program(("db", "upgrade"), environ, tmp_path / "upgrade.log")
        for program in nodes:
            opened.callback(program.stop)
            program.start()
        yield House(nodes, upgrading, carrel, port, people, word)


def test_viewers_do_not_notice_a_restart_or_an_upgrade(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated_viewer, "PATIENCE_S", 240.0)  # a slow machine isn't a failure
    newer = install(tmp_path / "newer")
    install_next(newer)

    def upgrade_while_they_watch() -> None:
        house.upgrading.root = newer
        house.upgrading.start()
        house.upgrading.wait()
        restart(house.nodes[0])  # this version, on the tables of the next
        house.nodes[1].root = newer
        restart(house.nodes[1])

    viewers, readers = house.people[:VIEWERS], house.people[VIEWERS:]
    watching = watch_through(
        house.port, viewers, readers, house.word, upgrade_while_they_watch, PACE
    )
    seen, told = asyncio.run(watching)
    gc.collect()  # report connections left open here, where that is ignored
    found = figures("", house.carrel, viewers, seen, told)
    assert [what for _, what in seen.failed if not what.endswith("Retry-After")] == []
    assert (found["lost_s"], found["came_to_the_end"]) == (0, VIEWERS)
    assert current(house.carrel.database) == BESIDE
    with house.carrel.database.read_session() as session:
        assert set(session.scalars(text("SELECT stars FROM playback_session"))) == {3}


def restart(program: Program) -> None:
    program.stop()
    program.start()
