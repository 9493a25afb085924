"""Messages from a platform after validation, as frozen values.

The claims are those of LTI 1.3 Core, section 5.3 and 5.4, Deep Linking 2.0, Assignment and Grade
Services 2.0, Names and Role Provisioning Services 2.0 and Submission Review 1.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from lti.models.launches import FrameRole


class MessageType(StrEnum):
    """The messages that the tool accepts."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"
    DATA_PRIVACY = "LtiDataPrivacyLaunchRequest"


@dataclass(frozen=True, slots=True)
class Person:
    """The person who launches; name and email are None if the platform withholds them.

    `sub` is None for anonymous users. `sis_id` is the institution's own ID (person_sourcedid), if sent.
    """

    sub: str | None
    role: FrameRole
    name: str | None = None
    email: str | None = None
    is_test_user: bool = False
    sis_id: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The course and the link of a launch, by the platform's IDs.

    The histories are the IDs of the courses and links it was copied from, nearest first.
    """

    context_id: str | None = None
    context_title: str = ""
    link_id: str | None = None
    link_title: str = ""
    context_history: tuple[str, ...] = ()
    link_history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """The platform's service URLs in this launch.

    `line_item`, `line_items` and `scopes` are from AGS 2.0, `memberships` from NRPS 2.0; `return_url`
    leads back to the course, and `for_user` is the person whose submission is reviewed.
    """

    line_item: str | None = None
    line_items: str | None = None
    scopes: frozenset[str] = frozenset()
    memberships: str | None = None
    return_url: str | None = None
    for_user: str | None = None


@dataclass(frozen=True, slots=True)
class DeepLinking:
    """The settings of a deep linking request (Deep Linking 2.0, "Deep linking settings").

    `data` must be returned if given. `accept_line_item` is False only if the platform says so: most
    platforms omit it, and accept columns.
    """

    return_url: str
    accept_types: tuple[str, ...]
    accept_multiple: bool
    accept_line_item: bool
    accept_targets: tuple[str, ...]
    data: str | None = None
    title: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """The validated content of an authentic message.

    `registration_id` is a row id, `deployment` the platform's deployment ID. `custom` are the custom
    parameters; `target_link_uri` is on this site.
    """

    type: MessageType
    issuer: str
    registration_id: int
    deployment: str
    person: Person
    place: Place
    services: Services
    target_link_uri: str
    origins: tuple[str, ...]
    locale: str | None = None
    custom: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    deep_linking: DeepLinking | None = None
