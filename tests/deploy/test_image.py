"""The container image: built by buildah from deploy/Containerfile, and serving as its own account.

It fetches a Debian and every requirement, so it is run where CARREL_TEST_IMAGE is set alone; it
needs root, buildah, netavark and debootstrap.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.servers.process import free_port, running
from tests.wait_until import until
from tests.worker.test_zero_downtime import readiness

ROOT = Path(__file__).resolve().parents[2]
BASE = "docker.io/library/debian:trixie-slim"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
ULIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=90000:90000")
NEEDED = ("/usr/bin/buildah", "/usr/sbin/debootstrap")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        "CARREL_TEST_IMAGE" not in os.environ or not all(map(shutil.which, NEEDED)),
        reason="set CARREL_TEST_IMAGE to build the image",
    ),
]


def buildah(*words: object) -> str:
    """Run buildah and return what it printed; what it says goes to the test's own output."""
    done = subprocess.run(
        ["/usr/bin/buildah", *map(str, words)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        env=os.environ | {"BUILDAH_ISOLATION": "chroot"},
    )
    return done.stdout.strip()


@pytest.fixture
def container(tmp_path: Path) -> Iterator[str]:
    """A container of the image, whose base is made here: none can be pulled."""
    root = tmp_path / "root"
    packages = "--include=ca-certificates"
    subprocess.run(
        ["/usr/sbin/debootstrap", "--variant=minbase", packages, "trixie", root], check=True
    )
    shutil.copy(CERTIFICATES, root / CERTIFICATES.lstrip("/"))
    base = buildah("from", "scratch")
    buildah("copy", "-q", base, root, "/")
    buildah("config", "--env", f"PIP_CERT={CERTIFICATES}", base)
    buildah("commit", "-q", "--rm", base, BASE)
    where = ("-f", ROOT / "deploy/Containerfile", "-t", "carrel", ROOT)
    buildah("build", *ULIMITS, "--pull-never", "--network", "host", *where)
    made = buildah("from", *ULIMITS, "carrel")
    yield made
    buildah("rm", made)


def test_the_image_serves_as_its_own_account(
    container: str, environ: Mapping[str, str], tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "log"
    log.touch()
    inside = ("run", "--network", "host", "--user", "10001:10001", container, "--")
    assert buildah(*inside, "id", "-u") == "10001"
    assert buildah(*inside, "sh", "-c", "touch /opt/carrel/x 2>/dev/null || echo kept") == "kept"
    command = ("/usr/bin/buildah", *inside, "carrel", "serve", "--bind", f"127.0.0.1:{port}")
    isolated = os.environ | {"BUILDAH_ISOLATION": "chroot"}
    with running(
        command, ready=lambda: "worker_started" in log.read_text(), log=log, environ=isolated
    ):
        until(lambda: readiness(port) == (200, "no"), seconds=60)
