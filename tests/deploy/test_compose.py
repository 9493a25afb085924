"""Each service of deploy/compose.yaml runs by its own command; a lost disk costs under a minute."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.deploy.compose_services import DEPLOY, Containers
from tests.servers.postgres import Postgres, postgres
from tests.servers.process import found_program, free_port, free_ports, listening
from tests.servers.s3 import _PORTS, _program
from tests.servers.valkey import _program as valkey_program
from tests.wait_until import PATIENCE_S, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CADDYFILE = DEPLOY / "Caddyfile"
LOST_AT_MOST_S = 60
DURABLE = ("max_connections=100", "listen_addresses=")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def containers(tmp_path: Path, stack: ExitStack, port: int) -> Containers:
    return Containers.at(tmp_path, stack, port)


@pytest.fixture
def archive() -> Iterator[Path]:
    """A volume that PostgreSQL's own account can reach."""
    with tempfile.TemporaryDirectory(prefix="carrel-archive-") as place:
        Path(place).chmod(0o755)
        yield Path(place)


def readiness(port: int) -> dict[str, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return dict(json.load(answer))
    except OSError:
        return {}


def in_front(containers: Containers, port: int) -> int:
    """Start Caddy in front of the pages and return its port."""
    caddy = found_program("caddy")
    if caddy is None:
        pytest.skip("caddy is not installed here")
    front, admin = free_ports(2)
    containers.values["${LIBRARY_HOST:-library.example.org}"] = f"http://127.0.0.1:{front}"
    containers.values["${LIBRARY_NODES:-carrel:8000}"] = f"127.0.0.1:{port}"
    containers.start(
        "caddy",
        # the image's own command
        command=["env", f"CADDY_ADMIN=127.0.0.1:{admin}", caddy, "run", "--config", CADDYFILE],
        ready=lambda: listening(front),
    )
    return front


def backups(containers: Containers) -> list[Path]:
    return list((containers.home / "backup/snapshots").glob("*/manifest.json"))


def drilled(containers: Containers, service: str) -> Callable[[], bool]:
    return lambda: "Restorable as of" in containers.log(service).read_text()


def test_profile_embedded_serves_backs_up_and_copies_continuously(
    containers: Containers, port: int
) -> None:
    containers.start("carrel", ready=lambda: readiness(port).get("worker") == "ok")
    link = containers.run("carrel", "init", "--owner", "you@example.org")
    assert "https://library.example.org" in link
    containers.start("backup", ready=drilled(containers, "backup"))
    assert backups(containers)
    with urllib.request.urlopen(
        f"http://127.0.0.1:{in_front(containers, port)}/", timeout=PATIENCE_S
    ) as page:
        assert page.status == 200
    litestream = found_program("litestream")
    if litestream is None:
        pytest.skip("litestream is not installed here")
    copy = containers.home / "backup/litestream"
    words = [litestream, *containers.command("litestream")]
    copying = containers.start("litestream", command=words, ready=lambda: any(copy.rglob("*.ltx")))
    containers.run("carrel", "login", "add", "last@example.org", "--staff")
    time.sleep(LOST_AT_MOST_S / 2)
    copying.kill()
    restored = containers.home / "restored.sqlite3"
    subprocess.run([litestream, "restore", "-o", restored, f"file://{copy}"], check=True)
    with sqlite3.connect(restored) as database:
        found = database.execute("SELECT count(*) FROM login WHERE email = 'last@example.org'")
        assert found.fetchone() == (1,)


def postgres_with_archive(containers: Containers, archive: Path) -> Postgres:
    """Start PostgreSQL with the options of its service, and let the `archive` service find it."""
    _name, *options = containers.command("postgres")
    settings = [word.replace("/mnt/archive", str(archive)) for word in options if word != "-c"]
    server = containers.stack.enter_context(postgres((*settings, *DURABLE)))
    account = "nobody" if os.geteuid() == 0 else str(os.getuid())
    containers.values.update(
        {
            "/mnt/archive": str(archive),
            "-o postgres": f"-o {account}",
            "-h /var/run/postgresql": f"-h {server.directory}",
            "pg_basebackup": str(server.programs / "pg_basebackup"),
            "pg_archivecleanup": str(server.programs / "pg_archivecleanup"),
        }
    )
    return server


def start_stores(containers: Containers, archive: Path) -> Postgres:
    """Start PostgreSQL, Valkey and SeaweedFS, each with the options of its service."""
    server = postgres_with_archive(containers, archive)
    containers.values["postgresql://carrel:${POSTGRES_PASSWORD:-}@postgres/carrel"] = server.create(
        "carrel"
    )
    redis = free_port()
    _name, *options = containers.command("valkey")
    containers.start(
        "valkey",
        command=[valkey_program(), *options, "--port", redis],
        ready=lambda: listening(redis),
    )
    containers.values["valkey:6379"] = f"127.0.0.1:{redis}"
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    here = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    here += [f"-{name}={number}" for name, number in ports.items()]
    here += [f"-{name}.localSocket={containers.home / name}.sock" for name in ("filer", "s3")]
    containers.values["http://seaweedfs:8333"] = f"http://127.0.0.1:{ports['s3.port']}"
    containers.start(
        "seaweedfs",
        command=[_program(), *containers.command("seaweedfs"), *here],
        ready=lambda: listening(ports["s3.port"]) and has_bucket(containers),
    )
    return server


def has_bucket(containers: Containers) -> bool:
    """Tell whether the library can store a file."""
    return "All enabled components are running" in containers.log("seaweedfs").read_text()


def restored_from(archive: Path) -> Callable[[Path], None]:
    """Return a function that restores the newest base backup as docs/operating.md says."""

    def restore(data: Path) -> None:
        data.mkdir(mode=0o700)
        base = max((archive / "base").iterdir()) / "base.tar.gz"
        subprocess.run(["/usr/bin/tar", "-xzf", base, "-C", data], check=True)
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'gunzip < {archive}/wal/%f.gz > %p'\n")
        (data / "recovery.signal").touch()

    return restore


def test_profile_servers_serves_backs_up_and_archives_continuously(
    containers: Containers, port: int, archive: Path
) -> None:
    server = start_stores(containers, archive)
    containers.start("archive", ready=lambda: any(archive.glob("base/*/base.tar.gz")))
    containers.run("migrate")
    containers.start(
        "worker", ready=lambda: "worker_started" in containers.log("worker").read_text()
    )
    containers.start("web", ready=lambda: readiness(port).get("worker") == "ok")
    containers.run("web", "init", "--owner", "you@example.org")
    containers.start("backup-servers", ready=drilled(containers, "backup-servers"))
    assert backups(containers)
    with urllib.request.urlopen(
        f"http://127.0.0.1:{in_front(containers, port)}/", timeout=PATIENCE_S
    ) as page:
        assert page.status == 200
    containers.run("web", "login", "add", "last@example.org", "--staff")
    time.sleep(LOST_AT_MOST_S)
    postmaster = (server.directory / "data/postmaster.pid").read_text().split()[0]
    os.kill(int(postmaster), signal.SIGKILL)
    shutil.rmtree(server.directory / "data", ignore_errors=True)
    with postgres(DURABLE, restore=restored_from(archive)) as again:
        host = str(again.directory)
        with psycopg.connect(host=host, user="carrel", dbname="carrel", autocommit=True) as sql:
            until(lambda: sql.execute("SELECT pg_is_in_recovery()").fetchone() == (False,))
            query = "SELECT count(*) FROM login WHERE email = 'last@example.org'"
            assert sql.execute(query).fetchone() == (1,)
