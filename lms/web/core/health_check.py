"""Health checks for supervisors and load balancers: liveness, readiness, and health."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from lms.core.clock import now
from lms.core.version import VERSION
from lms.jobs.stalled_lanes import read_stalled
from lms.migrations import fits
from lms.operations.health_checks import BEAT_WITHIN, LITTLE_BYTES, free_bytes, last_beat
from lms.operations.server_probes import PROBE_KEY
from lms.web.core.request_context import carrel, read_session
from lms.web.core.route_guard import Audience, open_to
from lms.web.server.draining import is_draining
from media.storage.storage_protocol import StorageAway

UNREADY: Final = 503

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
@open_to(Audience.EVERYONE)
def live() -> ResponseReturnValue:
    """Answer 200 while this process responds at all; checks nothing and skips the request queue."""
    return jsonify(status="ok", version=VERSION)


@blueprint.get("/readyz")
@open_to(Audience.EVERYONE)
def ready() -> ResponseReturnValue:
    """Answer 200 if this process can serve pages, else 503; skips the request queue.

    A process that is shutting down isn't ready. The worker's state is reported, but a silent worker is
    no reason to take the pages out of rotation.
    """
    checks = {
        "database": _holds(lambda: fits(carrel().database)),
        "storage": _holds(_reads_storage),
        "disk": _holds(lambda: free_bytes(carrel()) > LITTLE_BYTES),
    }
    worker = checks["database"] and _holds(_has_beat)
    told = {name: "ok" if holds else "fault" for name, holds in checks.items()}
    told |= {"worker": "ok" if worker else "silent", "draining": "yes" if is_draining() else "no"}
    status = 200 if all(checks.values()) and not is_draining() else UNREADY
    return jsonify(**told, version=VERSION), status


@blueprint.get("/healthz")
@open_to(Audience.EVERYONE)
def health() -> ResponseReturnValue:
    """Answer 200 if the database responds, else 503; lists the lanes that the worker doesn't serve.

    A stalled worker is no reason to take the pages out of rotation.
    """
    try:
        with read_session() as session:
            stalled = read_stalled(session, now=now())
    except SQLAlchemyError:
        return jsonify(status="unavailable", version=VERSION, database="does not answer"), UNREADY
    return jsonify(
        status="degraded" if stalled else "ok",
        version=VERSION,
        database="ok",
        stalled_lanes=[one.lane for one in stalled],
    )


def _holds(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except (SQLAlchemyError, StorageAway, OSError):
        return False


def _reads_storage() -> bool:
    carrel().storage.stat(PROBE_KEY)
    return True


def _has_beat() -> bool:
    with read_session() as session:
        beat = last_beat(session)
    return beat is not None and now() - beat <= BEAT_WITHIN
