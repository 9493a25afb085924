"""Deep Linking 2.0: reads a platform's deep linking request, and signs the response."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final

import jwt
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core.encryption import LoadedKey
from lms.core.errors import N_, Gone, Invalid, NotFound, or_not_found
from lti.grades.grade_service import TAG
from lti.http.access_tokens import BACKDATED
from lti.models.courses import DEFAULT_POINTS, MOST_POINTS, Context
from lti.models.launches import FrameSession
from lti.models.registrations_and_keys import Deployment, Registration
from lti.protocol import spec_vocabulary as v
from lti.protocol.content_target import Target
from lti.protocol.tool_urls_and_scopes import ToolAddresses
from lti.registrations.registrations import OPEN_EDX, PRODUCTS

LASTS: Final = timedelta(minutes=5)
THUMBNAIL: Final = (640, 360)
IFRAME: Final = (960, 720)
BAD_POINTS: Final = N_("Enter points as a whole number from 1 to 1000.")
ANSWERED: Final = N_("These were already added to your course. Go back to the course to add more.")


# The statuses in which a gradebook can open our review page (Submission Review 1.0, "On a per line
# item basis"): all, since a score is sent only at the end. Some platforms offer no review without
# them.
REVIEWABLE: Final = ("None", "InProgress", "Submitted", "Completed")


@dataclass(frozen=True, slots=True)
class Asked:
    """The request of a platform ("Deep linking settings"); `data` is None if it sent none.

    `makes` is the item type to return: a link that the platform launches, or else a plain link or HTML
    to our own pages, where people sign in; None if it accepts none of them. `has_one_column` is True if
    all returned items share one grade column.
    """

    return_url: str
    makes: str | None
    takes_several: bool
    takes_columns: bool
    data: str | None
    has_one_column: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One link to return: its target, texts, picture, and points if it is graded.

    `path` is our page about it, for a plain link.
    """

    target: Target
    title: str
    text: str
    picture: str | None
    points: int
    path: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """The recipient of the response: the platform's issuer, our client ID, and the deployment."""

    issuer: str
    client_id: str
    deployment_id: str


def read_asked(services: Mapping[str, Any]) -> Asked:
    """Return the request in a framed session's services; raises NotFound if it was not deep linking."""
    kept = services.get("deep_linking")
    if not isinstance(kept, Mapping):
        raise NotFound
    makes = next((one for one in v.MAKEABLE_TYPES if one in kept["accept_types"]), None)
    return Asked(
        return_url=kept["return_url"],
        makes=makes,
        takes_several=bool(kept.get("accept_multiple")),
        takes_columns=makes == v.RESOURCE_LINK_TYPE and kept["accept_line_item"],
        data=kept.get("data"),
    )


def find_recipient(session: Session, deployment_id: int) -> Recipient:
    """Return the recipient of a deployment's response (row id); raises NotFound."""
    row = session.execute(
        select(Registration.issuer, Registration.client_id, Deployment.deployment_id)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .where(Deployment.id == deployment_id)
    ).one_or_none()
    return Recipient(*or_not_found(row))


def shares_columns(session: Session, deployment_id: int | None) -> bool:
    """Return whether a deployment (row id) is on Open edX, where all links of a component share one column."""
    product = session.scalar(
        select(Registration.product)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .where(Deployment.id == deployment_id)
    )
    return PRODUCTS.get(product or "") == OPEN_EDX


def grade_points(session: Session, context_id: int | None) -> int:
    """Return the points last chosen in a course (row id)."""
    context = None if context_id is None else session.get(Context, context_id)
    return DEFAULT_POINTS if context is None else context.grade_points


def remember_points(session: Session, context_id: int | None, points: int) -> None:
    """Store the points that a teacher chose in a course; raises Invalid if they are out of range."""
    if not 1 <= points <= MOST_POINTS:
        raise Invalid(BAD_POINTS, field="points")
    if context_id is not None:
        session.get_one(Context, context_id).grade_points = points
        session.flush()


def end_picking(session: Session, frame_id: int, *, now: datetime) -> None:
    """End a picker session, so that it responds only once; raises Gone for a second response."""
    ended = session.execute(
        update(FrameSession)
        .where(FrameSession.id == frame_id, FrameSession.ended_at.is_(None))
        .values(ended_at=now)
        .returning(FrameSession.id)
    ).one_or_none()
    if ended is None:
        raise Gone(ANSWERED)


def sign_answer(
    recipient: Recipient,
    asked: Asked,
    items: Sequence[Item],
    *,
    addresses: ToolAddresses,
    key: LoadedKey,
    now: datetime,
) -> str:
    """Return the signed response ("Deep linking response message"), without items if none was chosen.

    It is valid for five minutes.
    """
    claims: dict[str, Any] = {
        "iss": recipient.client_id,
        "aud": recipient.issuer,
        "iat": int((now - BACKDATED).timestamp()),
        "exp": int((now + LASTS).timestamp()),
        "nonce": secrets.token_urlsafe(24),
        v.DEPLOYMENT_ID: recipient.deployment_id,
        v.MESSAGE_TYPE: "LtiDeepLinkingResponse",
        v.VERSION_CLAIM: v.VERSION,
        v.CONTENT_ITEMS: [_content_item(each, asked, addresses) for each in items],
    }
    if asked.data is not None:
        claims[v.DATA] = asked.data
    return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.kid})


def _content_item(item: Item, asked: Asked, addresses: ToolAddresses) -> dict[str, Any]:
    made: dict[str, Any] = {"type": asked.makes, "title": item.title}
    page = f"{addresses.base_url}{item.path}"
    if asked.makes == v.HTML_TYPE:
        return {**made, "html": f'<a href="{escape(page)}">{escape(item.title)}</a>'}
    if asked.makes == v.LINK_TYPE:
        made["url"] = page
    else:
        made["url"] = addresses.target(item.target.custom)
        made["custom"] = item.target.custom
        made["iframe"] = {"width": IFRAME[0], "height": IFRAME[1]}
    if item.text:
        made["text"] = item.text
    if item.picture is not None:
        picture = {
            "url": f"{addresses.base_url}{item.picture}",
            "width": THUMBNAIL[0],
            "height": THUMBNAIL[1],
        }
        made["thumbnail"] = picture
    if item.target.is_graded and asked.takes_columns:
        made["lineItem"] = {
            "scoreMaximum": item.points,
            "label": item.title,
            "resourceId": item.target.resource_id,
            "tag": TAG,
            "submissionReview": {"reviewableStatus": list(REVIEWABLE)},
        }
    return made
