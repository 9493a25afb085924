"""Setup guides for Moodle, Canvas, and Brightspace: how to connect each, field by field.

A field value that is one of the names below (NAME, LOGIN, ...) is replaced; any other text is shown as
it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from lms.core.errors import N_

NAME, LOGIN, LAUNCH, JWKS, DOMAIN = "name", "login", "launch", "jwks", "domain"
CANVAS_JSON, REGISTRATION, CUSTOM = "canvas_json", "registration", "custom"
EMBED: Final = "embed"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a guide: where to go in the product, which fields to fill in, and what to do then."""

    title: str
    where: str
    fields: tuple[tuple[str, str], ...] = ()
    then: str = ""


FROM_DOCUMENTS: Final = N_(
    "Based on the vendor's documentation, not tested on a running system. Tell us if something is different."
)


@dataclass(frozen=True, slots=True)
class Guide:
    """The guide of one product; `gives` maps our fields to the product's names for them.

    `presets` are URLs that are the same for all its customers, `checked` is what the guide was tested
    on, `visible` is how to make the tool visible to teachers if that is a separate step.
    """

    slug: str
    product: str
    parts: tuple[Part, ...]
    gives: Mapping[str, str]
    presets: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
    checked: str = FROM_DOCUMENTS
    visible: str = ""


QUICK: Final = N_("Quick setup with a link")
BY_HAND: Final = N_("Manual setup")
IN_A_COURSE: Final = N_("Then, in a course")

MANAGE_TOOLS: Final = N_(
    "Site administration, Plugins, Activity modules, External tool, Manage tools"
)
IN_CHOOSER: Final = N_(
    "After quick setup, Moodle doesn't show the tool to teachers yet. Select the tool's gear icon and "
    "set “Tool configuration usage” to “Show in activity chooser and as a preconfigured tool.” Or each "
    "teacher can turn on “Show in activity chooser” in their course, under More, LTI External tools."
)

