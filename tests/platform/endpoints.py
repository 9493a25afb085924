"""The platform's endpoints: the strict services with a product's quirks, and authentication."""

from collections.abc import Callable, Iterator
from typing import Final

from flask import Blueprint, Response, jsonify, render_template, request

from lti.selftest.platform.logins import Refused
from lti.selftest.platform.requests import Request
from lti.selftest.platform.server import answer
from tests.platform.platform import FormPost, Platform

COLUMN: Final = "/ags/<course_id>/line_items/<item_id>/lineitem"
# if each placement is a separate client, its URLs include the client ID
PATHS: Final = {
    "jwks": ("/jwks", "/jwks/<client_id>"),
    "token": ("/token", "/token/<client_id>"),
    "members": ("/nrps/<course_id>/members",),
    "line_items": ("/ags/<course_id>/line_items", COLUMN),
    "scores": (f"{COLUMN}/scores",),
    "results": (f"{COLUMN}/results",),
}


def service_blueprints(platform: Platform) -> Iterator[Blueprint]:
    """Yield the services of the strict platform, each an area for faults and recorded calls."""
    for area, paths in PATHS.items():
        blueprint = Blueprint(area, __name__)
        for path in paths:
            blueprint.add_url_rule(
                path,
                view_func=_view(platform, area),
                endpoint=str(len(path)),
                methods=("GET", "POST"),
            )
        yield blueprint


def _view(platform: Platform, area: str) -> Callable[..., Response]:
    def serve(client_id: str = "", **_ids: str) -> Response:
        asked = Request(
            request.method,
            request.path.removesuffix(f"/{client_id}"),
            request.query_string.decode(),
            {name.lower(): value for name, value in request.headers},
            request.get_data(),
        )
        given = answer(platform, asked)
        given = platform.habits.answered(area, asked, given, platform.records)
        response = jsonify(given.body) if given.body is not None else Response()
        response.status_code = given.status
        response.headers.update({**given.headers, "Content-Type": given.media_type})
        return response

    return serve


def auth_blueprint(platform: Platform, viewer: Callable[[], str | None]) -> Blueprint:
    """Return the authentication endpoint, which answers a browser with a self-submitting form."""
    blueprint = Blueprint("auth", __name__)

    @blueprint.route("/auth", methods=["GET", "POST"])
    def authenticate() -> Response | tuple[str, int]:
        asked = {**request.args.to_dict(), **request.form.to_dict()}
        try:
            posted = platform.answered(asked, viewer())
        except Refused as refused:
            if refused.redirect_uri is None:
                return render_template("refused.html", refused=refused), 400
            said = {"error": refused.error, "error_description": refused.description}
            posted = FormPost(refused.redirect_uri, said | {"state": asked.get("state", "")})
        page = render_template("post.html", posted=posted)
        return Response(page, headers={"Cache-Control": "no-store"})

    return blueprint
