"""Plant each fault of faults.tsv, and report which test catches it.

    python -m tests.planted_faults [--processes N] [--only NUMBERS]

The tests that could catch one are collected once. For each fault, a fork changes the function in
memory and runs its tests until one fails, so no file is ever changed. A test that takes longer
than a minute is killed and counts as failed, because some faults cause an endless loop. Another
fork then runs the same test without the fault; if it fails there, too, it caught nothing. The test
that caught each fault is written to caught.tsv, and runs first the next time. The last line counts
the faults that were caught and those that weren't. If any wasn't, or its line is gone, it exits 1.
"""

import ast
import os
import re
import signal
import sys
import time
from argparse import ArgumentParser
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from werkzeug.local import LocalProxy

from tests.alone import fork, run, scratch
from tests.planted_faults.draw import HERE, ROOT, read

CAUGHT = "caught.tsv"
LIMIT_S = 60.0  # for one test
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of a file, its replacement, and the tests that could catch the fault."""

    number: int
    area: str
    file: str
    line: str
    planted: str
    tests: tuple[str, ...]
    caught_by: str

    def is_for(self, item: pytest.Item) -> bool:
        """Return whether a test is among those to run."""
        return item.nodeid.startswith(self.tests)

    def rank(self, item: pytest.Item) -> tuple[bool, int, bool]:
        """Order by: caught it the last time, the order of `tests`, and names the module."""
        place = next(n for n, one in enumerate(self.tests) if item.nodeid.startswith(one))
        names = Path(self.file).stem in _words(item.path)
        return _function(item.nodeid) != self.caught_by, place, not names

    def plant(self) -> None:
        """Change the function that has the line, in this process; raises LookupError without it."""
        lines = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        at = next((n for n, one in enumerate(lines) if one.strip() == self.line), None)
        if at is None:
            raise LookupError(f"{self.file} has no line {self.line!r}")
        lines[at] = lines[at].replace(self.line, self.planted)
        planted = "\n".join(lines) + "\n"
        function = _function_around(ast.parse(planted), at + 1)
        code = next(_codes(compile(planted, str(ROOT / self.file), "exec"), function))
        module = import_module(self.file.removesuffix(".py").replace("/", "."))
        changed = list(_functions(vars(module), code.co_qualname, set()))
        if not changed:
            raise LookupError(f"{self.file} has no function {code.co_qualname} in memory")
        for each in changed:
            each.__code__ = code


def _function_around(tree: ast.Module, line: int) -> int:
    """Return the first line of the outermost function that contains a line."""
    found = [
        min([node.lineno, *(one.lineno for one in node.decorator_list)])
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return min(found)


def _codes(code: CodeType, begins: int) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            if one.co_firstlineno == begins and not one.co_name.startswith("<"):
                yield one
            yield from _codes(one, begins)


def _functions(names: dict[str, Any], qualname: str, seen: set[int]) -> Iterator[FunctionType]:
    """Yield the functions of a module that have a name, without their decorators."""
    for value in list(names.values()):
        if id(value) in seen or type(value) is LocalProxy:  # a LocalProxy needs a request
            continue
        seen.add(id(value))
        inner = unwrap(getattr(value, "__func__", getattr(value, "fget", None)) or value)
        if isinstance(inner, FunctionType) and inner.__qualname__ == qualname:
            yield inner
        elif isinstance(value, type) and value.__module__ == names.get("__name__"):
            yield from _functions(
                dict(vars(value)) | {"__name__": value.__module__}, qualname, seen
            )


@dataclass(frozen=True, slots=True)
class Trial:
    """The work of a fork: tests with a fault planted, or, as a control, without it."""

    fault: Fault
    items: Sequence[pytest.Item]
    place: Path
    is_control: bool = False

    def go(self) -> bool:
        """Run the tests in this process; returns whether all passed."""
        if not self.items:
            raise LookupError(f"no test at {self.fault.tests}")
        if not self.is_control:
            self.fault.plant()
        return all(run(*pair) for pair in zip(self.items, [*self.items[1:], None], strict=True))

    def note(self, what: str, nodeid: str) -> None:
        """Record a test for the process that started this one."""
        (self.place / what).write_text(nodeid, encoding="utf-8")

    def noted(self, what: str) -> str:
        """Return the recorded test, or an empty string."""
        path = self.place / what
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def seconds(self) -> float:
        """Return how long the current test has run so far."""
        path = self.place / "running"
        return time.time() - path.stat().st_mtime if path.exists() else 0.0

    def control(self) -> "Trial":
        """Return a trial of the test that caught the fault, without the fault."""
        by = self.noted("failed")
        items = [item for item in self.items if item.nodeid == by]
        place = self.place.with_name(f"{self.place.name}control")
        return replace(self, items=items, place=place, is_control=True)


@dataclass(slots=True, eq=False)
class Planting:
    """A pytest plugin that runs the collected tests once for each fault."""

    faults: list[Fault]
    processes: int
    trial: Trial | None = None  # set in a fork
    running: dict[int, Trial] = field(default_factory=dict)
    uncaught: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Plant one fault after another."""
        from tests.servers.databases import databases  # noqa: PLC0415  (after pytest's own import)

        with databases() as made, scratch() as folder:
            waiting = deque(self._trials(session.items, folder))
            while waiting or self.running:
                while waiting and len(self.running) < self.processes:
                    self.trial = trial = waiting.popleft()
                    self.running[fork(session, trial.place, made, trial.go)] = trial
                ended, status = self._await_one()
                if ended.noted("failed") and not ended.is_control:
                    waiting.appendleft(ended.control())
                else:
                    self._conclude(ended, is_caught=ended.is_control and status == 0)
        print(f"{len(self.faults) - self.uncaught} passed, {self.uncaught} failed")  # noqa: T201
        session.testsfailed = self.uncaught
        return True

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """In a fork, record the test that starts."""
        if self.trial is not None:
            self.trial.note("running", nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """In a fork, record the test that failed."""
        if report.failed and self.trial is not None:
            self.trial.note("failed", report.nodeid)

    def _trials(self, items: Sequence[pytest.Item], folder: Path) -> Iterator[Trial]:
        for fault in self.faults:
            mine = sorted((item for item in items if fault.is_for(item)), key=fault.rank)
            yield Trial(fault, mine, folder / str(fault.number))

    def _await_one(self) -> tuple[Trial, int]:
        """Wait until a fork ends, or kill it when a test is too slow; also returns its status."""
        while not (ended := os.waitpid(-1, os.WNOHANG))[0]:
            for late, trial in self.running.items():
                if trial.seconds() > LIMIT_S and not trial.noted("failed"):
                    trial.note("failed", trial.noted("running"))
                    os.kill(late, signal.SIGKILL)
            time.sleep(POLL_S)
        return self.running.pop(ended[0]), ended[1]

    def _conclude(self, trial: Trial, *, is_caught: bool) -> None:
        """Print what caught a fault: a test that passed without it."""
        by = trial.items[0].nodeid if is_caught else ""
        said = by or "NOT CAUGHT" + ": what failed fails without it, too" * trial.is_control
        self.uncaught += not by
        _note(trial.fault, _function(by))
        fault = trial.fault
        print(f"{fault.number} {fault.area} {fault.file}: {fault.planted}: {said}", flush=True)  # noqa: T201
        if not by:
            print((trial.place / "log").read_text(errors="replace")[-1000:], flush=True)  # noqa: T201


@cache
def _words(place: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", place.read_text(encoding="utf-8")))


def _function(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def _caught() -> dict[tuple[str, str], str]:
    return {(file, planted): test for file, planted, test in read(CAUGHT)}


def _note(fault: Fault, test: str) -> None:
    """Save what caught a fault, and drop faults that are no longer in faults.tsv."""
    caught = _caught() | {(fault.file, fault.planted): test}
    drawn = [(file, planted) for _area, file, _line, planted, _tests in read("faults.tsv")]
    lines = ["\t".join([*one, caught[one]]) + "\n" for one in drawn if caught.get(one)]
    (HERE / CAUGHT).write_text("".join(lines), encoding="utf-8")


def main() -> int:
    """Plant the faults that the arguments select, or all of them."""
    parser = ArgumentParser(prog="python -m tests.planted_faults")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", type=int, nargs="*", default=[])
    chosen = parser.parse_args()
    caught = _caught()
    faults = [
        Fault(number, *values[:4], tuple(values[4].split()), caught.get((values[1], values[3]), ""))
        for number, values in enumerate(read("faults.tsv"), start=1)
        if not chosen.only or number in chosen.only
    ]
    places = sorted({place for fault in faults for place in fault.tests if (ROOT / place).exists()})
    arguments = ["-p", "no:randomly", "-s", "-m", "not browser and not slow", *places]
    return int(pytest.main(arguments, [Planting(faults, chosen.processes)]))


if __name__ == "__main__":
    sys.exit(main())
