"""The health check, for supervisors and load balancers."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from lms.core.clock import now
from lms.core.version import VERSION
from lms.jobs.stalled_lanes import read_stalled
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to(Audience.EVERYONE)
def health() -> ResponseReturnValue:
    """Answer 200 when the database answers, else 503; name what the worker doesn't serve.

    A worker that stands still is no reason to take the pages out of rotation.
    """
    try:
        with read_session() as session:
            stalled = read_stalled(session, now=now())
    except SQLAlchemyError:
        return jsonify(status="unavailable", version=VERSION, database="does not answer"), 503
    return jsonify(
        status="degraded" if stalled else "ok",
        version=VERSION,
        database="ok",
        stalled_lanes=[one.lane for one in stalled],
    )
