"""Downloads of handouts: the policy is asked each time, and the file keeps its own name."""

from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lms.access import Action, Turned, decide
from lms.cases import load_case
from lms.clock import now
from lms.errors import Forbidden
from lms.programme import HandoutFile, find_handout
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session
from lms.web.panels import sentence_of
from lms.web.signin import required_viewer
from lms.web.stored import send_stored

blueprint = Blueprint("handouts", __name__)

JPEG: Final = "image/jpeg"


@blueprint.get("/handouts/<public_id>")
@open_to(Audience.SIGNED_IN)
def download(public_id: str) -> ResponseReturnValue:
    handout = _admitted(public_id)
    return send_stored(handout.key, handout.media_type, download_name=handout.name)


@blueprint.get("/handouts/<public_id>/first-page.jpg")
@open_to(Audience.SIGNED_IN)
def first_page(public_id: str) -> ResponseReturnValue:
    return send_stored(_admitted(public_id).preview_key, JPEG)


def _admitted(public_id: str) -> HandoutFile:
    """Return the handout if this person may have it now; raises NotFound, Forbidden."""
    person = required_viewer()
    with read_session() as session:
        handout = find_handout(session, public_id)
        case = load_case(session, login_id=person.login_id, webinar_id=handout.webinar_id)
    decision = decide(case.login, case.webinar, Action.HANDOUT, now())
    if isinstance(decision, Turned) and not person.is_staff:
        raise Forbidden(sentence_of(decision, case.webinar), code=decision.code)
    return handout
