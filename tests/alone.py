"""Run each test in its own process and list the failures: no test must depend on another.

    python -m tests.alone [--processes N] [--one-case] [--passed FILE] [pytest arguments]

Tests are collected once. Each then runs in a fork without the module state, session fixtures, or
rows of other tests. With --one-case, one case of each parametrized test runs. With --passed, tests
listed in the file are skipped and those that pass are added to it, so an interrupted run can
continue. Set CARREL_TEST_DATABASE=postgresql to run on PostgreSQL.
"""

import os
import shutil
import sys
import tempfile
import time
import traceback
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import configure_mappers

if TYPE_CHECKING:
    from tests.servers.databases import Databases


@dataclass(slots=True, eq=False)
class EachAlone:
    """A pytest plugin that forks for each test, at most `processes` at a time."""

    processes: int
    one_case: bool
    passed: Path | None = None
    running: dict[int, tuple[pytest.Item, Path, float]] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the collected tests; their order doesn't matter here."""
        from tests.servers.databases import databases  # noqa: PLC0415  (pytest must see it first)

        if session.config.option.collectonly:
            return False
        with databases() as made, scratch() as folder:
            warm_up(folder / "warm")
            for number, item in enumerate(self._chosen(session.items)):
                if len(self.running) == self.processes:
                    self._await_one(session)
                place = folder / str(number)
                child = fork(session, place, made, lambda each=item: run(each))
                self.running[child] = item, place, time.monotonic()
            while self.running:
                self._await_one(session)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a failure at once, because a fork ends without a summary."""
        if report.failed:
            print(f"\n{report.when}: {report.longreprtext}")  # noqa: T201
            for title, text in report.sections:
                print(f"--- {title}\n{text}")  # noqa: T201

    def _chosen(self, items: list[pytest.Item]) -> Iterable[pytest.Item]:
        if self.one_case:
            items = list({item.nodeid.partition("[")[0]: item for item in items}.values())
        if self.passed is None or not self.passed.exists():
            return items
        done = set(self.passed.read_text(encoding="utf-8").splitlines())
        return [item for item in items if item.nodeid not in done]

    def _await_one(self, session: pytest.Session) -> None:
        child, status = os.wait()
        item, place, began = self.running.pop(child)
        seconds = time.monotonic() - began
        print(f"{'FAILED' if status else 'passed'} {item.nodeid} {seconds:.1f} s", flush=True)  # noqa: T201
        if status:
            session.testsfailed += 1
            print((place / "log").read_text(errors="replace"), flush=True)  # noqa: T201
        elif self.passed is not None:
            with self.passed.open("a", encoding="utf-8") as file:
                file.write(f"{item.nodeid}\n")
        shutil.rmtree(place, ignore_errors=True)


def warm_up(folder: Path) -> None:
    """Load mappers, routes, and compiled templates once, before forking."""
    from lms.app import create_app  # noqa: PLC0415  (as above)
    from lms.core.runtime import open_carrel  # noqa: PLC0415
    from lms.core.settings import Settings  # noqa: PLC0415
    from wsgi import COMPONENTS  # noqa: PLC0415

    configure_mappers()
    app = create_app(open_carrel(Settings.from_env({"CARREL_DATA_DIR": str(folder)})), COMPONENTS)
    app.url_map.update()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a temporary directory for files that forks write."""
    with tempfile.TemporaryDirectory(prefix="carrel-forks-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def fork(session: pytest.Session, place: Path, made: "Databases", runs: Callable[[], bool]) -> int:
    """Run tests in a fork that acts as its own worker; returns its process ID.

    The fork exits with 0 if `runs` returned true. It logs to a file `log` in `place`, which is
    created.
    """
    from tests.conftest import PREPARED_AT  # noqa: PLC0415  (pytest must see it first)

    place.mkdir()
    if child := os.fork():
        return child
    passed = False
    try:
        log = os.open(place / "log", os.O_WRONLY | os.O_CREAT)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(place)
        worker = f"fork{place.name}"
        session.testsfailed = 0  # of this process
        session.config.workerinput = {"workerid": worker, PREPARED_AT: str(made.place)}  # type: ignore[attr-defined]  # as xdist sets it
        passed = runs()
        for name in made.names():
            if name.endswith(f"_{worker}"):
                made.drop(name)
    except BaseException:  # noqa: BLE001  (a fork must exit instead of continuing as the parent)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(not passed)


def run(item: pytest.Item, following: pytest.Item | None = None) -> bool:
    """Run one test in this process; returns whether no test has failed so far."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    return item.session.testsfailed == 0


def main() -> int:
    """Run the tests that the arguments select."""
    parser = ArgumentParser(prog="python -m tests.alone")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--one-case", action="store_true")
    parser.add_argument("--passed", type=Path)
    chosen, arguments = parser.parse_known_args()
    # -s turns off capturing, because forks would share the capture file
    plugin = EachAlone(chosen.processes, chosen.one_case, chosen.passed)
    return int(pytest.main(["-p", "no:randomly", "-s", *arguments], [plugin]))


if __name__ == "__main__":
    sys.exit(main())
