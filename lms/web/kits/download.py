"""The download of a delivery kit by its link, complete or resumed."""

from typing import Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lms.core import clock
from lms.kits import delivery_kits
from lms.web.core.request_context import read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_resumably

blueprint = Blueprint("kit_download", __name__)

ZIP: Final = "application/zip"


@blueprint.get("/kit/<token>")
@open_to(Audience.EVERYONE)
def download(token: str) -> ResponseReturnValue:
    """Send the ZIP file while its link works; each download is recorded when it starts."""
    now = clock.now()
    with read_session() as session:
        file = delivery_kits.open_link(session, token, now=now)
    answer = send_resumably(file.key, ZIP, file.name)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "private, no-store"
    if request.method == "GET" and _begins(request.headers.get("Range", "")):
        with transaction() as session:
            delivery_kits.note_download(session, file.kit, now=now)
    return answer


def _begins(wanted: str) -> bool:
    return not wanted or wanted.startswith("bytes=0-")
