"""The picker and its signed answer: what is offered, what is sent, and what is refused."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import jwt
import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.models.catalog import Webinar, WebinarState
from lti.frames.session_creation import Opening, open_frame
from lti.models.launches import FrameRole, Purpose
from lti.models.registrations_and_keys import Deployment
from lti.protocol.messages import DeepLinking
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.lti.factories import CLIENT_ID, ISSUER, connect_elm_county
from tests.visitor import Visitor

RETURN_URL = f"{ISSUER}/mod/lti/contentitem_return.php?course=3&sesskey=x"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"


def asked(**values: Any) -> DeepLinking:
    given: dict[str, Any] = {
        "return_url": RETURN_URL,
        "accept_types": ("link", "ltiResourceLink"),
        "accept_multiple": True,
        "accept_line_item": True,
        "accept_targets": ("iframe", "window"),
        **values,
    }
    return DeepLinking(**given)


def open_picker(
    database: Database, cast: Cast, *, purpose: Purpose = Purpose.PICK, **values: Any
) -> str:
    """Open a picker of Elm County from a new platform; return its path."""
    with database.transaction() as session:
        registration = connect_elm_county(session, cast)
        deployment = session.scalars(
            select(Deployment.id).where(Deployment.registration_id == registration.id)
        ).one()
        secret = open_frame(
            session,
            Opening(
                purpose=purpose,
                role=FrameRole.ANONYMOUS,
                organization_id=cast.organization_id,
                origins=registration.origins,
                deployment_id=deployment,
                services={"deep_linking": asdict(asked(**values))},
            ),
            now=NOW,
        )
    return f"/lti/s/{secret}/pick"


def answer_of(client: Visitor, page: str) -> dict[str, Any]:
    """Return the claims of a page's answer after checking its signature with our published keys."""
    token = re.search(r'name="JWT" value="([^"]+)"', page)
    assert token is not None
    carrel = client.application.extensions["carrel"]
    from lti.keys.tool_keys import publish_keys  # noqa: PLC0415

    keys = publish_keys(carrel.database, carrel.settings.secret_key, now=NOW)
    kid = jwt.get_unverified_header(token[1])["kid"]
    key = next(jwt.PyJWK(each) for each in keys["keys"] if each["kid"] == kid)
    return jwt.decode(
        token[1],
        key,
        algorithms=["RS256"],
        audience=ISSUER,
        options={"verify_iat": False, "verify_exp": False},
    )


def send(client: Visitor, path: str, *chosen: str, **values: str) -> Any:
    form: Mapping[str, Any] = {"chosen": list(chosen), **values}
    return client.post(path, data=form, headers={"X-CSRFToken": ""})


def has_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(has_null(each) for each in value.values())
    if isinstance(value, list):
        return any(has_null(each) for each in value)
    return value is None


def test_picker_requires_the_secret(client: Visitor, cast: Cast) -> None:
    assert client.get("/lti/s/" + "x" * 43 + "/pick").status_code == 404


def test_session_for_watching_cannot_open_the_picker(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    path = open_picker(database, cast, purpose=Purpose.WATCH)
    assert client.get(path).status_code == 404
    assert send(client, path, act="cancel").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "\u00b2", "9" * 5000])
def test_invalid_page_number_shows_the_first_page(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str], page: str
) -> None:
    answer = client.get(open_picker(database, cast), query_string={"page": page})
    assert answer.status_code == 200
    assert "Moths" in answer.text


