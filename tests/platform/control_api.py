"""The platform's Python API as JSON, for programs that can't import it."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from lti.selftest.platform.records import Tool
from tests.platform.platform import Platform


def control_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint that registers tools and links and lists calls and grades."""
    blueprint = Blueprint("control", __name__, url_prefix="/control")

    @blueprint.post("/tools")
    def register() -> tuple[Response, int]:
        tool = platform.register(**_body())
        return jsonify(_told(platform, tool)), 201

    @blueprint.post("/links")
    def link() -> tuple[Response, int]:
        body = _body()
        tool = platform.records.tool(body.pop("client_id"))
        course = platform.records.courses.get(body.pop("course_id", ""))
        made = platform.link(tool, course=course, **body)
        return jsonify({"id": made.id, "url": f"{platform.url}/links/{made.id}"}), 201

    @blueprint.get("/calls")
    def calls() -> Response:
        found = platform.calls(*request.args.getlist("area"))
        told = [{**asdict(call), "at": call.at.isoformat(), "body": call.text} for call in found]
        return jsonify({"items": told})

    @blueprint.get("/grades")
    def grades() -> Response:
        told = [
            {"label": item.label, "course_id": item.course_id, "grades": item.grades}
            for item in list(platform.records.line_items.values())
        ]
        return jsonify({"items": told})

    return blueprint


def trouble_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint that starts and ends faults."""
    blueprint = Blueprint("trouble", __name__, url_prefix="/control")

    @blueprint.post("/trouble/<area>")
    def trouble(area: str) -> Response:
        platform.trouble(area, **_body())
        return Response(status=204)

    @blueprint.delete("/trouble")
    def lift() -> Response:
        platform.lift()
        return Response(status=204)

    @blueprint.post("/rotate")
    def rotate() -> Response:
        platform.rotate_keys(keeps_old=bool(_body().get("keeps_old", True)))
        return Response(status=204)

    @blueprint.post("/expire")
    def expire() -> Response:
        platform.tokens.expire_all()
        return Response(status=204)

    return blueprint


def _body() -> dict[str, Any]:
    return request.get_json(silent=True) or {}


def _told(platform: Platform, tool: Tool) -> dict[str, Any]:
    return {
        "issuer": platform.issuer,
        "client_id": tool.client_id,
        "deployment_ids": tool.deployment_ids,
        "auth_url": platform.addresses.auth,
        "token_url": platform.token_url_of(tool),
        "jwks_url": platform.jwks_url_of(tool),
    }
