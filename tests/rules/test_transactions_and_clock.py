"""Rules that no linter knows: who commits, and who reads the clock."""

import ast
from pathlib import Path

from tests.rules.source_files import calls, name_of, parsed, product

COMMITS = "lms/core/database.py"
# the edges: they are called from outside and pass the time inward
EDGES = (
    "lms/cli/",
    "lms/core/clock.py",
    "lms/core/database.py",  # it uses the database's clock
    "lms/demo/",
    "lms/jobs/job_runner.py",
    "lms/playback/ended_session_cache.py",
    "lms/uploads/chunks.py",
    "lms/web/",
    "lms/worker/",
    "lti/cli/",
    "lti/selftest/",
    "lti/web/",
    "wsgi.py",
)
DOMAIN = [
    path
    for path in product()
    if not name_of(path).startswith(EDGES)
    and path.name != "jobs.py"
    and not path.name.endswith("_job.py")
]


def test_only_the_database_commits() -> None:
    places = {
        name_of(path)
        for path in product()
        for call, name in calls(path)
        if name == "commit" and not name_of(path).startswith("lms/migrations/")
    }
    assert places == {COMMITS}


def _asks_the_time(path: Path) -> bool:
    return any(name in ("now", "utcnow", "today") for _, name in calls(path)) or any(
        isinstance(node, ast.ImportFrom)
        and (
            node.module == "lms.core.clock"
            or (node.module == "lms.core" and "clock" in {one.name for one in node.names})
        )
        for node in ast.walk(parsed(path))
    )


def test_domain_does_not_read_the_clock() -> None:
    assert [name_of(path) for path in DOMAIN if _asks_the_time(path)] == []


def test_every_module_of_the_product_has_a_docstring() -> None:
    silent = [
        name_of(path)
        for path in product()
        if not ast.get_docstring(parsed(path)) and "versions" not in path.parts
    ]
    assert silent == []
