"""carrel pool add and list, carrel seats claim, invite, release and list."""

from datetime import timedelta

import pytest

from tests.cast import Cast
from tests.cli.command_runner import Ran, Shell
from tests.clock import NOW, Clock

SEATS_FOR_ALL = ("pool", "add", "elm-county", "--everything")


def sold(carrel_command: Shell, *arguments: str) -> str:
    ran = carrel_command(*SEATS_FOR_ALL, *arguments, "--json")
    assert ran.code == 0, ran.err
    return str(ran.answer["pool"])


def listed(ran: Ran) -> list[dict[str, object]]:
    return list(ran.answer["items"])


def test_pools_are_added_for_an_organization_and_listed(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    ran = carrel_command(
        "pool", "add", "elm-county", "--webinar", cast.slug, "--seats", "3", "--json"
    )
    assert ran.answer["capacity"] == ran.answer["free"] == 3
    assert (ran.answer["scope"], ran.answer["target"]) == ("webinar", cast.slug)
    assert ran.answer["permanent"] is True
    again = carrel_command("pool", "add", "elm-county", "--webinar", cast.slug, "--seats", "2")
    assert "5 seats, 0 of them in use" in again.out
    ends = ("--unlimited", "--starts", "2026-01-01T00:00", "--ends", "2027-01-01T00:00")
    pool = sold(carrel_command, *ends, "--zone", "America/New_York")
    items = listed(carrel_command("pool", "list", "elm-county", "--json"))
    assert [item["capacity"] for item in items] == [5, None]
    assert items[1]["pool"] == pool
    assert "unlimited seats" in carrel_command(*SEATS_FOR_ALL, "--unlimited").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("elm-county", "--seats", "3"), 2),
        (("elm-county", "--everything", "--webinar", "reading-rooms", "--seats", "3"), 2),
        (("elm-county", "--everything"), 2),
        (("elm-county", "--everything", "--seats", "3", "--unlimited"), 2),
        (("elm-county", "--everything", "--seats", "0"), 1),
        (("elm-county", "--everything", "--seats", "1", "--ends", "2020-01-01T00:00Z"), 1),
        (("elm-county", "--everything", "--seats", "1", "--ends", "2030-01-01T00:00"), 2),
        (("no-such", "--everything", "--seats", "1"), 3),
        (("elm-county", "--series", "no-such", "--seats", "1"), 3),
    ],
)
def test_invalid_pool_is_refused(
    carrel_command: Shell, cast: Cast, arguments: tuple[str, ...], code: int
) -> None:
    assert carrel_command("pool", "add", *arguments, "--json").code == code


def test_seat_is_claimed_once_and_a_full_pool_refuses(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    pool = sold(carrel_command, "--seats", "1")
    first = carrel_command("seats", "claim", pool, cast.dan.email, "--json")
    again = carrel_command("seats", "claim", pool, "DAN@example.org", "--json")
    assert (first.answer["result"], again.answer["result"]) == ("claimed", "already")
    assert first.answer["seat"] == again.answer["seat"]
    full = carrel_command("seats", "claim", pool, cast.bob.email, "--json")
    assert (full.code, full.complaint["code"]) == (1, "full")
    assert carrel_command("seats", "claim", pool, cast.dan.email).out.startswith("dan@example.org")


def test_unknown_login_and_unknown_pool_are_not_found(carrel_command: Shell, cast: Cast) -> None:
    pool = sold(carrel_command, "--seats", "1")
    nobody = carrel_command("seats", "claim", pool, "nobody@example.org", "--json")
    assert (nobody.code, nobody.complaint["code"]) == (3, "not_found")
    assert "carrel seats invite" in nobody.complaint["message"]
    assert carrel_command("seats", "claim", "0" * 26, cast.dan.email, "--json").code == 3
    assert carrel_command("seats", "list", "0" * 26, "--json").code == 3


def test_expired_pool_refuses_claims(carrel_command: Shell, cast: Cast, clock: Clock) -> None:
    ends = (NOW + timedelta(days=1)).isoformat()
    pool = sold(carrel_command, "--seats", "1", "--ends", ends)
    clock.advance(timedelta(days=2))
    closed = carrel_command("seats", "claim", pool, cast.dan.email, "--json")
    assert (closed.code, closed.complaint["code"]) == (1, "closed")


def test_invitations_report_a_result_for_each_person(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    pool = sold(carrel_command, "--seats", "2")
    carrel_command("seats", "claim", pool, cast.dan.email)
    ran = carrel_command(
        "seats", "invite", pool, cast.dan.email, "kim@example.org", "lee@example.org", "--json"
    )
    assert [item["result"] for item in listed(ran)] == ["already", "invited", "no_seat"]
    items = listed(carrel_command("seats", "list", pool, "--json"))
    assert [(item["email"], item["state"]) for item in items] == [
        ("dan@example.org", "claimed"),
        ("kim@example.org", "invited"),
    ]
    assert carrel_command("seats", "invite", pool, "no address", "--json").code == 1


def test_seat_is_released_and_the_wait_is_reported(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    pool = sold(carrel_command, "--seats", "2")
    carrel_command("seats", "claim", pool, cast.dan.email)
    done = carrel_command("seats", "release", pool, cast.dan.email, "--json")
    assert (done.answer["opens_at"], done.answer["needs_approval"]) == (None, False)
    for missing in (cast.dan.email, "no address"):
        assert carrel_command("seats", "release", pool, missing, "--json").code == 3
    dated = sold(carrel_command, "--seats", "2", "--ends", (NOW + timedelta(days=90)).isoformat())
    carrel_command("seats", "claim", dated, cast.dan.email)
    assert "7 days" in carrel_command("seats", "release", dated, cast.dan.email).out
    assert listed(carrel_command("seats", "list", dated, "--json"))[0]["state"] == "locked"
