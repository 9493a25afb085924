"""The simulated LMS as a separate program, controlled over HTTP."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.servers.process import free_port, running

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.platform", "--bind", f"127.0.0.1:{port}"]
    command += ["--tool", "http://127.0.0.1:9"]
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    log = tmp_path / "log"
    # it accepts connections before the tool is registered, and prints its URL afterward
    with running(
        command, ready=lambda: b"is at http" in log.read_bytes(), log=log, environ=environ
    ):
        yield f"http://localhost:{port}"


def test_program_registers_the_tool_and_accepts_links_and_faults(url: str) -> None:
    assert "carrel" in requests.get(f"{url}/tools", timeout=60).text
    asked = {"client_id": "carrel", "title": "A recording", "custom": {"webinar": "a"}}
    made = requests.post(f"{url}/control/links", json=asked, timeout=60)
    assert made.status_code == 201
    requests.post(f"{url}/control/trouble/jwks", json={"status": 503, "times": 1}, timeout=60)
    answers = [requests.get(f"{url}/jwks", timeout=60).status_code for _ in range(2)]
    assert answers == [503, 200]
    requests.post(f"{url}/control/rotate", json={}, timeout=60)
    assert len(requests.get(f"{url}/jwks", timeout=60).json()["keys"]) == 2
    calls = requests.get(f"{url}/control/calls", params={"area": "jwks"}, timeout=60).json()
    assert [call["status"] for call in calls["items"]] == [503, 200, 200]


def test_link_requires_a_person_and_an_unknown_link_is_not_found(url: str) -> None:
    made = requests.post(f"{url}/control/links", json={"client_id": "carrel"}, timeout=60).json()
    assert requests.get(made["url"], timeout=60).status_code == 403
    assert requests.get(f"{url}/links/none", timeout=60).status_code == 404
