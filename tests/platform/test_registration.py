"""Dynamic registration of a tool with a token that works once."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from lti.selftest.platform.vocabulary import Scope
from tests.platform.platform import Platform
from tests.platform.registration import PLATFORM_CONFIGURATION, TOOL_CONFIGURATION

TOOL = {
    "application_type": "web",
    "response_types": ["id_token"],
    "grant_types": ["implicit", "client_credentials"],
    "initiate_login_uri": "https://tool.example/login",
    "redirect_uris": ["https://tool.example/launch"],
    "client_name": "A tool",
    "jwks_uri": "https://tool.example/jwks",
    "token_endpoint_auth_method": "private_key_jwt",
    "scope": f"{Scope.SCORE} {Scope.LINE_ITEM}",
    TOOL_CONFIGURATION: {
        "domain": "tool.example",
        "target_link_uri": "https://tool.example/launch",
        "claims": ["iss", "sub", "name"],
        "messages": [
            {"type": "LtiDeepLinkingRequest", "target_link_uri": "https://tool.example/pick"}
        ],
    },
}


def invited(platform: Platform, **more: object) -> dict[str, str]:
    address = platform.invitations.invite("https://tool.example/register?org=elm", **more)
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def post(given: dict[str, str], body: object) -> requests.Response:
    configuration = requests.get(given["openid_configuration"], timeout=60).json()
    headers = {"Authorization": f"Bearer {given['registration_token']}"}
    endpoint = configuration["registration_endpoint"]
    return requests.post(endpoint, json=body, headers=headers, timeout=60)


def test_configuration_describes_the_platform(platform: Platform) -> None:
    told = requests.get(platform.configuration_url, timeout=60).json()
    assert (told["issuer"], told["jwks_uri"]) == (platform.issuer, platform.addresses.jwks)
    messages = told[PLATFORM_CONFIGURATION]["messages_supported"]
    assert "LtiDeepLinkingRequest" in [message["type"] for message in messages]


def test_tool_registers_once_with_its_token(platform: Platform) -> None:
    given = invited(platform)
    assert given["org"] == "elm"
    told = post(given, TOOL).json()
    tool = platform.records.tool(told["client_id"])
    assert told[TOOL_CONFIGURATION]["deployment_id"] == tool.deployment_id
    assert tool.deep_link_url == "https://tool.example/pick"
    assert set(tool.scopes) == {Scope.SCORE, Scope.LINE_ITEM}
    assert post(given, TOOL).status_code == 401


def test_repeated_registration_keeps_the_client_and_its_deployments(platform: Platform) -> None:
    first = platform.records.tool(post(invited(platform), TOOL).json()["client_id"])
    platform.deploy(first)
    again = post(invited(platform, tool=first), {**TOOL, "client_name": "Renamed"}).json()
    assert again["client_id"] == first.client_id
    assert platform.records.tool(first.client_id).name == "Renamed"
    assert platform.records.tool(first.client_id).deployment_ids == first.deployment_ids


def test_configuration_can_require_the_token(platform: Platform) -> None:
    platform.configuration_needs_token = True
    given = invited(platform)
    assert requests.get(given["openid_configuration"], timeout=60).status_code == 401
    headers = {"Authorization": f"Bearer {given['registration_token']}"}
    answer = requests.get(given["openid_configuration"], headers=headers, timeout=60)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"application_type": "native"}, "application_type"),
        ({"response_types": ["code"]}, "id_token"),
        ({"grant_types": ["implicit"]}, "client_credentials"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"jwks_uri": ""}, "jwks_uri"),
        ({"logo_uri": None}, "null"),
        ({TOOL_CONFIGURATION: None}, "missing"),
        ({TOOL_CONFIGURATION: {**TOOL[TOOL_CONFIGURATION], "domain": "x"}}, "domain"),
        ({TOOL_CONFIGURATION: {**TOOL[TOOL_CONFIGURATION], "claims": []}}, "claims"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_registration_names_its_fault_and_keeps_the_token(platform, changes, fault) -> None:
    given = invited(platform)
    answer = post(given, {**TOOL, **changes})
    assert answer.status_code == 400
    assert fault in answer.json()["error_description"]
    assert post(given, TOOL).status_code == 200
