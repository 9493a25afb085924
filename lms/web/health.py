"""Whether this library serves: for supervisors and load balancers."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from lms.web.guard import Audience, open_to
from lms.web.kit import read_session

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to(Audience.EVERYONE)
def health() -> ResponseReturnValue:
    """Answer 200 when the database answers, else 503."""
    try:
        with read_session() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(status="unavailable", database="does not answer"), 503
    return jsonify(status="ok", database="ok")
