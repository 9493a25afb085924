"""Line items: the columns of a gradebook (Assignment and Grade Services 2.0, section 3.2)."""

from typing import Any, Final

from lti.selftest.platform.platform import Platform
from lti.selftest.platform.records import LineItem, new_id
from lti.selftest.platform.requests import Answer, Asker, Request, Unserved, amount
from lti.selftest.platform.vocabulary import LINE_ITEM_TYPE, LINE_ITEMS_TYPE, Scope

READS: Final = (Scope.LINE_ITEM, Scope.LINE_ITEM_READ)


def list_line_items(platform: Platform, request: Request, course_id: str) -> Answer:
    """Answer with a page of the tool's own line items that match the query; raises Unserved."""
    who = grade_asker(platform, request, course_id, *READS)
    request.must_accept(LINE_ITEMS_TYPE)
    start, limit = request.count("from", 0), page_limit(platform, request)
    found = [item for item in _own(platform, who) if _matches(item, request.args)]
    page = [_as_json(platform, item) for item in found[start : start + limit]]
    headers = {}
    if start + limit < len(found):
        query = "&".join(
            f"{name}={value}" for name, value in request.args.items() if name != "from"
        )
        following = f"{platform.url}{request.path}?{query}&from={start + limit}"
        headers["Link"] = f'<{following}>; rel="next"'
    return Answer(200, page, LINE_ITEMS_TYPE, headers)


def create_line_item(platform: Platform, request: Request, course_id: str) -> Answer:
    """Create a line item; raises Unserved."""
    who = grade_asker(platform, request, course_id, Scope.LINE_ITEM)
    item = _read(platform, who, request.json(LINE_ITEM_TYPE))
    platform.records.line_items[item.id] = item
    return Answer(201, _as_json(platform, item), LINE_ITEM_TYPE)


def show_line_item(platform: Platform, request: Request, course_id: str, item_id: str) -> Answer:
    """Answer with one line item; raises Unserved."""
    who = grade_asker(platform, request, course_id, *READS)
    request.must_accept(LINE_ITEM_TYPE)
    return Answer(200, _as_json(platform, item_of(platform, who, item_id)), LINE_ITEM_TYPE)


def grade_asker(platform: Platform, request: Request, course_id: str, *scopes: Scope) -> Asker:
    """Return which tool asks about which course, by a URL with our own query; raises Unserved."""
    who = platform.asker(request, course_id, *scopes)
    own = platform.addresses.line_item_query
    if own and own not in request.query.split("&"):
        raise Unserved(400, f"{own} is missing: a URL must be used as it was given")
    return who


def item_of(platform: Platform, who: Asker, item_id: str) -> LineItem:
    """Return a line item of the tool in the course; raises Unserved."""
    item = platform.records.line_items.get(item_id)
    if item is None or item not in _own(platform, who):
        raise Unserved(404, f"the tool has no line item {item_id!r} in this course")
    return item


def page_limit(platform: Platform, request: Request) -> int:
    """Return how many entries a page has: as many as asked for, but no more than the platform's."""
    return max(1, min(request.count("limit", platform.page_size), platform.page_size))


def _as_json(platform: Platform, item: LineItem) -> dict[str, Any]:
    fields = {
        "id": platform.addresses.line_item(item),
        "label": item.label,
        "scoreMaximum": item.maximum,
        "resourceId": item.resource_id,
        "resourceLinkId": item.resource_link_id,
        "tag": item.tag,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _own(platform: Platform, who: Asker) -> list[LineItem]:
    items = platform.records.columns_of(who.course)
    return [item for item in items if item.client_id == who.tool.client_id]


def _matches(item: LineItem, args: dict[str, str]) -> bool:
    fields = {
        "resource_id": item.resource_id,
        "resource_link_id": item.resource_link_id,
        "tag": item.tag,
    }
    return all(args.get(name, value) == value for name, value in fields.items())


def _read(platform: Platform, who: Asker, body: dict[str, Any]) -> LineItem:
    maximum = amount(body, "scoreMaximum")
    if not maximum:
        raise Unserved(400, "scoreMaximum must be more than 0")
    label = body.get("label")
    if not isinstance(label, str) or not label.strip():
        raise Unserved(400, "label is missing")
    link_id = body.get("resourceLinkId")
    if link_id is not None:
        link = platform.records.links.get(link_id)
        if link is None or (link.course_id, link.client_id) != (who.course.id, who.tool.client_id):
            raise Unserved(400, f"the tool has no link {link_id!r} in this course")
    return LineItem(
        new_id(),
        who.course.id,
        who.tool.client_id,
        label,
        maximum,
        resource_id=body.get("resourceId"),
        resource_link_id=link_id,
        tag=body.get("tag"),
    )
