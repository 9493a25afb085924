"""The content that a link's custom parameters name."""

import pytest

from lms.core.errors import Invalid
from lti.protocol.content_target import Target, read_target


def test_custom_parameters_name_a_webinar_and_a_clip() -> None:
    custom = {"webinar": "weeding-with-care", "start": "1:30", "end": "0:02:45"}
    assert read_target(custom) == Target(webinar="weeding-with-care", starts_s=90, ends_s=165)


def test_grade_column_is_named_after_its_content() -> None:
    assert Target(webinar="w", starts_s=5, ends_s=9).resource_id == "webinar=w&start=5&end=9"
    assert Target(series="s").resource_id == "series=s"


def test_target_survives_a_round_trip() -> None:
    for target in (
        Target(webinar="w", starts_s=5, ends_s=9),
        Target(series="s"),
        Target(webinar="w"),
    ):
        assert read_target(target.custom) == target
        assert read_target(target.custom) == target


@pytest.mark.parametrize(
    "custom",
    [
        {},
        {"webinar": ""},
        {"webinar": "$ResourceLink.title"},
        {"webinar": None},
        {"webinar": ["a"]},
    ],
)
def test_unresolved_parameters_name_nothing(custom: dict[str, object]) -> None:
    assert read_target(custom) is None


@pytest.mark.parametrize(
    "clip",
    [
        {"start": "soon"},
        {"start": "9", "end": "9"},
        {"end": "0"},
        {"start": "-4"},
        {"end": "99:00:00"},
    ],
)
def test_invalid_clip_is_refused(clip: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        read_target({"webinar": "w", **clip})
