"""Iframe session opening: checks the site around an embed link, and opens a framed session.

frame-ancestors lets only the link's sites frame the response, wherever the URL is copied. The Origin,
Referer and Sec-Fetch-Dest headers are checked where browsers send them.
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import N_, Gone
from lms.web.core.request_context import read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.embed_links.embed_links import EmbedFacts, count_use, find_by_token
from lti.frames.session_creation import Opening, open_frame
from lti.frames.sessions import check_link, known_here
from lti.models.embed_links import SeatRule
from lti.models.launches import FrameRole, Purpose
from lti.protocol.platform_urls import origin_of
from lti.web.core.browser_id_cookie import a_browser, keep_browser, known_browser
from lti.web.launches.launch_setup_and_responses import in_frame, launch_page

blueprint = Blueprint("embedded", __name__)

# Values of Sec-Fetch-Dest for a frame; old browsers don't send the header.
FRAMES: Final = frozenset({"iframe", "frame", "embed", "object"})
NOT_FRAMED: Final = N_("This recording plays only on a web page of %(organization)s.")
ELSEWHERE: Final = N_("%(organization)s doesn't allow this recording on this page.")
NEXT_THERE: Final = N_("Go to that page to watch:")
NEXT_ELSEWHERE: Final = N_("If you manage this page, ask them to allow its address.")
NEXT_OVER: Final = N_("Ask %(organization)s for a new link.")


@blueprint.get("/embed/<token>")
@open_to(Audience.EMBED)
def embed(token: str) -> ResponseReturnValue:
    """Open a framed session if the link works and the page around it is one of its sites."""
    now = clock.now()
    with read_session() as session:
        link = find_by_token(session, token)
    try:
        check_link(link.revoked_at, link.details.expires_at, now=now)
    except Gone as over:
        return _turned(link, 410, over.message, NEXT_OVER)
    if request.headers.get("Sec-Fetch-Dest", "iframe") not in FRAMES:
        return _turned(link, 403, NOT_FRAMED, NEXT_THERE, places=link.details.origins)
    sites = _named_sites()
    if not all(each in link.details.origins for each in sites):
        return _turned(link, 403, ELSEWHERE, NEXT_ELSEWHERE)
    browser = known_browser()
    if browser is None and "asked" not in request.args:
        return _asked_to_keep(token, link)
    site = sites[0] if sites else None
    answer = make_response(redirect(f"/lti/s/{_opened(link, browser, site)}/", code=303))
    return in_frame(answer, link.details.origins)


def _asked_to_keep(token: str, link: EmbedFacts) -> Response:
    """Set a cookie and redirect once: the next request shows whether the frame keeps it."""
    onward = url_for("embedded.embed", token=token, asked="yes")
    answer = make_response(redirect(onward, code=303))
    keep_browser(answer, a_browser())
    in_frame(answer, link.details.origins)
    # The second request must still send the origin of its page.
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer


def _opened(link: EmbedFacts, browser: str | None, site: str | None) -> str:
    now = clock.now()
    asks = link.details.seat_rule is not SeatRule.INSTITUTION
    with transaction() as session:
        known = known_here(session, link.id, browser, now=now) if browser and asks else None
        count_use(session, link.id, site, now=now)
        opening = Opening(
            purpose=Purpose.EMBED,
            role=FrameRole.ANONYMOUS if known is None else FrameRole.LEARNER,
            organization_id=link.made_by,
            origins=link.details.origins,
            target=link.target,
            embed_link_id=link.id,
            login_id=None if known is None else known[0],
            browser=browser,
            lasts_until=None if known is None else known[1],
        )
        return open_frame(session, opening, now=now)


def _named_sites() -> list[str]:
    """Return the sites around the frame, as far as the browser names them; our own is none."""
    told = (request.headers.get("Origin"), request.headers.get("Referer"))
    named = (
        origin_of(each) for each in told if each and urlsplit(each).scheme in ("http", "https")
    )
    ours = origin_of(request.host_url)
    return [each for each in named if each != ours]


def _turned(
    link: EmbedFacts, status: int, sentence: str, following: str, *, places: tuple[str, ...] = ()
) -> Response:
    name = link.organization.name
    page = launch_page(
        "lti/embed_links/entry_refused.html",
        origins=link.details.origins,
        status=status,
        message=_(sentence, organization=name),
        following=_(following, organization=name),
        places=places,
    )
    page.status_code = status
    return page
