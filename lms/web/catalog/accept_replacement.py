"""Accepting the webinar that is offered in place of a removed one (PRODUCT.md, W2)."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.catalog import replacement_webinars
from lms.core.clock import now
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("instead", __name__)


@blueprint.post("/webinars/<slug>/instead")
@open_to(Audience.SIGNED_IN)
def take(slug: str) -> ResponseReturnValue:
    person = required_viewer()
    with transaction() as session:
        other = replacement_webinars.take(
            session, slug, person.login_id, actor=person.public_id, now=now()
        )
    flash(_("The webinar was added to My webinars."), "done")
    return see_other("catalog.webinar", slug=other)
