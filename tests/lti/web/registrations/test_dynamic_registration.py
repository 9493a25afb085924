"""Dynamic registration over real HTTP against a simulated platform on this machine."""

from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.web.core.gunicorn_log import safe_path
from lti.models.registrations_and_keys import RegistrationState
from lti.registrations.deployments import list_deployments
from lti.registrations.dynamic_registration import (
    BAD_CONFIGURATION,
    ENDPOINTS,
    NO_CONFIGURATION,
    NO_RS256,
    OTHER_HOST,
    PLAIN_SYSTEM,
    UNUSABLE,
    read_configuration,
)
from lti.registrations.dynamically_registered_platforms import OTHER_PLATFORM
from lti.registrations.invites import OVER, make_invite
from lti.registrations.registrations import (
    RegistrationFacts,
    disable_registration,
    list_registrations,
)
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_organization
from tests.lti.registrations.registration_server import (
    PLATFORM,
    TOKEN,
    TOOL,
    MailContext,
    open_office,
)
from tests.page_texts import shows, start_of
from tests.visitor import Visitor


def invite(database: Database, organization_id: int, *, allows_loopback: bool = True) -> str:
    with database.transaction() as session:
        made = make_invite(
            session, organization_id, allows_loopback=allows_loopback, actor=None, now=NOW
        )
    return made.secret


def page(secret: str, office: MailContext, *, token: str | None = TOKEN, address: str = "") -> str:
    query = {"openid_configuration": address or office.address}
    if token:
        query["registration_token"] = token
    return f"/lti/register/{secret}?{urlencode(query)}"


def registered(database: Database) -> list[RegistrationFacts]:
    with database.read_session() as session:
        return list(list_registrations(session))


def test_unknown_link_is_not_found(client: Visitor, office: MailContext) -> None:
    assert client.get(page("x" * 43, office)).status_code == 404
    assert office.tokens == []


