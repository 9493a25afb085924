"""Plant each fault of faults.tsv, and say which test catches it.

    python -m tests.planted_faults [--processes N] [--only NUMBERS]

The tests that could catch one are collected once. For each fault, a fork changes the function in
memory and runs its tests until one fails, so no file is ever changed. What caught each is written to
caught.tsv, and runs first the next time. The last line counts the faults that were caught and those
that weren't; with one that wasn't, or whose line is gone, it exits 1.
"""

import ast
import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of a file, what is planted in its place, and where the tests are that could catch it."""

    number: int
    area: str
    file: str
    line: str
    planted: str
    tests: tuple[str, ...]
    caught_by: str

    def is_for(self, item: pytest.Item) -> bool:
        """Tell whether a test is among those to run."""
        return item.nodeid.startswith(self.tests)

    def rank(self, item: pytest.Item) -> tuple[bool, int, bool]:
        """Order what caught it the last time first, then by place, tests that name the module first."""
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
    """Return where the outermost function begins that has a line."""
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
    """Give the functions of a module by their name, behind whatever decorates them."""
    for value in list(names.values()):
        if id(value) in seen or type(value) is LocalProxy:  # one asks for a request
            continue
        seen.add(id(value))
        inner = unwrap(getattr(value, "__func__", getattr(value, "fget", None)) or value)
        if isinstance(inner, FunctionType) and inner.__qualname__ == qualname:
            yield inner
        elif isinstance(value, type) and value.__module__ == names.get("__name__"):
            yield from _functions(
                dict(vars(value)) | {"__name__": value.__module__}, qualname, seen
            )


@dataclass(slots=True, eq=False)
class Planting:
    """A pytest plugin that runs what was collected once for each fault."""

    faults: list[Fault]
    processes: int
    place: Path | None = None
    running: dict[int, tuple[Fault, Path]] = field(default_factory=dict)
    uncaught: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Plant one fault after the other."""
        from tests.servers.databases import databases  # noqa: PLC0415  (pytest must see it first)

        with databases() as made, scratch() as folder:
            for fault in self.faults:
                if len(self.running) == self.processes:
                    self._await_one()
                self.place = folder / str(fault.number)
                items = [item for item in session.items if fault.is_for(item)]
                items.sort(key=fault.rank)
                child = fork(session, self.place, made, lambda f=fault, i=items: _go(f, i))
                self.running[child] = fault, self.place
            while self.running:
                self._await_one()
        print(f"{len(self.faults) - self.uncaught} passed, {self.uncaught} failed")  # noqa: T201
        session.testsfailed = self.uncaught
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note, in a fork, the test that caught the fault."""
        if report.failed and self.place is not None:
            (self.place / "caught").write_text(report.nodeid, encoding="utf-8")

    def _await_one(self) -> None:
        fault, place = self.running.pop(os.wait()[0])
        by = place / "caught"
        said = by.read_text(encoding="utf-8") if by.exists() else "NOT CAUGHT"
        self.uncaught += not by.exists()
        _note(fault, _function(said) if by.exists() else "")
        print(f"{fault.number} {fault.area} {fault.file}: {fault.planted}: {said}", flush=True)  # noqa: T201
        if not by.exists():
            print((place / "log").read_text(errors="replace")[-1000:], flush=True)  # noqa: T201


@cache
def _words(place: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", place.read_text(encoding="utf-8")))


def _function(nodeid: str) -> str:
    return nodeid.partition("[")[0]


def _caught() -> dict[tuple[str, str], str]:
    return {(file, planted): test for file, planted, test in read(CAUGHT)}


def _note(fault: Fault, test: str) -> None:
    """Write down what caught a fault, and leave out faults that are no longer in faults.tsv."""
    caught = _caught() | {(fault.file, fault.planted): test}
    drawn = [(file, planted) for _area, file, _line, planted, _tests in read("faults.tsv")]
    lines = ["\t".join([*one, caught[one]]) + "\n" for one in drawn if caught.get(one)]
    (HERE / CAUGHT).write_text("".join(lines), encoding="utf-8")


def _go(fault: Fault, items: list[pytest.Item]) -> bool:
    if not items:
        raise LookupError(f"no test at {fault.tests}")
    fault.plant()
    return all(run(*pair) for pair in zip(items, [*items[1:], None], strict=True))


def main() -> int:
    """Plant the faults that the arguments choose, or all."""
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
