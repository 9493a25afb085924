"""What goes with a recording, delivered in a frame without a cookie: the policy is asked each time."""

from typing import Final

from flask.typing import ResponseReturnValue

from lms.clock import now
from lms.embedding.contents import HandoutFile, find_handout
from lms.embedding.telling import tell_handout
from lms.errors import Forbidden, NotFound
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session
from lms.web.panels import said
from lms.web.stored import send_stored
from lti.web.framed import framed_blueprint, this_frame
from lti.web.sitting import sit_down, slugs_of
from lti.web.words import house_zone

blueprint = framed_blueprint("framed_handouts", __name__)

JPEG: Final = "image/jpeg"


@blueprint.get("/handouts/<public_id>")
@open_to(Audience.FRAME)
def download(secret: str, public_id: str) -> ResponseReturnValue:
    """Deliver a handout under its own name."""
    handout = _admitted(secret, public_id)
    return send_stored(handout.key, handout.media_type, download_name=handout.name)


@blueprint.get("/handouts/<public_id>/first-page.jpg")
@open_to(Audience.FRAME)
def first_page(secret: str, public_id: str) -> ResponseReturnValue:
    """Deliver the picture of a handout's first page."""
    return send_stored(_admitted(secret, public_id).preview_key, JPEG)


def _admitted(secret: str, public_id: str) -> HandoutFile:
    """Return a handout of what the link shows, if this person may have it now.

    Raises NotFound, and Forbidden with the reason.
    """
    frame, moment = this_frame(secret), now()
    with read_session() as session:
        handout = find_handout(session, public_id)
        for slug in slugs_of(session, frame, now=moment):
            sitting = sit_down(session, frame, slug, now=moment)
            if sitting.programme.webinar_id == handout.webinar_id:
                break
        else:
            raise NotFound
        if not sitting.standing.may_have_handouts(moment):
            told = tell_handout(session, sitting.standing, zone=house_zone(), now=moment)
            raise Forbidden(said(told.sentence), code=told.code)
    return handout
