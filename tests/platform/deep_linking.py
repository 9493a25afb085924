"""Choosing content (Deep Linking 2.0): verifies every part of an answer, then creates links."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, render_template, request

from lti.selftest.platform.claims import Launch
from lti.selftest.platform.records import Link
from lti.selftest.platform.tokens import BadSignature, choice_faults
from lti.selftest.platform.vocabulary import DEEP_LINKING, Message
from tests.platform.content_items import item_faults
from tests.platform.platform import Platform


@dataclass(frozen=True, slots=True)
class Answer:
    """A tool's answer: its faults, or the links that were made from it."""

    launch_id: str
    faults: tuple[str, ...]
    links: tuple[Link, ...] = ()
    items: tuple[Mapping[str, Any], ...] = ()
    message: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


def deep_linking_blueprint(platform: Platform) -> Blueprint:
    """Return a blueprint for the URL to which browsers post tools' answers."""
    blueprint = Blueprint("deep_linking", __name__)

    @blueprint.post("/deep_linking/<launch_id>")
    def answered(launch_id: str) -> tuple[str | Response, int]:
        answer = receive(platform, launch_id, request.form.get("JWT", ""))
        launch = platform.begun(launch_id)
        course = launch.course if launch else platform.course
        page = render_template("chosen.html", answer=answer, course=course)
        return page, 400 if answer.faults else 200

    return blueprint


def receive(platform: Platform, launch_id: str, token: str) -> Answer:
    """Verify an answer and create links for its items, all of them or none."""
    launch = platform.begun(launch_id)
    if launch is None or launch.message is not Message.DEEP_LINKING:
        return _kept(platform, Answer(launch_id, ("nobody here was choosing content",)))
    try:
        claims = platform.tokens.verified(token, launch.tool)
    except BadSignature as fault:
        return _kept(platform, Answer(launch_id, (f"signature: {fault}",)))
    settings = platform.claims_of(launch, "")[DEEP_LINKING + "deep_linking_settings"]
    items = claims.get(DEEP_LINKING + "content_items", [])
    faults = (
        *_envelope_faults(platform, launch, claims),
        *_data_faults(settings, claims),
        *item_faults(items, settings, launch.tool),
        *_null_faults(claims, "the answer"),
    )
    if faults:
        return _kept(platform, Answer(launch_id, faults, claims=claims))
    links = tuple(_made(platform, launch, item) for item in items if "Resource" in item["type"])
    message = claims.get(DEEP_LINKING + "msg")
    return _kept(platform, Answer(launch_id, (), links, tuple(items), message, claims))


def _kept(platform: Platform, answer: Answer) -> Answer:
    with platform.lock:
        platform.answers.append(answer)
    return answer


def _envelope_faults(
    platform: Platform, launch: Launch, claims: Mapping[str, Any]
) -> Iterator[str]:
    now = platform.now().timestamp()
    yield from choice_faults(
        claims, launch.tool, launch.deployment_id, issuer=platform.issuer, now=now
    )
    nonce = str(claims.get("nonce", ""))
    if nonce and not platform.is_new(launch.tool, nonce):
        yield "this nonce was used before"


def _data_faults(settings: Mapping[str, Any], claims: Mapping[str, Any]) -> Iterator[str]:
    name = DEEP_LINKING + "data"
    if "data" not in settings and name in claims:
        yield "data is there, though the request had none"
    if "data" in settings and claims.get(name) != settings["data"]:
        yield f"data is {claims.get(name)!r}, not {settings['data']!r} as sent"


def _null_faults(value: object, where: str) -> Iterator[str]:
    if value is None:
        yield f"{where} has a null"
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _null_faults(inner, f"{where}, {name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _null_faults(inner, f"{where}, {number}")


def _made(platform: Platform, launch: Launch, item: Mapping[str, Any]) -> Link:
    link = platform.link(
        launch.tool,
        course=launch.course,
        title=item.get("title") or launch.tool.name,
        text=item.get("text", ""),
        url=item.get("url") or launch.tool.launch_url,
        custom=dict(item.get("custom", {})),
        deployment_id=launch.deployment_id,
        item=item,
    )
    column = item.get("lineItem")
    if column:
        platform.add_column(
            launch.tool,
            link,
            label=column.get("label") or link.title,
            maximum=float(column["scoreMaximum"]),
            resource_id=column.get("resourceId"),
            tag=column.get("tag"),
        )
    return link
