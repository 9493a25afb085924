"""Taking the webinar that is offered for one that was taken down for everyone (W2)."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import instead
from lms.clock import now
from lms.web.guard import Audience, open_to
from lms.web.kit import see_other, transaction
from lms.web.signin import required_viewer

blueprint = Blueprint("instead", __name__)


@blueprint.post("/webinars/<slug>/instead")
@open_to(Audience.SIGNED_IN)
def take(slug: str) -> ResponseReturnValue:
    person = required_viewer()
    with transaction() as session:
        other = instead.take(session, slug, person.login_id, actor=person.public_id, now=now())
    flash(_("It is in your library."), "done")
    return see_other("catalogue.webinar", slug=other)
