"""The grade service (Assignment and Grade Services 2.0): columns and scores."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from lms.core.errors import N_
from lti.http.access_tokens import Platform
from lti.http.authorized_platform_calls import Services
from lti.http.link_header import next_page
from lti.http.platform_calls_and_outcomes import (
    FAILED,
    NOT_UNDERSTOOD,
    Answered,
    Call,
    Denied,
    Later,
    Outcome,
    read_json,
)
from lti.protocol.platform_urls import web_address
from lti.protocol.spec_vocabulary import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE, SCORE_SCOPE

LINE_ITEM_TYPE: Final = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE: Final = "application/vnd.ims.lis.v1.score+json"
TAG: Final = "carrel"  # marks our columns in gradebooks
MAXIMUM: Final = 100
MOST_PAGES: Final = 50
STALE: Final = (400, 409, 412, 422)
NOT_THERE: Final = (404, 410)
NO_COLUMN: Final = N_(
    "The course has no grade column for this activity, and the LMS doesn't allow us to add one."
)
NO_SCORES: Final = N_("The LMS doesn't allow us to send scores for this activity.")


@dataclass(frozen=True, slots=True)
class Place:
    """The link whose column is wanted.

    `others` are links of the same course and `elsewhere` links of the deployment's other courses, by
    the platform's IDs; `taken` are the columns of `others`.
    """

    line_items_url: str | None
    scopes: frozenset[str]
    link_id: str
    resource_id: str
    label: str
    points: int = MAXIMUM
    others: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the gradebook, by its URL."""

    url: str


@dataclass(frozen=True, slots=True)
class Report:
    """A score to report: 0 to 1, for one person by the platform's ID."""

    user_id: str
    given: float
    is_complete: bool
    stamped_at: datetime


def find_column(
    services: Services, platform: Platform, place: Place, *, now: datetime
) -> Column | Later | Denied:
    """Return the column of a link; create it if there is none.

    The column is the link's own, or one that came with a copied course. With a read-only scope none is
    created; without any scope no call is made. The caller has the platform's lease, so that no other
    worker creates a second column.
    """
    reads = LINE_ITEM_SCOPE if LINE_ITEM_SCOPE in place.scopes else LINE_ITEM_READ_SCOPE
    if place.line_items_url is None or reads not in place.scopes:
        return Denied(NO_COLUMN)
    for asked in (
        {"resource_link_id": place.link_id},
        {"tag": TAG, "resource_id": place.resource_id},
    ):
        for items in _pages(services, platform, place.line_items_url, reads, asked, now):
            if not isinstance(items, list):
                return items
            found = next((item for item in items if _is_ours(item, place)), None)
            if found is not None:
                return Column(found["id"])
    if reads is LINE_ITEM_READ_SCOPE:
        return Denied(NO_COLUMN)
    return _make(services, platform, place, now)


def is_gone(
    services: Services, platform: Platform, url: str, scopes: frozenset[str], *, now: datetime
) -> bool:
    """Return whether a column has been deleted; False if we have no scope to read it."""
    reads = scopes & {LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE}
    if not reads:
        return False
    call = Call("GET", url, {"Accept": LINE_ITEM_TYPE})
    outcome = services.call(platform, sorted(reads)[:1], call, now=now)
    return isinstance(outcome, Denied) and outcome.status in NOT_THERE


def post_score(
    services: Services, platform: Platform, url: str, report: Report, *, now: datetime
) -> Outcome:
    """Post a score to a column; if the platform already has a newer one, it counts as delivered."""
    said = {
        "userId": report.user_id,
        "scoreGiven": round(report.given * MAXIMUM, 2),
        "scoreMaximum": MAXIMUM,
        "activityProgress": "Completed" if report.is_complete else "InProgress",
        "gradingProgress": "FullyGraded",
        "timestamp": timestamp(report.stamped_at),
    }
    call = Call("POST", scores_url(url), {"Content-Type": SCORE_TYPE}, json.dumps(said).encode())
    outcome = services.call(platform, (SCORE_SCOPE,), call, now=now)
    if isinstance(outcome, Denied) and _is_stale(outcome):
        return Answered(outcome.status or 409, {}, b"", url)
    if isinstance(outcome, Answered) and outcome.is_html:
        # an HTML page, such as a sign-in page: the score was not accepted
        return Later(FAILED, status=outcome.status, is_away=False)
    return outcome


def scores_url(line_item_url: str) -> str:
    """Return the URL for a column's scores: `/scores` goes before a query (Moodle has one)."""
    parts = urlsplit(line_item_url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/scores", fragment=""))


def timestamp(at: datetime) -> str:
    """Return a time in AGS format: UTC, with milliseconds."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_stale(outcome: Denied) -> bool:
    said = outcome.said.lower()
    older = "timestamp" in said and any(word in said for word in ("older", "earlier", "newer"))
    return outcome.status == 409 or (outcome.status in STALE and older)


def _is_ours(item: object, place: Place) -> bool:
    """Return whether a column belongs to this link.

    A column that names another link of this course does not. In a copied course, a column can still
    name the link it was copied from.
    """
    if not isinstance(item, Mapping) or _address(item) is None:
        return False
    link_id = item.get("resourceLinkId") or None
    if link_id == place.link_id:
        return True
    is_meant = item.get("tag") == TAG and item.get("resourceId") == place.resource_id
    is_free = item["id"] not in place.taken and link_id not in place.others
    return is_meant and is_free and (link_id is None or link_id in place.elsewhere)


def _address(item: object) -> str | None:
    """Return the URL of a column, None if it has none."""
    said = item.get("id") if isinstance(item, Mapping) else None
    return web_address(said) if isinstance(said, str) else None


def _pages(
    services: Services,
    platform: Platform,
    url: str,
    scope: str,
    asked: Mapping[str, str],
    now: datetime,
) -> Iterator[list[Any] | Later | Denied]:
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(asked))))
    page: str | None = urlunsplit(parts._replace(query=query))
    for _ in range(MOST_PAGES):
        if page is None:
            return
        call = Call("GET", page, {"Accept": LINE_ITEMS_TYPE})
        outcome = services.call(platform, (scope,), call, now=now)
        if not isinstance(outcome, Answered):
            yield outcome
            return
        yield _list(outcome)
        page = next_page(outcome)


def _list(answer: Answered) -> list[Any] | Later:
    try:
        items = read_json(answer)
    except ValueError:
        items = None
    if isinstance(items, list):
        return items
    return Later(NOT_UNDERSTOOD, status=answer.status, is_away=False)


def _make(
    services: Services, platform: Platform, place: Place, now: datetime
) -> Column | Later | Denied:
    wanted = {
        "scoreMaximum": place.points,
        "label": place.label,
        "resourceLinkId": place.link_id,
        "resourceId": place.resource_id,
        "tag": TAG,
    }
    headers = {"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE}
    call = Call("POST", place.line_items_url or "", headers, json.dumps(wanted).encode())
    outcome = services.call(platform, (LINE_ITEM_SCOPE,), call, now=now)
    if not isinstance(outcome, Answered):
        return outcome
    try:
        made = _address(read_json(outcome))
    except ValueError:
        made = None
    # Without a URL, the next attempt finds the column by its link.
    if made is None:
        return Later(NOT_UNDERSTOOD, status=outcome.status, is_away=False)
    return Column(made)
