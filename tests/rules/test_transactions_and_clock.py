"""House law that no linter knows: who commits, and who asks the time."""

import ast

import pytest

from tests.rules.source_files import calls, name_of, parsed, product

COMMITS = "lms/core/database.py"
# the edges: what is called from outside and passes the time inward
MAY_ASK_THE_TIME = (
    "lms/core/clock.py",
    "lms/web/",
    "lms/cli/",
    "lms/worker",
    "lms/jobs/job_runner.py",
    "lms/worker/mail_thread.py",
    "lms/recordings/encode_job.py",
    "lms/handouts/page_extraction_job.py",
    "lms/uploads/chunks.py",
    "lms/uploads/jobs.py",
    "lms/recordings/auto_captions_job.py",
    "lms/kits/jobs.py",
    "lms/seat_imports/jobs.py",
    "lms/past_sales/jobs.py",
    "lms/housekeeping/removed_items_purge.py",
    "lms/housekeeping/jobs.py",
    "lms/seats/jobs.py",
    "lms/certificates/jobs.py",
    "lms/attendance/jobs.py",
    "lms/contracts/jobs.py",
    "lms/training/jobs.py",
    "lms/demo/",
    "lms/playback/ended_session_cache.py",
    "lti/web/",
    "lti/cli/",
    "lti/id_mappings/jobs.py",
    "lti/jobs.py",
    "lti/grades/jobs.py",
    "lti/rosters/jobs.py",
    "lti/selftest/",
)
DOMAIN = [path for path in product() if not name_of(path).startswith(MAY_ASK_THE_TIME)]


def test_only_the_database_commits() -> None:
    places = {
        name_of(path)
        for path in product()
        for call, name in calls(path)
        if name == "commit" and not name_of(path).startswith("lms/migrations/")
    }
    assert places == {COMMITS}


@pytest.mark.parametrize("path", DOMAIN, ids=name_of)
def test_the_domain_does_not_ask_the_time(path) -> None:
    asks = [name for _, name in calls(path) if name in ("now", "utcnow", "today")]
    imports = [
        node.module
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module == "lms.core.clock"
    ]
    assert asks + imports == []


def test_every_module_of_the_product_says_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in product()
        if not ast.get_docstring(parsed(path)) and "versions" not in path.parts
    ]
    assert silent == []
