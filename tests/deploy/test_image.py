"""The container image: built by buildah, and playing a recording as an unprivileged account.

Its root is read-only, as in deploy/compose.yaml. Debian's image can't be pulled everywhere, so
debootstrap makes one of that name. It needs root, and the packages that .ci/run installs.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.servers.process import free_port, running
from tests.wait_until import until
from tests.worker.test_zero_downtime import readiness

ROOT = Path(__file__).resolve().parents[2]
BASE = "docker.io/library/debian:trixie-slim"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
ULIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=90000:90000")
NEEDED = (
    "/usr/bin/buildah",
    "/usr/sbin/debootstrap",
    "/usr/bin/bwrap",
    "/usr/lib/podman/netavark",  # buildah starts nothing without it
)
ACCOUNT = 10001
# drops privileges to the account; nothing else of the machine is visible
ALONE = ("--unshare-pid", "--die-with-parent", "--cap-drop", "ALL", "--clearenv")
BECOMES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
OWNED = "first-ninety-seconds"
PLAYING = "document.querySelector('video').currentTime > 2"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.exhaustive,
    pytest.mark.alone,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, NEEDED)),
        reason="needs root, buildah with netavark, debootstrap and bubblewrap",
    ),
]


def buildah(*words: object) -> str:
    """Run buildah and return its output; its messages go to the test's own output."""
    done = subprocess.run(
        [NEEDED[0], *map(str, words)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        env=os.environ | {"BUILDAH_ISOLATION": "chroot"},
    )
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Image:
    """The files of an image, and a directory for its volume."""

    root: str
    data: Path

    def command(self, *words: object) -> Sequence[object]:
        """Return a command that runs as the image's account and can write only to the volume."""
        mounts = ("--ro-bind", self.root, "/", "--bind", self.data, "/var/lib/carrel")
        mounts += ("--perms", "1777", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev")  # noqa: S108  (its own)
        settings = {
            "PATH": "/opt/carrel/.venv/bin:/usr/bin:/bin",
            "CARREL_DATA_DIR": "/var/lib/carrel",
        }
        given = [word for name, value in settings.items() for word in ("--setenv", name, value)]
        rights = [word for right in BECOMES for word in ("--cap-add", right)]
        account = (f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", "--no-new-privs")
        account += ("--bounding-set=-all", "--inh-caps=-all")
        return (NEEDED[2], *mounts, *ALONE, *rights, *given, "--", "setpriv", *account, *words)

    def run(self, *words: object) -> str:
        """Run a command and return what it printed."""
        command = [str(word) for word in self.command(*words)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Image]:
    root = tmp_path / "root"
    packages = "--include=ca-certificates"
    subprocess.run([NEEDED[1], "--variant=minbase", packages, "trixie", root], check=True)
    shutil.copy(CERTIFICATES, root / CERTIFICATES.lstrip("/"))
    base = buildah("from", "scratch")
    buildah("copy", "-q", base, root, "/")
    buildah("config", "--env", f"PIP_CERT={CERTIFICATES}", base)
    buildah("commit", "-q", "--rm", base, BASE)
    shutil.rmtree(root)
    where = ("-f", ROOT / "deploy/Containerfile", "-t", "carrel", ROOT)
    buildah("build", *ULIMITS, "--pull-never", "--network", "host", *where)
    container = buildah("from", *ULIMITS, "carrel")
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, ACCOUNT, ACCOUNT)
    yield Image(buildah("mount", container), data)
    buildah("rm", container)
    buildah("rmi", "carrel", BASE)


def test_image_plays_a_recording_as_an_unprivileged_account(
    image: Image, browser: Browser, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    assert image.run("id", "-u") == str(ACCOUNT)
    assert image.run("sh", "-c", "touch /x /opt/carrel/x 2>/dev/null || echo refused") == "refused"
    image.run("carrel", "db", "upgrade")
    told = json.loads(image.run("carrel", "demo", "--json"))
    alice = told["logins"][0]
    port, log = free_port(), tmp_path / "log"
    serve = image.command("carrel", "serve", "--bind", f"127.0.0.1:{port}")
    with running(serve, ready=lambda: serves(port), log=log):
        page = browser.new_context(base_url=f"http://127.0.0.1:{port}").new_page()
        page.goto("/sign-in")
        page.locator("[name=email]").fill(alice["email"])
        page.locator("[name=password]").fill(alice["password"])
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator("summary").filter(has_text=alice["name"])).to_be_visible()
        until(lambda: is_ready(image), seconds=600)
        page.goto(f"/webinars/{OWNED}/watch")
        page.locator("media-controller .player-bar media-play-button").click()
        until(lambda: bool(page.evaluate(PLAYING)))


def serves(port: int) -> bool:
    """Tell whether the pages are served."""
    try:
        return readiness(port) == (200, "no")
    except OSError:
        return False


def is_ready(image: Image) -> bool:
    """Tell whether the worker has encoded Alice's recording."""
    told = json.loads(image.run("carrel", "demo", "--json"))
    return next(one["recording_ready"] for one in told["webinars"] if one["slug"] == OWNED)
