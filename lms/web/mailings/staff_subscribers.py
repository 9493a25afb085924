"""Staff page of subscribers to new webinars: counts by topic, search, and removal."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from lms.mailings.subscriptions import count_topics, end, find_subscriptions
from lms.web.core.current_user import acting
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_subscribers", __name__, url_prefix="/staff/subscribers")

PAGE_SIZE: Final = 50


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    number, query = page_number(), request.args.get("q", "").strip()[:200]
    with read_session() as session:
        topics = count_topics(session)
        rows, total = find_subscriptions(
            session, query, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
    return render(
        "mailings/staff_subscribers.html",
        topics=[(topic or _("All webinars"), format_decimal(count)) for topic, count in topics],
        rows=rows,
        query=query,
        pager=pager_of(number, PAGE_SIZE, total),
    )


@blueprint.post("/<subscription_id>/remove")
@open_to(Audience.STAFF)
def remove(subscription_id: str) -> ResponseReturnValue:
    with transaction() as session:
        end(session, subscription_id, **acting())
    flash(_("The subscription was removed."), "done")
    return see_other(".index")
