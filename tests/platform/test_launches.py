"""The simulated platform answers only valid authentication requests."""

import json
from urllib.parse import urlencode

import jwt
import pytest
import requests

from lti.selftest.platform.logins import Refused
from lti.selftest.platform.records import Link, Tool
from lti.selftest.platform.vocabulary import AGS_CLAIM, DEEP_LINKING, LTI, NRPS_CLAIM, Message
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.platform.product_quirks import CANVAS, MOODLE, OPEN_EDX, Habits

REDIRECT = "https://tool.example/launch?from=lms"


def a_tool(platform: Platform, **more: object) -> Tool:
    given = {"login_url": "https://tool.example/login", "launch_url": "https://tool.example/launch"}
    return platform.register(**{**given, "redirect_uris": [REDIRECT], "jwks": {"keys": []}, **more})


def a_link(platform: Platform, **more: object) -> Link:
    return platform.link(a_tool(platform), custom={"webinar": "a-b"}, **more)


def asked(platform: Platform, link: Link, **changes: str | None) -> str:
    """Return the URL to which a correct tool would send the browser, with some fields changed."""
    begun = platform.begin(platform.course.learners[0], link)
    fields = {
        "client_id": link.client_id,
        "redirect_uri": REDIRECT,
        "login_hint": begun.fields["login_hint"],
        "lti_message_hint": begun.fields["lti_message_hint"],
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "scope": "openid",
        "state": "a state",
        "nonce": "a nonce",
    } | changes
    kept = {name: value for name, value in fields.items() if value is not None}
    return f"{platform.addresses.auth}?{urlencode(kept)}"


def read(platform: Platform, token: str) -> dict:
    keys = jwt.PyJWKSet.from_dict(requests.get(platform.addresses.jwks, timeout=60).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key.key, algorithms=["RS256"], options={"verify_aud": False})


def test_valid_request_returns_a_signed_token(platform: Platform) -> None:
    link = a_link(platform, column=100)
    posted = platform.answer(asked(platform, link))
    said = read(platform, posted.id_token)
    assert (posted.url, posted.state) == (REDIRECT, "a state")
    assert (said["iss"], said["aud"], said["nonce"]) == (platform.url, link.client_id, "a nonce")
    assert said[LTI + "resource_link"]["id"] == link.id
    assert said[LTI + "custom"] == {"webinar": "a-b"}
    assert said[AGS_CLAIM]["lineitem"].startswith(platform.url)
    assert said[NRPS_CLAIM]["service_versions"] == ["2.0"]


def test_browser_gets_a_form(platform: Platform) -> None:
    answer = requests.get(asked(platform, a_link(platform)), timeout=60)
    assert answer.status_code == 200
    assert 'action="https://tool.example/launch?from=lms"' in answer.text
    assert 'name="id_token"' in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://tool.example/launch"},
        {"redirect_uri": REDIRECT + "&more=1"},
        {"redirect_uri": None},
        {"login_hint": "u-2002"},
        {"login_hint": None},
        {"lti_message_hint": None},
        {"lti_message_hint": "somewhat else"},
        {"response_type": "code"},
        {"response_mode": "query"},
        {"response_mode": None},
        {"prompt": None},
        {"scope": "profile"},
        {"state": None},
        {"nonce": ""},
    ],
    ids=str,
)
def test_invalid_request_is_refused(platform: Platform, changes: dict[str, str | None]) -> None:
    with pytest.raises(Refused):
        platform.answer(asked(platform, a_link(platform), **changes))


def test_double_encoded_hint_is_refused(platform: Platform) -> None:
    link = a_link(platform)
    hint = platform.begin(platform.course.learners[0], link).fields["lti_message_hint"]
    for damaged in (hint.replace("+", " "), hint.replace("%2F", "/"), json.dumps(json.loads(hint))):
        if damaged != hint:
            with pytest.raises(Refused, match="lti_message_hint"):
                platform.answer(asked(platform, link, lti_message_hint=damaged))


