"""A valid deep linking answer becomes links; an invalid one lists its faults."""

import time

import pytest
import requests

from lti.selftest.platform.keys import Key
from lti.selftest.platform.vocabulary import DEEP_LINKING, LTI
from tests.platform.deep_linking import receive
from tests.platform.platform import Platform
from tests.platform.services.service_client import KEY, register

ITEM = {
    "type": "ltiResourceLink",
    "title": "One",
    "url": "https://tool.example/launch",
    "custom": {"webinar": "one"},
    "iframe": {"width": 800, "height": 600},
    "thumbnail": {"url": "https://tool.example/1.jpg", "width": 320, "height": 180},
}
COLUMN = {"scoreMaximum": 100, "label": "Watched", "resourceId": "one", "tag": "watched"}
DATA = DEEP_LINKING + "data"
ITEMS = DEEP_LINKING + "content_items"


class Choosing:
    """A deep linking request; `answer` signs a valid answer with changes."""

    def __init__(self, platform: Platform, **deep_linking: object) -> None:
        self.platform, self.tool = platform, register(platform)
        teacher = platform.course.instructors[0]
        begun = platform.begin_deep_linking(teacher, self.tool, deep_linking=deep_linking)
        self.launch = begun.launch
        said = platform.claims_of(begun.launch, "n")
        self.settings = said[DEEP_LINKING + "deep_linking_settings"]

    def claims(self, **changes: object) -> dict:
        now = int(time.time())
        claims = {
            "iss": self.tool.client_id,
            "aud": self.platform.issuer,
            "iat": now,
            "exp": now + 300,
            "nonce": str(time.monotonic_ns()),
            LTI + "message_type": "LtiDeepLinkingResponse",
            LTI + "version": "1.3.0",
            LTI + "deployment_id": self.tool.deployment_id,
            ITEMS: [ITEM],
        }
        if "data" in self.settings:
            claims[DATA] = self.settings["data"]
        claims |= changes
        return {name: value for name, value in claims.items() if value != "absent"}

    def answer(self, key: Key = KEY, **changes: object):
        return receive(self.platform, self.launch.id, key.sign(self.claims(**changes)))


def test_several_items_become_links_with_columns(platform: Platform) -> None:
    choosing = Choosing(platform)
    second = {**ITEM, "title": "Two", "lineItem": COLUMN}
    answer = choosing.answer(**{ITEMS: [ITEM, second]})
    assert answer.faults == ()
    assert [link.title for link in answer.links] == ["One", "Two"]
    assert platform.column(answer.links[0]) is None
    assert platform.column(answer.links[1]).tag == "watched"
    assert platform.records.links_of(platform.course) == list(answer.links)


def test_browser_posts_the_answer_once(platform: Platform) -> None:
    choosing = Choosing(platform)
    url = choosing.settings["deep_link_return_url"]
    signed = KEY.sign(choosing.claims())
    posted = requests.post(url, data={"JWT": signed}, timeout=60)
    assert (posted.status_code, "1 added" in posted.text) == (200, True)
    again = requests.post(url, data={"JWT": signed}, timeout=60)
    assert (again.status_code, "nonce" in again.text) == (400, True)
    assert len(platform.records.links) == 1


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"iss": "other"}, "iss"),
        ({"aud": "https://elsewhere.example"}, "aud"),
        ({"exp": "absent"}, "exp"),
        ({"exp": 1_700_000_000}, "expired"),
        ({"exp": 4_000_000_000}, "more than 600"),
        ({"iat": 4_000_000_000, "exp": 4_000_000_300}, "future"),
        ({"nonce": "absent"}, "nonce"),
        ({LTI + "message_type": "LtiResourceLinkRequest"}, "message_type"),
        ({LTI + "version": "1.3"}, "version"),
        ({LTI + "deployment_id": "99"}, "deployment_id"),
        ({DATA: "absent"}, "data"),
        ({DATA: "csrf"}, "data"),
        ({DEEP_LINKING + "msg": None}, "null"),
        ({ITEMS: {}}, "content_items"),
        ({ITEMS: [{**ITEM, "type": "widget"}]}, "type"),
        ({ITEMS: [{**ITEM, "url": "https://evil.example/"}]}, "url"),
        ({ITEMS: [{**ITEM, "custom": {"start": 5}}]}, "custom"),
        ({ITEMS: [{**ITEM, "custom": {"start": None}}]}, "null"),
        ({ITEMS: [{**ITEM, "lineItem": {"label": "a"}}]}, "scoreMaximum"),
        ({ITEMS: [{**ITEM, "iframe": {"width": "800"}}]}, "width"),
        ({ITEMS: [{**ITEM, "thumbnail": {"width": 8}}]}, "thumbnail"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_answer_lists_its_fault_and_creates_nothing(platform, changes, fault) -> None:
    answer = Choosing(platform).answer(**changes)
    assert any(fault in said for said in answer.faults), answer.faults
    assert platform.records.links == {}
    assert platform.answers == [answer]


def test_signature_with_a_strangers_key_is_refused(platform) -> None:
    answer = Choosing(platform).answer(Key(KEY.kid, Key.make().private))
    assert "signature" in answer.faults[0]


def test_data_that_was_not_sent_is_refused(platform) -> None:
    choosing = Choosing(platform, data=None)
    assert choosing.answer().faults == ()
    assert "data" in choosing.answer(**{DATA: "x"}).faults[0]


def test_second_item_and_declined_column_are_refused(platform) -> None:
    choosing = Choosing(platform, accept_multiple=False, accept_lineitem=False)
    assert "one is accepted" in choosing.answer(**{ITEMS: [ITEM, ITEM]}).faults[0]
    column = choosing.answer(**{ITEMS: [{**ITEM, "lineItem": COLUMN}]})
    assert "not accepted" in column.faults[0]


def test_page_in_a_frame_has_no_header(platform: Platform) -> None:
    address = f"{platform.url}/courses/{platform.course.id}/back"
    for destination, heads in (("document", 1), ("iframe", 0)):
        page = requests.get(address, headers={"Sec-Fetch-Dest": destination}, timeout=60).text
        assert page.count('<header class="top">') == heads
        assert "Back in the course" in page