MOODLE: Final = Guide(
    slug="moodle",
    product="Moodle",
    checked=N_("Tested on Moodle 4.5.6."),
    visible=IN_CHOOSER,
    parts=(
        Part(
            QUICK,
            MANAGE_TOOLS,
            (("Tool URL...", REGISTRATION),),
            N_("Choose “Add LTI Advantage,” then “Activate.”"),
        ),
        Part(N_("After quick setup: show it to teachers"), MANAGE_TOOLS, then=IN_CHOOSER),
        Part(
            BY_HAND,
            N_("On the same page, choose “configure a tool manually.”"),
            (
                ("Tool name", NAME),
                ("Tool URL", LAUNCH),
                ("LTI version", "LTI 1.3"),
                ("Public key type", "Keyset URL"),
                ("Public keyset", JWKS),
                ("Initiate login URL", LOGIN),
                ("Redirection URI(s)", LAUNCH),
                ("Custom parameters", CUSTOM),
                (
                    "Tool configuration usage",
                    "Show in activity chooser and as a preconfigured tool",
                ),
                ("Default launch container", "Embed, without blocks"),
                ("Supports Deep Linking (Content-Item Message)", "Yes"),
                ("Content Selection URL", LAUNCH),
                (
                    "IMS LTI Assignment and Grade Services",
                    "Use this service for grade sync and column management",
                ),
                (
                    "IMS LTI Names and Role Provisioning",
                    "Use this service to retrieve members' information as per privacy settings",
                ),
                ("Share launcher's name with tool", "Always"),
                ("Accept grades from the tool", "Always"),
            ),
            N_(
                "Save, then open “View configuration details” for the tool. Select “Enter LMS values” "
                "below and copy its values there."
            ),
        ),
        Part(
            IN_A_COURSE,
            N_("“Add an activity or resource,” then this tool, then “Select content”"),
        ),
    ),
    gives=MappingProxyType(
        {
            "issuer": "Platform ID",
            "client_id": "Client ID",
            "deployment_id": "Deployment ID",
            "jwks_url": "Public keyset URL",
            "token_url": "Access token URL",
            "auth_url": "Authentication request URL",
        }
    ),
)
CANVAS: Final = Guide(
    slug="canvas",
    product="Canvas",
    parts=(
        Part(
            N_("Quick setup with our configuration"),
            N_("Admin, your account, Developer Keys, + Developer Key, + LTI Key"),
            (("Method", "Enter URL"), ("JSON URL", CANVAS_JSON), ("Redirect URIs", LAUNCH)),
            N_(
                "Save and turn the key ON. The number in the Details column is the client ID. Then go to "
                "Settings, Apps, + App, choose the Configuration Type “By Client ID,” enter the ID, and "
                "install. Canvas doesn't send us the client ID and the deployment ID. Select “Enter LMS "
                "values” below and enter both."
            ),
        ),
        Part(
            N_("Or with a link, if your Canvas supports dynamic registration"),
            N_("Developer Keys, + Developer Key, + LTI Registration"),
            (("Registration URL", REGISTRATION),),
            N_("Choose “Continue,” then “Enable & Close.”"),
        ),
        Part(
            BY_HAND,
            N_("The same + LTI Key, with the Method “Manual Entry”"),
            (
                ("Title", NAME),
                ("Target Link URI", LAUNCH),
                ("OpenID Connect Initiation Url", LOGIN),
                ("Redirect URIs", LAUNCH),
                ("JWK Method", "Public JWK URL"),
                ("Public JWK URL", JWKS),
                ("LTI Advantage Services", N_("Turn on all of them")),
                ("Domain", DOMAIN),
                ("Custom Fields", CUSTOM),
                ("Privacy Level", "Public"),
                ("Placements", "Link Selection, Assignment Selection"),
                ("Select Message Type", "LtiDeepLinkingRequest"),
            ),
            N_("Save, then turn the key ON, install it, and enter both IDs as above."),
        ),
        Part(
            N_("The deployment ID"),
            N_("Settings, Apps, View App Configurations, the gear next to the app, Deployment Id"),
        ),
        Part(
            IN_A_COURSE,
            N_("Modules, +, External Tool; or Assignments, Submission Type External Tool, Find"),
        ),
    ),
    gives=MappingProxyType({"client_id": "Client ID", "deployment_id": "Deployment Id"}),
    presets=MappingProxyType(
        {
            "issuer": "https://canvas.instructure.com",
            "auth_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
            "token_url": "https://sso.canvaslms.com/login/oauth2/token",
            "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
        }
    ),
    note=N_("These URLs are for Canvas hosted by Instructure. A self-hosted Canvas has its own."),
)
BRIGHTSPACE: Final = Guide(
    slug="brightspace",
    product="Brightspace",
    parts=(
        Part(
            QUICK,
            N_("Admin Tools, Manage Extensibility, LTI Advantage, Register Tool, Dynamic"),
            (("Tool initiation registration endpoint", REGISTRATION),),
            N_("The registration is disabled at first. Open it and enable it."),
        ),
        Part(
            BY_HAND,
            N_("Register Tool, Standard"),
            (
                ("Name", NAME),
                ("Domain", DOMAIN),
                ("Redirect URLs", LAUNCH),
                ("OpenID Connect Login URL", LOGIN),
                ("Target Link URI", LAUNCH),
                ("Keyset URL", JWKS),
                (
                    "Extensions",
                    "Assignment and Grade Services, Deep Linking, Names and Role Provisioning Services",
                ),
                ("Custom Parameters", CUSTOM),
            ),
            N_(
                "Register. Select “Enter LMS values” below and copy the registration details there, "
                "with the Deployment Id from the next step."
            ),
        ),
        Part(
            N_("The deployment"),
            N_("View Deployments, New Deployment"),
            (("Tool", NAME),),
            N_(
                "Under Security Settings, allow Org Unit Information and Link Information so "
                "we can show the names of courses and links. Allow name and email if your "
                "policy permits. Leave Anonymous off. Choose the org units, create the "
                "deployment, and copy the Deployment Id."
            ),
        ),
        Part(
            N_("The link that instructors use"),
            N_("View Deployments, this deployment, View Links, New Link"),
            (("Name", NAME), ("URL", LAUNCH), ("Type", "Deep Linking Quicklink")),
        ),
        Part(IN_A_COURSE, N_("Content, Existing Activities, this tool")),
    ),
    gives=MappingProxyType(
        {
            "issuer": "Issuer",
            "client_id": "Client Id",
            "auth_url": "OpenID Connect Authentication Endpoint",
            "token_url": "Brightspace OAuth2 Access Token URL",
            "jwks_url": "Brightspace Keyset URL",
            "token_audience": "Brightspace OAuth2 Audience",
            "deployment_id": "Deployment Id",
        }
    ),
    presets=MappingProxyType({"token_audience": "https://api.brightspace.com/auth/token"}),
    note=N_(
        "Brightspace allows our domain in only one enabled registration. Disable any older one first."
    ),
)