def test_picker_offers_only_the_organizations_recordings(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    page = client.get(open_picker(database, cast)).text
    assert "Mold" in page
    assert "Moths" in page
    assert "Theirs" not in page
    assert "Reading rooms" not in page


def test_search_preserves_the_selection(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast)
    page = client.get(path, query_string={"add": f"webinar:{shelf['mold']}", "q": "!!"}).text
    assert "No results" in page
    assert f'name="chosen" value="webinar:{shelf["mold"]}"' in page
    gone = client.get(
        path,
        query_string={
            "chosen": f"webinar:{shelf['mold']}",
            "remove": f"webinar:{shelf['mold']}",
        },
    ).text
    assert 'name="chosen"' not in gone


def test_series_can_be_selected_once_and_removed_in_the_list(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path, whole = open_picker(database, cast), f"series:{shelf['care']}"

    def acts(**more: str) -> set[str]:
        page = client.get(path, query_string={"series": shelf["care"], **more}).text
        return set(re.findall(rf'name="(\w+)"\s+value="{whole}"', page))

    assert acts() == {"add"}
    assert acts(add=whole) == acts(chosen=whole) == {"chosen", "remove"}
    assert acts(chosen=whole, remove=whole) == {"add"}


def test_three_items_are_returned_in_one_answer(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast, data="csrftoken:c7fbba78", title="x")
    sent = send(
        client,
        path,
        f"webinar:{shelf['mold']}",
        f"webinar:{shelf['moths']}",
        f"series:{shelf['care']}",
    )
    claims = answer_of(client, sent.text)
    assert (claims["iss"], claims["aud"]) == (CLIENT_ID, ISSUER)
    assert NOW.timestamp() < claims["exp"] <= NOW.timestamp() + 600
    assert claims["iat"] < NOW.timestamp()
    assert len(claims["nonce"]) >= 22
    assert claims[f"{LTI}message_type"] == "LtiDeepLinkingResponse"
    assert claims[f"{LTI}version"] == "1.3.0"
    assert claims[f"{LTI}deployment_id"] == "1"
    assert claims[f"{DL}data"] == "csrftoken:c7fbba78"
    assert not has_null(claims)
    items = claims[f"{DL}content_items"]
    assert [each["custom"] for each in items] == [
        {"webinar": shelf["mold"]},
        {"webinar": shelf["moths"]},
        {"series": shelf["care"]},
    ]
    first = items[0]
    assert (first["type"], first["title"]) == ("ltiResourceLink", "Mold")
    assert first["url"] == f"http://localhost/lti/launch?webinar={shelf['mold']}"
    assert first["thumbnail"]["url"].startswith("http://localhost/")
    assert {"width", "height"} == set(first["thumbnail"]) - {"url"} == set(first["iframe"])
    assert first["lineItem"]["scoreMaximum"] == 100
    # gradebooks that check each column, such as Sakai's, use this to offer a learner's details
    assert "Completed" in first["lineItem"]["submissionReview"]["reviewableStatus"]
    assert len({each["lineItem"]["resourceId"] for each in items}) == 3
    assert all(isinstance(value, str) for each in items for value in each["custom"].values())


@pytest.mark.parametrize("data", [None, ""])
def test_data_is_returned_only_if_it_was_sent(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str], data: str | None
) -> None:
    sent = send(client, open_picker(database, cast, data=data), f"webinar:{shelf['mold']}")
    claims = answer_of(client, sent.text)
    assert claims.get(f"{DL}data", "absent") == ("absent" if data is None else "")


def test_clip_has_a_start_and_an_end(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path, name = open_picker(database, cast), shelf["mold"]
    for end in ("0:30", "soon", "2:00:00"):
        refused = send(
            client, path, f"webinar:{name}", **{f"start:{name}": "1:00", f"end:{name}": end}
        )
        assert refused.status_code == 400
        assert f'value="{end}"' in refused.text
        assert "JWT" not in refused.text
    sent = send(client, path, f"webinar:{name}", **{f"start:{name}": "1:00", f"end:{name}": "2:30"})
    (item,) = answer_of(client, sent.text)[f"{DL}content_items"]
    assert item["custom"] == {"webinar": name, "start": "60", "end": "150", "grade": "none"}
    assert item["url"].endswith(f"?webinar={name}&start=60&end=150&grade=none")


def test_last_choice_wins_if_only_one_item_is_accepted(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast, accept_multiple=False)
    sent = send(client, path, f"webinar:{shelf['mold']}", f"webinar:{shelf['moths']}")
    items = answer_of(client, sent.text)[f"{DL}content_items"]
    assert [each["custom"]["webinar"] for each in items] == [shelf["moths"]]


def test_unavailable_or_malformed_items_are_refused(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast)
    for status, forged in (
        (400, f"webinar:{shelf['theirs']}"),
        (400, "webinar:theirs"),
        (400, "webinar:" + "0" * 26),
        (400, "series:" + "0" * 26),
        (404, "pool:1"),
        (404, "x"),
    ):
        answer = send(client, path, f"webinar:{shelf['mold']}", forged)
        assert answer.status_code == status
        assert "JWT" not in answer.text
        assert "Theirs" not in answer.text
    assert send(client, path, f"webinar:{shelf['mold']}").status_code == 200


def test_unavailable_recording_is_removed_from_the_selection(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast)
    kept, lost = f"webinar:{shelf['mold']}", f"webinar:{shelf['moths']}"
    with database.transaction() as session:
        session.execute(
            update(Webinar)
            .where(Webinar.public_id == shelf["moths"])
            .values(state=WebinarState.DRAFT)
        )
    searched = client.get(path, query_string={"chosen": [kept, lost], "q": "mold"}).text
    sent = send(client, path, kept, lost)
    assert sent.status_code == 400
    for page in (searched, sent.text):
        assert 'data-testid="lost"' in page
        assert re.findall(r'name="chosen" value="([^"]+)"', page) == [kept]
    assert 'data-testid="lost"' not in client.get(path, query_string={"chosen": kept}).text
    items = answer_of(client, send(client, path, kept).text)[f"{DL}content_items"]
    assert [each["custom"]["webinar"] for each in items] == [shelf["mold"]]


def test_unavailable_recording_does_not_replace_a_single_selection(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast, accept_multiple=False)
    chosen = {"chosen": f"webinar:{shelf['mold']}", "add": "webinar:" + "0" * 26}
    page = client.get(path, query_string=chosen).text
    assert 'data-testid="lost"' in page
    assert re.findall(r'name="chosen" value="([^"]+)"', page) == [chosen["chosen"]]


def test_session_can_answer_once(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast)
    assert send(client, path, f"webinar:{shelf['mold']}").status_code == 200
    assert send(client, path, f"webinar:{shelf['mold']}").status_code == 410
    assert client.get(path).status_code == 410


def test_canceling_returns_an_empty_answer(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    sent = send(client, open_picker(database, cast), f"webinar:{shelf['mold']}", act="cancel")
    assert answer_of(client, sent.text)[f"{DL}content_items"] == []


def test_empty_selection_shows_an_error(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    answer = send(client, open_picker(database, cast))
    assert answer.status_code == 400
    assert "Choose at least one recording." in answer.text


def test_answer_is_posted_only_to_the_return_url_and_framed_by_the_platform(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast)
    sent = send(client, path, f"webinar:{shelf['mold']}")
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in sent.headers["Content-Security-Policy"].split(";")
    )
    assert policy["form-action"] == f"{ISSUER}/mod/lti/contentitem_return.php"
    assert policy["frame-ancestors"] == ISSUER
    assert f'action="{RETURN_URL.replace("&", "&amp;")}"' in sent.text
    assert 'type="submit"' in sent.text


@pytest.mark.parametrize(
    ("return_url", "allowed"),
    [
        ("https://lms.example.edu/a b;c,d'e", "https://lms.example.edu/a%20b%3Bc%2Cd%27e"),
        ("https://lms.example.edu/cours/été", "https://lms.example.edu/cours/%C3%A9t%C3%A9"),
        ("https://lms.example.edu/a%20b?x=1", "https://lms.example.edu/a%20b"),
        ("https://bücher.example:8443/x", "https://xn--bcher-kva.example:8443/x"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
    ],
)
def test_policy_allows_only_the_escaped_return_url(
    client: Visitor,
    database: Database,
    cast: Cast,
    shelf: dict[str, str],
    return_url: str,
    allowed: str,
) -> None:
    sent = send(client, open_picker(database, cast, return_url=return_url), act="cancel")
    policy = sent.headers["Content-Security-Policy"]
    assert policy.isascii()
    assert [part for part in policy.split("; ") if part.startswith("form-action")] == [
        f"form-action {allowed}"
    ]


def test_organization_without_recordings_sees_an_empty_picker(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    page = client.get(open_picker(database, cast)).text
    assert "No recordings yet" in page


def test_placement_for_plain_links_gets_page_links(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast, accept_types=("file", "link"))
    mold, care = f"webinar:{shelf['mold']}", f"series:{shelf['care']}"
    page = client.get(path, query_string={"add": mold}).text
    assert "accepts only plain links" in page
    assert "Starts at" not in page
    assert "grade column" not in page
    items = answer_of(client, send(client, path, mold, care).text)[f"{DL}content_items"]
    assert [(each["type"], each["title"], each["url"]) for each in items] == [
        ("link", "Mold", "http://localhost/webinars/mold"),
        ("link", "Care", "http://localhost/series/care"),
    ]
    assert not [each for each in items if {"custom", "iframe", "lineItem"} & set(each)]
    for each in items:
        assert client.get(each["url"]).status_code == 200


def test_placement_for_html_gets_an_escaped_link(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    with database.transaction() as session:
        session.execute(update(Webinar).where(Webinar.slug == "mold").values(title="Mold & <b>"))
    path = open_picker(database, cast, accept_types=("html",))
    sent = send(client, path, f"webinar:{shelf['mold']}")
    (item,) = answer_of(client, sent.text)[f"{DL}content_items"]
    assert item == {
        "type": "html",
        "title": "Mold & <b>",
        "html": '<a href="http://localhost/webinars/mold">Mold &amp; &lt;b&gt;</a>',
    }


def test_placement_that_accepts_no_links_says_so(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    page = client.get(open_picker(database, cast, accept_types=("file",))).text
    assert "add recordings here" in page
