"""Rows of connected platforms, and the values that both sides enter, as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from lms.core.errors import N_
from lms.lti_facade.dates import say_time_of
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.protocol.tool_urls_and_scopes import CUSTOM as CUSTOM_PARAMETERS
from lti.protocol.tool_urls_and_scopes import ToolAddresses
from lti.registrations.connection_steps import StepFacts
from lti.registrations.deployments import DeploymentFacts
from lti.registrations.registrations import RegistrationFacts
from lti.registrations.setup_guides import (
    CANVAS_JSON,
    CUSTOM,
    DOMAIN,
    EMBED,
    JWKS,
    LAUNCH,
    LOGIN,
    NAME,
    REGISTRATION,
    Guide,
)
from lti.registrations.tool_configuration import ToolFace
from lti.web.registrations.connection_step_texts import StepLine, step_lines

STATES: Final = {
    RegistrationState.PENDING: (N_("Waiting for approval"), "soon"),
    RegistrationState.ACTIVE: (N_("Active"), "open"),
    RegistrationState.DISABLED: (N_("Turned off"), "none"),
}
DEPLOYMENT_STATES: Final = {
    DeploymentState.PENDING: (N_("Not connected yet"), "soon"),
    DeploymentState.APPROVED: (N_("Connected"), "open"),
    DeploymentState.REFUSED: (N_("Refused"), "danger"),
}
GIVEN: Final = {
    "issuer": N_("Issuer (platform ID)"),
    "client_id": N_("Client ID"),
    "auth_url": N_("Authentication URL"),
    "token_url": N_("Token URL"),
    "jwks_url": N_("Keyset URL"),
    "token_audience": N_("Token audience"),
    "deployment_id": N_("Deployment ID"),
}


@dataclass(frozen=True, slots=True)
class DeploymentLine:
    """A deployment as a page shows it; `launched` is "" if it is not in the launch log."""

    id: str
    deployment_id: str
    state: str
    badge: str
    launched: str
    is_pending: bool
    is_connected: bool
    is_refused: bool
    organization: str | None


@dataclass(frozen=True, slots=True)
class PlatformLine:
    """A registration as a page shows it, with its deployments."""

    id: str
    name: str
    issuer: str
    client_id: str
    organization: str | None
    organization_id: str | None
    state: str
    badge: str
    is_own: bool
    is_active: bool
    is_pending: bool
    deployments: tuple[DeploymentLine, ...]
    steps: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its label; `is_copied` is True for a value to copy, False for one to choose."""

    label: str
    text: str
    is_copied: bool


@dataclass(frozen=True, slots=True)
class GuidePart:
    """A part of a guide with its values filled in.

    `wants_link` is True if a registration link goes there, `wants_embed` if an embed code does.
    """

    title: str
    where: str
    values: tuple[Value, ...]
    then: str
    wants_link: bool
    wants_embed: bool


def tool_values(addresses: ToolAddresses, face: ToolFace) -> list[Value]:
    """Return all of our values that an administrator may need."""
    known = _values(addresses, face)
    labeled = (
        (_("OIDC login URL"), LOGIN),
        (_("Launch URL, target link URI, and redirect URI"), LAUNCH),
        (_("Deep linking URL"), LAUNCH),
        (_("JWKS URL (public keyset)"), JWKS),
        (_("Canvas JSON URL"), CANVAS_JSON),
        (_("Domain"), DOMAIN),
        (_("Custom parameters"), CUSTOM),
    )
    return [Value(label, known[name], is_copied=True) for label, name in labeled]


def guide_parts(guide: Guide, addresses: ToolAddresses, face: ToolFace) -> list[GuidePart]:
    """Return a guide's parts with our values in the product's fields."""
    known = _values(addresses, face)
    return [
        GuidePart(
            title=_(part.title),
            where=_(part.where),
            values=tuple(
                Value(label, known.get(name, _(name)), is_copied=name in known)
                for label, name in part.fields
                if name not in (REGISTRATION, EMBED)
            ),
            then=_(part.then) if part.then else "",
            wants_link=any(name == REGISTRATION for _label, name in part.fields),
            wants_embed=any(name == EMBED for _label, name in part.fields),
        )
        for part in guide.parts
    ]


def link_field(guide: Guide) -> str:
    """Return the product's name for the field of a registration link, "" for none."""
    return next(
        (label for part in guide.parts for label, name in part.fields if name == REGISTRATION), ""
    )


def platform_names(guide: Guide) -> list[tuple[str, str]]:
    """Return our label and the product's for each value that the product provides."""
    return [
        (_(label), _(guide.gives[name])) for name, label in GIVEN.items() if name in guide.gives
    ]


def platform_lines(
    known: Sequence[RegistrationFacts],
    deployed: Sequence[DeploymentFacts],
    *,
    own: Sequence[RegistrationFacts],
    steps: Mapping[int, Sequence[StepFacts]],
    zone: str,
) -> list[PlatformLine]:
    """Return registrations with their deployments and `steps` (by row id); those in `own` can be edited."""
    deployed_of = {
        one.id: [each for each in deployed if each.registration == one.public_id] for one in known
    }
    return [
        PlatformLine(
            id=one.public_id,
            name=one.details.name,
            issuer=one.issuer,
            client_id=one.client_id,
            organization=one.organization.name if one.organization else None,
            organization_id=one.organization.public_id if one.organization else None,
            state=_(STATES[one.state][0]),
            badge=STATES[one.state][1],
            is_own=one in own,
            is_active=one.state is RegistrationState.ACTIVE,
            is_pending=one.state is RegistrationState.PENDING,
            deployments=tuple(_deployment(each, zone) for each in deployed_of[one.id]),
            steps=step_lines(steps[one.id], one, deployed_of[one.id], zone=zone),
        )
        for one in known
    ]


def _deployment(one: DeploymentFacts, zone: str) -> DeploymentLine:
    words, kind = DEPLOYMENT_STATES[one.state]
    return DeploymentLine(
        id=one.public_id,
        deployment_id=one.deployment_id,
        state=_(words),
        badge=kind,
        launched="" if one.launched_at is None else say_time_of(one.launched_at, zone),
        is_pending=one.state is DeploymentState.PENDING,
        is_connected=one.state is DeploymentState.APPROVED,
        is_refused=one.state is DeploymentState.REFUSED,
        organization=one.organization.name if one.organization else None,
    )


def _values(addresses: ToolAddresses, face: ToolFace) -> dict[str, str]:
    return {
        NAME: face.name,
        LOGIN: addresses.login,
        LAUNCH: addresses.launch,
        JWKS: addresses.jwks,
        DOMAIN: addresses.domain,
        CANVAS_JSON: addresses.canvas_json,
        CUSTOM: "\n".join(f"{name}={value}" for name, value in CUSTOM_PARAMETERS.items()),
    }
