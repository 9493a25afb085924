"""Checks of chosen items (Deep Linking 2.0, section 3)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from lti.selftest.platform.records import Tool

TEXTS: Final = ("title", "text", "url", "html")
SIZES: Final = ("width", "height")

# Submission Review 1.0, "On a per line item basis": values of AGS's activityProgress, and None.
REVIEWABLE: Final = frozenset(
    ("None", "Initialized", "Started", "InProgress", "Submitted", "Completed")
)


def item_faults(items: object, settings: Mapping[str, Any], tool: Tool) -> Iterator[str]:
    """Yield the faults of the chosen items, each with the number of its item."""
    if not isinstance(items, list):
        yield f"content_items is a {type(items).__name__}, not a list"
        return
    if len(items) > 1 and not settings.get("accept_multiple", False):
        yield f"{len(items)} items, though one is accepted"
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            yield f"item {number} is no object"
            continue
        for check in CHECKS:
            for fault in check(item, settings, tool):
                yield f"item {number}: {fault}"


def _type(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> Iterator[str]:
    if item.get("type") not in settings["accept_types"]:
        yield f"type {item.get('type')!r} is not among {', '.join(settings['accept_types'])}"


def _texts(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> Iterator[str]:
    for name in TEXTS:
        if name in item and not isinstance(item[name], str):
            yield f"{name} is no text"


def _url(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> Iterator[str]:
    url = item.get("url")
    if item.get("type") != "ltiResourceLink":
        if item.get("type") in ("link", "file", "image") and not url:
            yield "url is missing"
        return
    if url is not None and not str(url).startswith(tool.launch_url):
        yield f"url {url!r} does not begin with the registered {tool.launch_url!r}"


def _custom(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> Iterator[str]:
    custom = item.get("custom", {})
    if not isinstance(custom, Mapping):
        yield "custom is no object"
        return
    for name, value in custom.items():
        if not isinstance(value, str):
            yield f"custom {name!r} is {value!r}, no text"


def _column(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> Iterator[str]:
    if "lineItem" not in item:
        return
    column = item["lineItem"]
    if settings.get("accept_lineitem") is False:
        yield "lineItem is not accepted"
    if item.get("type") != "ltiResourceLink":
        yield "only an ltiResourceLink has a lineItem"
    if not isinstance(column, Mapping) or not _is_size(column.get("scoreMaximum")):
        yield "lineItem needs a scoreMaximum of more than 0"
        return
    for name in ("label", "resourceId", "tag"):
        if name in column and not isinstance(column[name], str):
            yield f"lineItem's {name} is no text"
    review = column.get("submissionReview", {"reviewableStatus": []})
    statuses = review.get("reviewableStatus") if isinstance(review, Mapping) else None
    if not isinstance(statuses, list) or not REVIEWABLE.issuperset(statuses):
        yield "lineItem's submissionReview names what is no progress"


def _sizes(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> Iterator[str]:
    for part in ("iframe", "thumbnail", "icon", "window"):
        value = item.get(part, {})
        if not isinstance(value, Mapping):
            yield f"{part} is no object"
            continue
        if part in ("thumbnail", "icon") and value and not value.get("url"):
            yield f"{part} needs a url"
        for name in SIZES:
            if name in value and not (isinstance(value[name], int) and _is_size(value[name])):
                yield f"{part}'s {name} is no whole number above 0"


def _target(item: Mapping[str, Any], settings: Mapping[str, Any], tool: Tool) -> Iterator[str]:
    accepted = settings["accept_presentation_document_targets"]
    given = [name for name in ("iframe", "window", "embed") if name in item]
    if given and not set(given) & set(accepted):
        yield f"opens in {', '.join(given)}, but {', '.join(accepted)} is accepted"


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


Check = Callable[[Mapping[str, Any], Mapping[str, Any], Tool], Iterator[str]]
CHECKS: Final[tuple[Check, ...]] = (_type, _texts, _url, _custom, _column, _sizes, _target)
