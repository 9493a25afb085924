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
    """The messages that the tool takes."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"
    DATA_PRIVACY = "LtiDataPrivacyLaunchRequest"


@dataclass(frozen=True, slots=True)
class Person:
    """Who launches; name and address are None where the platform keeps them to itself.

    `sub` is None for somebody the platform does not name. `sis_id` is the institution's own id for
    them (person_sourcedid), where the platform gives it.
    """

    sub: str | None
    role: FrameRole
    name: str | None = None
    email: str | None = None
    is_test_user: bool = False
    sis_id: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """From where: the course and the link in it, by the platform's own ids.

    The histories are ids of the courses and links this one was copied from, nearest first.
    """

    context_id: str | None = None
    context_title: str = ""
    link_id: str | None = None
    link_title: str = ""
    context_history: tuple[str, ...] = ()
    link_history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """Where the platform takes what goes back, as this launch said.

    `line_item` and `line_items` with `scopes` are AGS 2.0's, `memberships` is NRPS 2.0's,
    `return_url` leads back to the course, `for_user` is whose submission is to be reviewed.
    """

    line_item: str | None = None
    line_items: str | None = None
    scopes: frozenset[str] = frozenset()
    memberships: str | None = None
    return_url: str | None = None
    for_user: str | None = None


@dataclass(frozen=True, slots=True)
class DeepLinking:
    """What a deep linking request asks for (Deep Linking 2.0, "Deep linking settings"); `data` is echoed iff given.

    `accept_line_item` is False only where the platform says so: most say nothing of it, and take columns.
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
    """A verified launch message of an approved deployment.

    `registration_id`, `deployment_id` and `organization_id` are rows of ours. `custom` are the
    custom parameters, `target_link_uri` was checked to be ours.
    """

    type: MessageType
    issuer: str
    registration_id: int
    deployment_id: int
    organization_id: int
    person: Person
    place: Place
    services: Services
    target_link_uri: str
    origins: tuple[str, ...]
    locale: str | None = None
    custom: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    deep_linking: DeepLinking | None = None
