"""Grade columns in the picker: offered unless declined, selected for everything but clips."""

import re

import pytest
from sqlalchemy import update

from lms.core.database import Database
from lti.deep_linking import BAD_POINTS
from lti.models.registrations_and_keys import Registration
from lti.web.deep_linking.picker import ONE_COLUMN
from tests.cast import Cast
from tests.lti.web.deep_linking.test_picker import DL, answer_of, open_picker, send
from tests.page_texts import shows
from tests.visitor import Visitor

ONE_COLUMN_NOTICE = 'data-testid="one-column"'


def test_no_column_is_created_if_the_platform_accepts_none(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast, accept_line_item=False)
    page = client.get(path, query_string={"add": f"webinar:{shelf['mold']}"}).text
    assert 'name="graded"' not in page
    sent = send(client, path, f"webinar:{shelf['mold']}", graded=shelf["mold"])
    (item,) = answer_of(client, sent.text)[f"{DL}content_items"]
    assert "lineItem" not in item
    assert item["custom"] == {"webinar": shelf["mold"]}  # the course can still add a column itself


def test_column_is_selected_by_default_except_for_a_clip(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path, name = open_picker(database, cast), shelf["mold"]

    def ticked(**more: str) -> bool:
        page = client.get(path, query_string={"add": f"webinar:{name}", **more}).text
        box = re.search(rf'<input type="checkbox"\s+id="graded-{name}"[^>]*>', page)
        assert box is not None
        return "checked" in box[0]

    clip = {f"start:{name}": "1:00"}
    assert ticked()
    assert not ticked(**clip)
    assert ticked(**clip, asked=name, graded=name)
    assert not ticked(asked=name)


def test_recording_with_a_cleared_box_has_no_column_and_says_so(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path, both = open_picker(database, cast), [shelf["mold"], shelf["moths"]]
    names = [f"webinar:{each}" for each in both]
    sent = client.post(path, data={"chosen": names, "asked": both, "graded": both[1:]})
    first, second = answer_of(client, sent.text)[f"{DL}content_items"]
    assert "lineItem" not in first
    assert first["custom"] == {"webinar": both[0], "grade": "none"}
    assert second["lineItem"]["resourceId"] == f"webinar={both[1]}"
    assert second["custom"] == {"webinar": both[1]}


@pytest.mark.parametrize("points", ["", "0", "-5", "7.5", "1001", "ten"])
def test_invalid_points_are_refused_and_stay_in_the_form(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str], points: str
) -> None:
    path, name = open_picker(database, cast), shelf["mold"]
    refused = send(client, path, f"webinar:{name}", points=points)
    assert refused.status_code == 400
    assert shows(refused.text, BAD_POINTS)
    assert f'value="{points}"' in refused.text
    assert "JWT" not in refused.text
    sent = send(client, path, f"webinar:{name}", points=points, asked=name)
    assert sent.status_code == 200  # nothing is graded, so no points are needed


def test_open_edx_links_in_one_component_share_one_column(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path, both = open_picker(database, cast), [shelf["mold"], shelf["moths"]]
    with database.transaction() as session:
        session.execute(update(Registration).values(product="openedx"))
    names = [f"webinar:{each}" for each in both]
    alone = client.get(path, query_string={"chosen": names[:1]}).text
    assert ONE_COLUMN_NOTICE not in alone
    page = client.get(path, query_string={"chosen": names}).text
    assert ONE_COLUMN_NOTICE in page
    boxes = [re.search(rf'id="graded-{each}"[^>]*>', page)[0] for each in both]  # type: ignore[index]  # both are there
    assert ["checked" in each for each in boxes] == [True, False]

    refused = client.post(path, data={"chosen": names, "asked": both, "graded": both})
    assert refused.status_code == 400
    assert shows(refused.text, ONE_COLUMN)
    sent = client.post(path, data={"chosen": names, "asked": both, "graded": both[1:]})
    items = answer_of(client, sent.text)[f"{DL}content_items"]
    assert ["lineItem" in each for each in items] == [False, True]


def test_links_in_other_products_have_separate_columns(
    client: Visitor, database: Database, cast: Cast, shelf: dict[str, str]
) -> None:
    path = open_picker(database, cast)
    names = [f"webinar:{shelf[each]}" for each in ("mold", "moths")]
    assert ONE_COLUMN_NOTICE not in client.get(path, query_string={"chosen": names}).text
    sent = send(client, path, *names)
    assert all("lineItem" in each for each in answer_of(client, sent.text)[f"{DL}content_items"])
