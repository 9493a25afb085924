"""Setup guides for Moodle, Canvas, and Brightspace: how to connect each, field by field.

A value is named as in `Values`; a text that is none of those names stands for itself.
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
    """One part of a way: where to go in the product, which fields are there, and what else to do."""

    title: str
    where: str
    fields: tuple[tuple[str, str], ...] = ()
    then: str = ""


FROM_DOCUMENTS: Final = N_(
    "Written from the vendor's documentation, and not tried on a running system. Tell us where it differs."
)


@dataclass(frozen=True, slots=True)
class Guide:
    """One product; `gives` are its names for what we have to be told, by our field's name.

    `presets` are addresses that are the same for each of its customers, `checked` says what the guide was
    tried on, `visible` how teachers come to see the tool where that is a step of its own.
    """

    slug: str
    product: str
    parts: tuple[Part, ...]
    gives: Mapping[str, str]
    presets: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
    checked: str = FROM_DOCUMENTS
    visible: str = ""


QUICK: Final = N_("The quick way: by a link")
BY_HAND: Final = N_("By hand")
IN_A_COURSE: Final = N_("Then, in a course")

MANAGE_TOOLS: Final = N_(
    "Site administration, Plugins, Activity modules, External tool, Manage tools"
)
IN_CHOOSER: Final = N_(
    "Moodle adds a tool that registered by a link without showing it to teachers. Choose the gear of the tool, "
    'and set "Tool configuration usage" to "Show in activity chooser and as a preconfigured tool". Or each '
    'teacher turns it on in their course under More, LTI External tools, "Show in activity chooser".'
)

MOODLE: Final = Guide(
    slug="moodle",
    product="Moodle",
    checked=N_("Tried on a running Moodle 4.5.6."),
    visible=IN_CHOOSER,
    parts=(
        Part(
            QUICK,
            MANAGE_TOOLS,
            (("Tool URL...", REGISTRATION),),
            N_('Choose "Add LTI Advantage", then "Activate".'),
        ),
        Part(N_("After the quick way: show it to teachers"), MANAGE_TOOLS, then=IN_CHOOSER),
        Part(
            BY_HAND,
            N_('On the same page, choose "configure a tool manually".'),
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
            N_('Save, then open "View configuration details" of the tool and copy what it shows.'),
        ),
        Part(
            IN_A_COURSE,
            N_('"Add an activity or resource", then this library, then "Select content".'),
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
            N_("The quick way: by our configuration"),
            N_('Admin, your account, Developer Keys, "+ Developer Key", "+ LTI Key"'),
            (("Method", "Enter URL"), ("JSON URL", CANVAS_JSON), ("Redirect URIs", LAUNCH)),
            N_(
                "Save and switch the key ON. The number in the Details column is the client ID. Then "
                'Settings, Apps, "+ App", Configuration Type "By Client ID", enter it, and install.'
            ),
        ),
        Part(
            N_("Or by a link, where your Canvas has dynamic registration"),
            N_('Developer Keys, "+ Developer Key", "+ LTI Registration"'),
            (("Registration URL", REGISTRATION),),
            N_('Choose "Continue", and "Enable & Close" at the end.'),
        ),
        Part(
            BY_HAND,
            N_('The same "+ LTI Key", with Method "Manual Entry"'),
            (
                ("Title", NAME),
                ("Target Link URI", LAUNCH),
                ("OpenID Connect Initiation Url", LOGIN),
                ("Redirect URIs", LAUNCH),
                ("JWK Method", "Public JWK URL"),
                ("Public JWK URL", JWKS),
                ("LTI Advantage Services", N_("switch all of them on")),
                ("Domain", DOMAIN),
                ("Custom Fields", CUSTOM),
                ("Privacy Level", "Public"),
                ("Placements", "Link Selection, Assignment Selection"),
                ("Select Message Type", "LtiDeepLinkingRequest"),
            ),
        ),
        Part(
            N_("The deployment ID"),
            N_("Settings, Apps, View App Configurations, the gear beside the app, Deployment Id"),
        ),
        Part(
            IN_A_COURSE,
            N_(
                'Modules, "+", External Tool; or Assignments, Submission Type "External Tool", Find.'
            ),
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
    note=N_("These addresses are of Canvas hosted by Instructure. One of your own has its own."),
)
BRIGHTSPACE: Final = Guide(
    slug="brightspace",
    product="Brightspace",
    parts=(
        Part(
            QUICK,
            N_("Admin Tools, Manage Extensibility, LTI Advantage, Register Tool, Dynamic"),
            (("Tool initiation registration endpoint", REGISTRATION),),
            N_("The registration is disabled at first: switch it on under its name afterwards."),
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
            N_("Register, and copy the registration details that appear."),
        ),
        Part(
            N_("The deployment"),
            N_("View Deployments, New Deployment"),
            (("Tool", NAME),),
            N_(
                "Under Security Settings allow Org Unit Information and Link Information, by which courses "
                "and links have their names here, and name and email as far as your rules do; Anonymous "
                "stays off. Choose the org units, create it, and copy the Deployment Id. Then View Links, "
                "New Link, with Type Deep Linking Quicklink and our launch address as its URL."
            ),
        ),
        Part(IN_A_COURSE, N_("Content, Existing Activities, this library")),
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
        "Brightspace takes our domain in one enabled registration alone: switch an older one off first."
    ),
)
