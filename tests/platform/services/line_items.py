"""Columns of the gradebook (Assignment and Grade Services 2.0, section 3.2)."""

from typing import Any, Final

from flask import Blueprint, Response, request

from tests.platform.platform import Platform
from tests.platform.records import LineItem, new_id
from tests.platform.services.service_requests import (
    Asker,
    Unserved,
    asker,
    gives,
    limit_of,
    number,
    said,
    takes,
)
from tests.platform.vocabulary import LINE_ITEM_TYPE, LINE_ITEMS_TYPE, Scope

READS: Final = (Scope.LINE_ITEM, Scope.LINE_ITEM_READ)
OPTIONAL: Final = ("startDateTime", "endDateTime", "gradesReleased", "submissionReview")


def line_items_blueprint(platform: Platform) -> Blueprint:
    """Return the container and the columns in it; a tool sees its own only."""
    blueprint = Blueprint("line_items", __name__)

    @blueprint.get("/ags/<course_id>/line_items")
    def listing(course_id: str) -> Response:
        who = asker(platform, course_id, *READS)
        gives(LINE_ITEMS_TYPE)
        with platform.lock:
            found = [item for item in _own(platform, who) if _asked_for(item)]
        return _page(platform, found)

    @blueprint.post("/ags/<course_id>/line_items")
    def create(course_id: str) -> Response:
        who = asker(platform, course_id, Scope.LINE_ITEM)
        takes(LINE_ITEM_TYPE)
        with platform.lock:
            item = _read(platform, who, LineItem(new_id(), course_id, who.tool.client_id, "", 0))
            platform.records.line_items[item.id] = item
        return said(as_json(platform, item), LINE_ITEM_TYPE, 201)

    @blueprint.get("/ags/<course_id>/line_items/<item_id>/lineitem")
    def show(course_id: str, item_id: str) -> Response:
        who = asker(platform, course_id, *READS)
        gives(LINE_ITEM_TYPE)
        return said(as_json(platform, item_of(platform, who, item_id)), LINE_ITEM_TYPE)

    @blueprint.put("/ags/<course_id>/line_items/<item_id>/lineitem")
    def change(course_id: str, item_id: str) -> Response:
        who = asker(platform, course_id, Scope.LINE_ITEM)
        takes(LINE_ITEM_TYPE)
        with platform.lock:
            item = _read(platform, who, item_of(platform, who, item_id))
        return said(as_json(platform, item), LINE_ITEM_TYPE)

    @blueprint.delete("/ags/<course_id>/line_items/<item_id>/lineitem")
    def remove(course_id: str, item_id: str) -> Response:
        who = asker(platform, course_id, Scope.LINE_ITEM)
        platform.remove_column(item_of(platform, who, item_id))
        return Response(status=204)

    return blueprint


def item_of(platform: Platform, who: Asker, item_id: str) -> LineItem:
    """Return a column of the tool that asks, in the course it asks about. Raises Unserved."""
    item = platform.records.line_items.get(item_id)
    if item is None or item not in _own(platform, who):
        raise Unserved(404, f"there is no line item {item_id!r} of yours in this course")
    return item


def as_json(platform: Platform, item: LineItem) -> dict[str, Any]:
    """Return a column as the service tells it; what is not set is left out."""
    told = {
        "id": platform.places.line_item_url(item, platform.habits),
        "label": item.label,
        "scoreMaximum": item.maximum,
        "resourceId": item.resource_id,
        "resourceLinkId": item.resource_link_id,
        "tag": item.tag,
        **item.more,
    }
    return {name: value for name, value in told.items() if value is not None}


def _own(platform: Platform, who: Asker) -> list[LineItem]:
    items = platform.records.columns_of(who.course)
    return [item for item in items if item.client_id == who.tool.client_id]


def _asked_for(item: LineItem) -> bool:
    kept = {
        "resource_id": item.resource_id,
        "resource_link_id": item.resource_link_id,
        "tag": item.tag,
    }
    return all(request.args.get(name, value) == value for name, value in kept.items())


def _page(platform: Platform, found: list[LineItem]) -> Response:
    limit = limit_of(platform)
    try:
        start = int(request.args.get("from", 0))
    except ValueError:
        raise Unserved(400, "from is no number") from None
    page = [as_json(platform, item) for item in found[start : start + limit]]
    answer = said(page, LINE_ITEMS_TYPE)
    if start + limit < len(found):
        kept = {**request.args.to_dict(), "from": str(start + limit)}
        query = "&".join(f"{name}={value}" for name, value in kept.items())
        answer.headers["Link"] = f'<{platform.url}{request.path}?{query}>; rel="next"'
    return answer


def _read(platform: Platform, who: Asker, item: LineItem) -> LineItem:
    """Put what the body says into a column. Raises Unserved and changes nothing for a bad one."""
    body: dict[str, Any] = request.get_json(force=True)
    empty = [name for name, value in body.items() if value is None]
    if empty:
        raise Unserved(400, f"a null is no value: {', '.join(empty)}")
    maximum = number(body, "scoreMaximum")
    if not maximum:
        raise Unserved(400, "scoreMaximum has to be more than 0")
    label = body.get("label")
    if not isinstance(label, str) or not label.strip():
        raise Unserved(400, "label is missing")
    link_id = body.get("resourceLinkId")
    if link_id is not None:
        link = platform.records.links.get(link_id)
        if link is None or (link.course_id, link.client_id) != (who.course.id, who.tool.client_id):
            raise Unserved(400, f"there is no link {link_id!r} of yours in this course")
    item.label, item.maximum = label, maximum
    item.resource_id, item.tag = body.get("resourceId"), body.get("tag")
    item.resource_link_id = link_id
    item.more = {name: body[name] for name in OPTIONAL if name in body}
    return item
