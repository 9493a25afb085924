"""Staff action that refunds all payers of a canceled webinar who haven't chosen."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.cancellation_offers.jobs import REFUND
from lms.catalog.staff_read_models import read_standing
from lms.core import clock
from lms.core.errors import N_, Conflict
from lms.jobs import queue as job_queue
from lms.models.catalog import WebinarState
from lms.models.jobs import Lane
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_offers", __name__, url_prefix="/staff/webinars/<slug>/offers")

NOT_CANCELED = N_("This webinar isn't canceled.")


@blueprint.post("/refund")
@asks_again
@open_to(Audience.STAFF)
def refund(slug: str) -> ResponseReturnValue:
    """Start the refunds of payers who haven't chosen, once each."""
    actor = required_viewer().public_id
    with transaction() as session:
        standing = read_standing(session, slug)
        if standing.state is not WebinarState.CANCELED:
            raise Conflict(NOT_CANCELED)
        job_queue.enqueue(
            session,
            kind=REFUND,
            lane=Lane.PROMPT,
            subject=standing.public_id,
            payload={"actor": actor},
            now=clock.now(),
        )
    flash(_("Refunds started. Reload this page in a minute."), "done")
    return see_other("staff_webinars.show", slug=slug)
