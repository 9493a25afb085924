"""The time zones that people can choose."""

from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from lms.web.core.time_zone_choices import USUAL, zone_choices, zone_name
from tests.clock import NOW

EASTERN = str(dict(USUAL)["America/New_York"])


def test_usual_zones_come_first_with_their_current_time(app: Flask) -> None:
    with app.test_request_context():
        (_, first), *_rest = zone_choices(NOW).items()
    assert first[0] == ("America/New_York", f"{EASTERN}, 10:00\u00a0AM")


def test_every_zone_is_valid_and_offered_once(app: Flask) -> None:
    with app.test_request_context():
        names = [name for group in zone_choices(NOW).values() for name, _label in group]
    assert len(names) == len(set(names)) > 400
    assert {name for name, _label in USUAL} < set(names)
    assert all(ZoneInfo(name) for name in names)


def test_old_zone_name_in_use_is_offered(app: Flask) -> None:
    with app.test_request_context():
        groups = zone_choices(NOW, present="US/Eastern")
    assert "US/Eastern" in dict(next(iter(groups.values())))


@pytest.mark.parametrize("name", ["Mars/Olympus", "../UTC", "x" * 300, "", "A\u0663"])
def test_invalid_zone_is_not_offered(app: Flask, name: str) -> None:
    with app.test_request_context():
        assert zone_choices(NOW, present=name) == zone_choices(NOW)


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("America/New_York", EASTERN),
        ("America/Argentina/Buenos_Aires", "Buenos Aires, Argentina"),
        ("Europe/Paris", "Paris"),
        ("Etc/UTC", "Etc/UTC"),
        ("US/Eastern", "US/Eastern"),
    ],
)
def test_zone_has_its_common_name(app: Flask, zone: str, name: str) -> None:
    with app.test_request_context():
        assert zone_name(zone) == name