def test_tool_sends_its_details_and_requests_only_supported_features(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    client.get(page(invite(database, cast.organization_id), office))
    (asked,) = office.requests
    assert asked["initiate_login_uri"] == "http://localhost/lti/login"
    assert asked["redirect_uris"] == ["http://localhost/lti/launch"]
    assert asked["jwks_uri"] == "http://localhost/lti/jwks"
    assert asked["token_endpoint_auth_method"] == "private_key_jwt"  # noqa: S105  (no password)
    assert asked["scope"] == "https://purl.imsglobal.org/spec/lti-ags/scope/score"
    assert asked["logo_uri"].startswith("http://localhost/static/")
    assert client.get(urlsplit(asked["logo_uri"]).path).status_code == 200
    tool = asked[TOOL]
    assert tool["target_link_uri"] == "http://localhost/lti/launch"
    assert tool["custom_parameters"]["link_history"] == "$ResourceLink.id.history"
    assert [each["type"] for each in tool["messages"]] == [
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
    ]
    assert tool["messages"][1]["placements"] == ["ContentArea"]
    assert {"iss", "sub", "name", "email"} <= set(tool["claims"])


def test_platform_without_a_token_is_called_without_one(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    client.get(page(invite(database, cast.organization_id), office, token=None))
    assert office.tokens == [None, None]
    assert len(registered(database)) == 1


def test_page_closes_itself_and_only_the_platform_can_frame_it(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    answer = client.get(page(invite(database, cast.organization_id), office))
    assert "data-lti-close-after" in answer.text
    assert f"frame-ancestors {office.origin};" in answer.headers["Content-Security-Policy"] + ";"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert TOKEN not in answer.text


def test_link_opened_without_a_platform_explains_itself_and_stays_valid(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    secret = invite(database, cast.organization_id)
    answer = client.get(f"/lti/register/{secret}")
    assert answer.status_code == 400
    assert shows(answer.text, NO_CONFIGURATION)
    assert client.get(page(secret, office)).status_code == 200


def test_link_works_for_one_platform_and_14_days(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    secret = invite(database, cast.organization_id)
    client.get(page(secret, office))
    with open_office() as another:
        another.answer["client_id"] = "client-2"
        refused = client.get(page(secret, another))
    assert refused.status_code == 409
    assert shows(refused.text, OTHER_PLATFORM)
    assert another.requests == []  # the refused platform also keeps no unusable tool
    late = invite(database, cast.organization_id)
    clock.advance(timedelta(days=14))
    over = client.get(page(late, office))
    assert over.status_code == 410
    assert shows(over.text, OVER)
    assert f"frame-ancestors {office.origin};" in over.headers["Content-Security-Policy"] + ";"
    assert len(registered(database)) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "https://elsewhere.example.org"}, start_of(OTHER_HOST)),
        ({"issuer": 7}, BAD_CONFIGURATION % {"field": "issuer"}),
        ({"jwks_uri": "ftp://127.0.0.1/jwks"}, BAD_CONFIGURATION % {"field": "jwks_uri"}),
        ({"token_endpoint": None}, BAD_CONFIGURATION % {"field": "token_endpoint"}),
        ({"registration_endpoint": ["a"]}, BAD_CONFIGURATION % {"field": "registration_endpoint"}),
        ({"id_token_signing_alg_values_supported": ["ES256"]}, NO_RS256),
        ({"issuer": "http://127.0.0.1/\ud800"}, BAD_CONFIGURATION % {"field": "issuer"}),
        ({"issuer": "http://127.0.0.1/\x00"}, BAD_CONFIGURATION % {"field": "issuer"}),
    ],
)
def test_invalid_platform_configuration_is_refused_with_the_reason(
    client: Visitor,
    database: Database,
    cast: Cast,
    clock: Clock,
    office: MailContext,
    changed: dict[str, object],
    said: str,
) -> None:
    secret = invite(database, cast.organization_id)
    office.configuration.update(changed)
    answer = client.get(page(secret, office))
    assert (answer.status_code, shows(answer.text, said)) == (400, True)
    assert office.requests == registered(database) == []


def test_unusable_optional_values_are_left_out(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    office.configuration["authorization_server"] = "https://a.example/\x00"
    office.configuration[PLATFORM]["product_family_code"] = "moo\ud800"
    office.answer[TOOL] = {"deployment_id": "7\x00"}
    answer = client.get(page(invite(database, cast.organization_id), office))
    assert answer.status_code == 200
    (made,) = registered(database)
    assert (made.details.product, made.details.token_audience) == ("", None)
    with database.read_session() as session:
        assert list_deployments(session) == ()


@pytest.mark.parametrize("client_id", ["a\x00", "a\ud800", "", 7])
def test_unusable_client_id_is_refused(
    client: Visitor,
    database: Database,
    cast: Cast,
    clock: Clock,
    office: MailContext,
    client_id: object,
) -> None:
    office.answer["client_id"] = client_id
    secret = invite(database, cast.organization_id)
    assert client.get(page(secret, office)).status_code == 409
    office.answer["client_id"] = "client-1"
    assert client.get(page(secret, office)).status_code == 200


def test_refusal_by_the_platform_keeps_the_link_valid(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    secret = invite(database, cast.organization_id)
    office.status = 403
    assert client.get(page(secret, office)).status_code == 409
    office.status, office.answer = 200, {}
    assert client.get(page(secret, office)).status_code == 409
    office.status, office.answer = 503, {}
    assert client.get(page(secret, office)).status_code == 503
    office.status, office.answer = 200, {"client_id": "client-9"}
    assert client.get(page(secret, office)).status_code == 200
    assert [one.client_id for one in registered(database)] == ["client-9"]


@pytest.mark.parametrize("plain", [True, False], ids=["http", "https"])
def test_loopback_is_refused_unless_the_invite_allows_it(
    client: Visitor,
    database: Database,
    cast: Cast,
    clock: Clock,
    office: MailContext,
    *,
    plain: bool,
) -> None:
    secret = invite(database, cast.organization_id, allows_loopback=False)
    address = office.address if plain else office.address.replace("http://", "https://")
    answer = client.get(page(secret, office, address=address))
    assert answer.status_code == 400
    assert shows(answer.text, PLAIN_SYSTEM if plain else UNUSABLE)
    assert office.tokens == []
    assert registered(database) == []
    assert client.get(page(secret, office, address="")).status_code == 400  # the link stays valid


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "file:///etc/passwd",
        "https://user:secret@127.0.0.1/",
        "not an address",
    ],
)
def test_impossible_platform_urls_are_refused_for_every_invite(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext, address: str
) -> None:
    secret = invite(database, cast.organization_id)
    assert client.get(page(secret, office, address=address)).status_code == 400
    office.redirect_to = address
    assert client.get(page(secret, office)).status_code in (400, 503)
    assert registered(database) == []


@pytest.mark.parametrize("field", ["jwks_uri", "token_endpoint", "registration_endpoint"])
@pytest.mark.parametrize(
    "host", ["10.0.0.7", "192.168.1.1", "[fd00::1]", "100.64.0.1", "localhost"]
)
def test_configuration_with_a_private_address_is_refused(
    database: Database, field: str, host: str
) -> None:
    document = {
        "issuer": "https://lms.example.edu",
        **dict.fromkeys(ENDPOINTS, "https://lms.example.edu/x"),
    }
    urls = ("https://lms.example.edu/configuration",)
    assert read_configuration(document, urls, allows_loopback=False)
    document[field] = f"https://{host}/x"
    with pytest.raises(Invalid, match=field):
        read_configuration(document, urls, allows_loopback=False)


def test_configuration_redirected_to_another_host_is_refused(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    secret = invite(database, cast.organization_id)
    office.redirect_to = office.address.replace("127.0.0.1", "localhost")
    office.configuration["issuer"] = office.origin
    with open_office() as other:
        other.configuration["issuer"] = office.origin
        office.redirect_to = other.address.replace("127.0.0.1", "localhost")
        answer = client.get(page(secret, office))
    assert answer.status_code == 400
    assert shows(answer.text, start_of(OTHER_HOST))


def test_registering_again_updates_the_details(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    secret = invite(database, cast.organization_id)
    client.get(page(secret, office))
    office.configuration[PLATFORM]["product_family_code"] = "moodle-5"
    answer = client.get(page(secret, office, token="a-token-for-an-update"))
    assert 'data-testid="registration-active"' in answer.text
    assert 'data-testid="left-in-moodle"' not in answer.text
    (kept,) = registered(database)
    assert (kept.details.product, kept.state) == ("moodle-5", RegistrationState.ACTIVE)
    assert office.tokens[-1] == "Bearer a-token-for-an-update"


def test_changed_url_waits_for_approval_again(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    secret = invite(database, cast.organization_id)
    client.get(page(secret, office))
    office.configuration["jwks_uri"] = f"{office.origin}/other-keys"
    client.get(page(secret, office))
    (kept,) = registered(database)
    assert kept.details.jwks_url.endswith("/other-keys")
    assert kept.state is RegistrationState.PENDING


def test_disabled_platform_cannot_return_by_its_old_link(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    secret = invite(database, cast.organization_id)
    client.get(page(secret, office))
    with database.transaction() as session:
        disable_registration(session, registered(database)[0].public_id, actor=None, now=NOW)
    assert client.get(page(secret, office)).status_code == 410


def test_platform_of_another_organization_is_not_taken_over(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    client.get(page(invite(database, cast.organization_id), office))
    with database.transaction() as session:
        other = make_organization(session).id
    answer = client.get(page(invite(database, other), office))
    assert answer.status_code == 409
    (kept,) = registered(database)
    assert kept.organization is not None
    assert kept.organization.id == cast.organization_id


def test_link_and_token_are_not_logged() -> None:
    secret = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcde"  # noqa: S105  (a secret for this test)
    written = safe_path(f"/lti/register/{secret}?registration_token={TOKEN}")
    assert secret not in written
    assert TOKEN not in written


def test_canvas_configuration_describes_the_tool(client: Visitor, cast: Cast) -> None:
    found = client.get("/lti/canvas.json").get_json()
    assert set(found) == {
        "title",
        "description",
        "oidc_initiation_url",
        "target_link_uri",
        "scopes",
        "public_jwk_url",
        "custom_fields",
        "extensions",
    }
    (extension,) = found["extensions"]
    assert {"domain", "tool_id", "privacy_level", "settings"} <= set(extension)
    assert extension["domain"] == "localhost"
    assert all(
        each["message_type"] == "LtiDeepLinkingRequest"
        and each["target_link_uri"] == "http://localhost/lti/launch"
        for each in extension["settings"]["placements"]
    )
