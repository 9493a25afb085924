"""The tool configuration for platforms: Dynamic Registration 1.0, and Canvas's JSON."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lms.core.errors import N_
from lti.protocol.messages import MessageType
from lti.protocol.tool_urls_and_scopes import CUSTOM, SCOPES, ToolAddresses

CLAIMS: Final = ("iss", "sub", "name", "given_name", "family_name", "email", "locale")
DESCRIPTION: Final = N_("Add recorded webinars to your course and see who completed them.")
PICK: Final = N_("Choose recordings")
# Placements in Deep Linking 2.0 and Dynamic Registration 1.0; platforms can have more.
PICK_PLACEMENTS: Final = ("ContentArea", "RichTextEditor")
TOOL_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
WIDTH, HEIGHT = 960, 720
ALL_MESSAGES: Final = tuple(MessageType)


@dataclass(frozen=True, slots=True)
class ToolFace:
    """The name and description of the tool; `contact` is the seller's email address."""

    name: str
    description: str
    pick: str
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What a platform supports; None if it does not say.

    `placements` are those of its deep linking message.
    """

    messages: frozenset[str] | None
    scopes: frozenset[str] | None
    placements: tuple[str, ...]


def registration_request(
    addresses: ToolAddresses, face: ToolFace, offered: Offered
) -> dict[str, Any]:
    """Return the tool's registration request (Dynamic Registration 1.0, "Tool configuration").

    Requests only messages and scopes that the platform supports.
    """
    scopes = _common(SCOPES, offered.scopes)
    messages = _common((each.value for each in ALL_MESSAGES), offered.messages)
    request: dict[str, Any] = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "client_name": face.name,
        "client_uri": addresses.base_url,
        "logo_uri": addresses.logo,
        "initiate_login_uri": addresses.login,
        "redirect_uris": [addresses.launch],
        "jwks_uri": addresses.jwks,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL_CONFIGURATION: {
            "domain": addresses.domain,
            "description": face.description,
            "target_link_uri": addresses.launch,
            "custom_parameters": dict(CUSTOM),
            "claims": list(CLAIMS),
            "messages": [_message(addresses, face, offered, each) for each in messages],
        },
    }
    if face.contact:
        request["contacts"] = [face.contact]
    return request


def canvas_configuration(addresses: ToolAddresses, face: ToolFace) -> dict[str, Any]:
    """Return the JSON document that Canvas reads for an LTI key ("Enter URL")."""
    pick = {
        "target_link_uri": addresses.launch,
        "message_type": MessageType.DEEP_LINKING.value,
        "text": face.name,
        "icon_url": addresses.logo,
        "selection_width": WIDTH,
        "selection_height": HEIGHT,
    }
    return {
        "title": face.name,
        "description": face.description,
        "oidc_initiation_url": addresses.login,
        "target_link_uri": addresses.launch,
        "scopes": list(SCOPES),
        "public_jwk_url": addresses.jwks,
        "custom_fields": dict(CUSTOM),
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": addresses.domain,
                "tool_id": "carrel",
                "privacy_level": "public",
                "settings": {
                    "platform": "canvas.instructure.com",
                    "text": face.name,
                    "icon_url": addresses.logo,
                    "selection_width": WIDTH,
                    "selection_height": HEIGHT,
                    "placements": [
                        {"placement": name, **pick}
                        for name in (
                            "assignment_selection",
                            "link_selection",
                            "editor_button",
                            "module_index_menu_modal",
                        )
                    ],
                },
            }
        ],
    }


def _common(ours: Iterable[str], theirs: frozenset[str] | None) -> tuple[str, ...]:
    return tuple(each for each in ours if theirs is None or each in theirs)


def _message(
    addresses: ToolAddresses, face: ToolFace, offered: Offered, name: str
) -> dict[str, Any]:
    message: dict[str, Any] = {"type": name, "target_link_uri": addresses.launch}
    if name == MessageType.DEEP_LINKING:
        placements = [each for each in PICK_PLACEMENTS if each in offered.placements]
        message["label"] = face.pick
        message["custom_parameters"] = dict(CUSTOM)
        if placements:
            message["placements"] = placements
    return message
