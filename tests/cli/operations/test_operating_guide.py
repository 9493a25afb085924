"""The steps of docs/operating.md in order: each command exists and does what the guide says."""

import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.servers.process import free_port, running
from tests.wait_until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = (sys.executable, ROOT / "wsgi.py")
GUIDE = ROOT / "docs/operating.md"
STEPS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Operator:
    """Follows the guide, with local addresses in place of those in it."""

    monkeypatch: pytest.MonkeyPatch
    places: Mapping[str, str]
    log: Path
    serving: ExitStack = field(default_factory=ExitStack)
    done: list[str] = field(default_factory=list)

    def follow(self, line: str) -> None:
        for named, here in self.places.items():
            line = line.replace(named, here)
        words = shlex.split(line)
        if words[0] == "export" and "=" in words[1]:
            name, _, value = words[1].partition("=")
            self.monkeypatch.setenv(name, value)
            return
        assert words[0] == "carrel", line
        if words[1] == "serve":
            self.serve()
        else:
            # a separate program, as in a shell: it has only what it imports itself
            done = subprocess.run([*PROGRAM, *words[1:]], check=False)
            assert done.returncode == 0 or words[1] == "doctor", line
        self.done.append(" ".join(words[1:3]))

    def serve(self) -> None:
        """Serve in place of the previous server, until the next call or the end."""
        self.serving.close()
        port = free_port()

        def answers() -> bool:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as said:
                    return bool(said.status == 200)
            except OSError:
                return False

        command = [*PROGRAM, "serve", "--bind", f"127.0.0.1:{port}"]
        self.serving.enter_context(
            running(command, ready=lambda: True, log=self.log, environ=dict(os.environ))
        )
        until(answers)


@pytest.fixture
def operator(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, postgresql_url: str
) -> Iterator[Operator]:
    for name in [name for name in os.environ if name.startswith("CARREL_")]:
        monkeypatch.delenv(name)
    places = {
        "postgresql://carrel@db.example.org/carrel": postgresql_url,
        "/var/lib/carrel": str(tmp_path / "carrel"),
        "/mnt/backup": str(tmp_path / "backup"),
    }
    made = Operator(monkeypatch, places, tmp_path / "log")
    yield made
    made.serving.close()


def test_steps_of_the_guide_work_in_order(operator: Operator) -> None:
    steps = "".join(STEPS.findall(GUIDE.read_text(encoding="utf-8"))).splitlines()
    for step in steps:
        operator.follow(step)
    assert {"init --owner", "backup restore", "db move", "backup drill", "serve --bind"} <= set(
        operator.done
    )
