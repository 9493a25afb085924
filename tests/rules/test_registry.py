"""The registry lists every package that declares something; a command imports only its own."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms.component import work_of
from tests.rules.source_files import ROOT, name_of, parsed, product
from wsgi import COMPONENTS

LOADED = """
import sys
from wsgi import main
sys.argv = ["carrel", *sys.argv[1:]]
try:
    main()
finally:
    names = {name for name in sys.modules if name.startswith(("lms.", "lti.")) or name == "flask"}
    print(*sorted(names), sep="\\n", file=sys.stderr)
"""


def declared(name: str) -> Iterator[Path]:
    """Yield the modules that assign a name at the top level."""
    for path in product():
        for node in parsed(path).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                yield path


def module_of(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_registry_lists_every_package_with_pages() -> None:
    listed = {name for component in COMPONENTS for name in component.pages}
    assert listed == {module_of(path).rpartition(".")[0] for path in declared("blueprint")}


@pytest.mark.parametrize(("name", "what"), [("JOBS", "jobs"), ("COMMANDS", "commands")])
def test_registry_lists_every_package_that_declares_something(name: str, what: str) -> None:
    listed: list[str] = []
    for component in COMPONENTS:
        value = getattr(component, what)
        listed += [value] if isinstance(value, str) else value
    assert sorted(listed) == sorted(map(module_of, declared(name)))


def test_every_schedule_has_its_job() -> None:
    work = work_of(COMPONENTS)
    assert {one.kind for one in work.schedules} <= set(work.handlers)


def test_command_imports_neither_pages_nor_other_commands() -> None:
    command = [sys.executable, "-c", LOADED, "job", "list", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "lms.cli.jobs" in loaded
    assert {
        name for name in loaded if name.startswith(("lms.web", "lti.web")) or name == "flask"
    } == set()
    others = {"jobs", "list_commands", "command_context", "output", "root_command"}
    assert {
        name
        for name in loaded
        if name.startswith("lms.cli.") and name.rpartition(".")[2] not in others
    } == set()
