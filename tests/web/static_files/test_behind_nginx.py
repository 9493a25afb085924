"""Static files behind nginx, with deploy/nginx.conf."""

from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread

import brotli
from flask import Flask, url_for
from werkzeug.serving import make_server

from tests.cast import Cast
from tests.servers.nginx import deployed
from tests.servers.process import free_port
from tests.wait_until import PATIENCE_S


def asked(port: int, path: str) -> tuple[HTTPResponse, bytes]:
    """Fetch a path as a browser does; return the response and its body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip, deflate, br"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_nginx_caches_only_files_named_by_their_hash(
    app: Flask, cast: Cast, tmp_path: Path
) -> None:
    with app.test_request_context():
        current = url_for("static", filename="css/core/page.css")
    another = "/static/css/core/page.0123456789ab.css"
    behind = free_port()
    with deployed(tmp_path, behind, tmp_path, is_plain=True) as port:
        with make_server("127.0.0.1", behind, app, threaded=True) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            first = {path: asked(port, path) for path in (current, another)}
            server.shutdown()
        (kept, body), (lost, _) = asked(port, current), asked(port, another)
    assert [answer.status for answer, _ in first.values()] == [200, 200]
    assert (kept.status, lost.status) == (200, 502)
    assert kept.headers["Content-Encoding"] == "br"
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert brotli.decompress(body) == brotli.decompress(first[another][1])
