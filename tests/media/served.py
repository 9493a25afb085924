"""Delivery behind a real gunicorn, as the product runs it, with sessions that a file ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from media.delivery import Delivery
from media.signing import Signer
from media.storage import open_storage
from tests.servers.process import free_port, listening, running

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SIGNER = Signer(b"served " * 8)
HOUSE = "SERVED_HOUSE"


def application() -> "WSGIApplication":
    """Build what gunicorn serves: the files below the house, and a page behind them."""
    house = Path(os.environ[HOUSE])
    return Delivery(
        _page,
        storage=open_storage((house / "files").as_uri()),
        signer=SIGNER,
        live=lambda session: not (house / f"{session}.ended").exists(),
        client_address=lambda environ: environ["REMOTE_ADDR"],
        session_cookie="carrel",
    )


def _page(_environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"page"]


@contextmanager
def served(house: Path) -> Iterator[int]:
    """Serve a house until the block is left; gives the port. `house/files` is its storage."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--threads", "32", "--no-control-socket"),
        "tests.media.served:application()",
    ]
    environ = os.environ | {HOUSE: str(house)}
    log = house / "log"
    with running(command, ready=lambda: listening(port), log=log, environ=environ):
        yield port
