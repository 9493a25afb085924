"""House law that no linter knows: who commits, and who asks the time."""

import ast

import pytest

from tests.rules.tree import calls, name_of, parsed, product

COMMITS = "lms/db.py"
# the edges: what is called from outside and passes the time inward
MAY_ASK_THE_TIME = (
    "lms/clock.py",
    "lms/web/",
    "lms/cli/",
    "lms/worker",
    "lms/tryout.py",
    "lms/mailround.py",
    "lms/encoding.py",
    "lms/handout_reading.py",
    "lms/receiving.py",
    "lms/arrivals.py",
    "lms/hearing.py",
    "lms/kit_making.py",
    "lms/importing.py",
    "lms/history_runs.py",
    "lms/clearing.py",
    "lms/rounds.py",
    "lms/seat_rounds.py",
    "lms/certificate_rounds.py",
    "lms/live_rounds.py",
    "lms/contract_rounds.py",
    "lms/training_rounds.py",
    "lms/demo/",
    "lms/liveness.py",
    "lti/web/",
    "lti/cli/",
    "lti/map_rounds.py",
    "lti/rounds.py",
    "lti/score_rounds.py",
    "lti/roster_rounds.py",
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
        if isinstance(node, ast.ImportFrom) and node.module == "lms.clock"
    ]
    assert asks + imports == []


def test_every_module_of_the_product_says_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in product()
        if not ast.get_docstring(parsed(path)) and "versions" not in path.parts
    ]
    assert silent == []