def test_nonce_works_once(platform: Platform) -> None:
    link = a_link(platform)
    platform.answer(asked(platform, link))
    with pytest.raises(Refused, match="nonce"):
        platform.answer(asked(platform, link))


def test_error_is_sent_only_to_a_registered_address(
    platform: Platform,
) -> None:
    link = a_link(platform)
    back = requests.get(asked(platform, link, prompt=None), timeout=60)
    assert back.status_code == 200
    assert 'name="error" value="invalid_request"' in back.text
    nowhere = requests.get(asked(platform, link, redirect_uri="https://evil.example/"), timeout=60)
    assert nowhere.status_code == 400
    assert "<form" not in nowhere.text


@pytest.mark.parametrize("habits", [MOODLE, OPEN_EDX, CANVAS], ids=lambda habits: habits.name)
def test_quirks_change_the_message(habits: Habits) -> None:
    with running_platform(habits=habits) as platform:
        link = platform.link(
            a_tool(platform), custom={"was": "$ResourceLink.id.history", "x": "$No.such"}
        )
        begun = platform.begin(platform.course.learners[0], link)
        said = read(platform, platform.answer(asked(platform, link)).id_token)
    assert begun.method == habits.login_method
    assert begun.fields.get("lti_storage_target") == habits.storage_target
    assert said["exp"] - said["iat"] == habits.token_lives_s
    assert ("azp" in said) == habits.has_azp
    assert said[LTI + "context"]["type"] == [habits.context_type]
    assert said[LTI + "custom"]["x"] == "$No.such"
    assert ("name" in said) == habits.names_people
    assert ("type_id=" in said[AGS_CLAIM]["lineitems"]) == habits.line_item_query
    if habits is OPEN_EDX:
        assert link.deployment_id == "1"
        assert (
            platform.jwks_url_of(platform.records.tool(link.client_id)) != platform.addresses.jwks
        )


def test_deep_linking_request_has_a_return_url(platform: Platform) -> None:
    tool = a_tool(platform, deep_link_url="https://tool.example/pick")
    begun = platform.begin_deep_linking(
        platform.course.instructors[0], tool, deep_linking={"data": None}
    )
    said = platform.claims_of(begun.launch, "n")
    settings = said[DEEP_LINKING + "deep_linking_settings"]
    assert said[LTI + "target_link_uri"] == "https://tool.example/pick"
    assert settings["deep_link_return_url"].startswith(platform.url)
    assert "data" not in settings


def test_submission_review_names_the_learner(platform: Platform) -> None:
    link = a_link(platform, column=100)
    teacher, learner = platform.course.instructors[0], platform.course.learners[0]
    begun = platform.begin_review(teacher, link, learner)
    said = platform.claims_of(begun.launch, "n")
    assert said[LTI + "message_type"] == Message.SUBMISSION_REVIEW
    assert said[LTI + "for_user"]["user_id"] == learner.id


def test_claims_can_be_replaced_and_left_out(platform: Platform) -> None:
    link = a_link(platform)
    learner = platform.course.learners[0]
    said = platform.claims(
        learner, link, nonce="n", claims={"sub": "x", "exp": 1}, without=("iat",)
    )
    assert (said["sub"], said["exp"], "iat" in said) == ("x", 1, False)


def test_new_key_signs_and_the_old_one_stays_published(platform: Platform) -> None:
    link = a_link(platform)
    learner = platform.course.learners[0]
    before = platform.id_token(learner, link, nonce="n")
    platform.rotate_keys()
    after = platform.id_token(learner, link, nonce="n")
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert read(platform, before)["sub"] == read(platform, after)["sub"]


def test_copied_course_has_the_same_custom_values_under_new_ids(platform: Platform) -> None:
    link = a_link(platform, column=100)
    copied = platform.copy_course(platform.course)
    again = platform.records.links_of(copied)[0]
    assert again.id != link.id
    assert (again.custom, again.history) == (link.custom, (link.id,))
    assert platform.column(again) is None
