"""Staff page for embed links of every organization, and revoking one."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import Conflict
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.embed_links.embed_links import revoke_for_team, search_embeds
from lti.web.embed_links.link_texts_and_embed_code import line_of

blueprint = Blueprint("staff_embeds", __name__, url_prefix="/staff/lti/embeds")

PAGE_SIZE: Final = 40
LONGEST_QUERY: Final = 200


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List the links of all organizations, and where each was opened."""
    now, zone, number = clock.now(), carrel().settings.time_zone, page_number()
    query = " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]
    with read_session() as session:
        found, total = search_embeds(
            session, query, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
    return render(
        "lti/embed_links/staff.html",
        lines=[line_of(each, zone=zone, now=now) for each in found],
        query=query,
        pager=pager_of(number, PAGE_SIZE, total),
    )


@blueprint.post("/<embed_id>/take-back")
@open_to(Audience.STAFF)
def take_back(embed_id: str) -> ResponseReturnValue:
    """Revoke a link."""
    with flashed(Conflict):
        with transaction() as session:
            revoke_for_team(session, embed_id, links=links(), **acting())
        flash(_("Embed link revoked. Playback stops within one minute."), "done")
    return see_other(".index")
