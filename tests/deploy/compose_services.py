"""The services of deploy/compose.yaml as local programs, by their own commands and environment.

What belongs to a container is replaced: a host name by this machine, a port by a free one, a volume
by a directory.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.servers.process import free_port, running
from tests.wait_until import until

ROOT: Final = Path(__file__).resolve().parents[2]
DEPLOY: Final = ROOT / "deploy"
SERVICES: Final[Mapping[str, Mapping[str, Any]]] = yaml.safe_load(
    (DEPLOY / "compose.yaml").read_text()
)["services"]
# what an operator enters in deploy/.env
ENTERED: Final = {
    "CARREL_BACKUP_PASSPHRASE": "five words of our own",
    "CARREL_S3_ACCESS_KEY": "carrel",
    "CARREL_S3_SECRET_KEY": "four random words",
}
START_S: Final = 240  # a busy machine takes half a minute to import the product
VOLUMES: Final = ("data", "backup", "seaweedfs")


def settings_file() -> dict[str, str]:
    """Return the settings of deploy/carrel.env, as a shell, systemd and compose read them."""
    lines = shlex.split((DEPLOY / "carrel.env").read_text(), comments=True)
    return dict(line.split("=", 1) for line in lines if line.startswith("CARREL_"))


@dataclass(frozen=True, slots=True)
class Containers:
    """Starts services one by one; they end with the stack.

    `values` are the values of the file that differ on this machine, in the order of replacement.
    """

    home: Path
    stack: ExitStack
    values: dict[str, str]

    @classmethod
    def at(cls, home: Path, stack: ExitStack, port: int) -> "Containers":
        """Create directories for volumes and a `carrel` program as in the image."""
        for name in (*VOLUMES, "bin"):
            (home / name).mkdir()
        carrel = home / "bin/carrel"
        carrel.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "wsgi.py"} "$@"\n')
        carrel.chmod(0o755)
        values = {
            "$$": "$",
            "0.0.0.0:8000": f"127.0.0.1:{port}",
            "/var/lib/carrel": str(home / "data"),
            "/mnt/backup": str(home / "backup"),
            "-dir=/data": f"-dir={home / 'seaweedfs'}",
            "127.0.0.1:9100": f"127.0.0.1:{free_port()}",
            **{f"${{{name}:-}}": value for name, value in ENTERED.items()},
        }
        return cls(home, stack, values)

    def command(self, service: str) -> list[str]:
        """Return the command of a service, after its entrypoint."""
        given = SERVICES[service]
        entrypoint = given.get("entrypoint", ["carrel"] if given["image"] == "carrel" else [])
        return [self._here(word) for word in (*entrypoint, *given["command"])]

    def environment(self, service: str) -> dict[str, str]:
        """Return the variables of a service: those of deploy/carrel.env and its own."""
        found: dict[str, str] = {}
        if "env_file" in SERVICES[service]:
            found = settings_file()
            del found["CARREL_SMTP_URL"]  # without a mail server, emails are files
            found |= ENTERED
        found |= SERVICES[service].get("environment", {})
        found |= {"PATH": f"{self.home / 'bin'}:{os.environ['PATH']}", "HOME": str(self.home)}
        return {name: self._here(value) for name, value in found.items()}

    def start(
        self, service: str, *, ready: Callable[[], bool], command: Sequence[object] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start a service, and wait until it is ready."""
        words = list(command or self.command(service))
        log = self.log(service)
        log.touch()
        environ = self.environment(service)
        words[0] = shutil.which(str(words[0]), path=environ["PATH"]) or words[0]
        started = running(words, ready=lambda: True, log=log, environ=environ)
        process = self.stack.enter_context(started)
        until(lambda: ready() or process.poll() is not None, seconds=START_S)
        assert process.poll() is None, log.read_text()[-2000:]
        return process

    def run(self, service: str, *words: str) -> str:
        """Run a service's command, or another as `compose run` does; return what it printed."""
        command = ["carrel", *words] if words else self.command(service)
        command[0] = str(self.home / "bin" / command[0])
        environ = self.environment(service)
        done = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def log(self, service: str) -> Path:
        """Return the file that a service writes to."""
        return self.home / f"{service}.log"

    def _here(self, text: str) -> str:
        for written, value in self.values.items():
            text = text.replace(written, value)
        return text
