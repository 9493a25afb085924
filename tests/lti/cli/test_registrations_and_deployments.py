"""carrel lti: registrations, deployments, and invites."""

from sqlalchemy import select

from lms.core.database import Database
from lms.models.mail import Mail
from lti.launches.launch_log import Occurrence, write_launch
from lti.models.registrations_and_keys import Registration, RegistrationState
from lti.registrations.deployments import see_deployment
from lti.registrations.registrations import NewRegistration, add_registration
from tests.cast import Cast
from tests.cli.command_runner import Ran, Shell
from tests.clock import NOW, Clock
from tests.lti.factories import platform_details

PLATFORM = {
    "issuer": "https://lms.example.edu",
    "client-id": "abc",
    "auth-url": "https://lms.example.edu/auth",
    "token-url": "https://lms.example.edu/token",
    "jwks-url": "https://lms.example.edu/jwks",
    "organization": "elm-county",
}


def add(shell: Shell, *more: str, **changed: str) -> Ran:
    values = {**PLATFORM, **{name.replace("_", "-"): value for name, value in changed.items()}}
    options = [part for name, value in values.items() for part in (f"--{name}", value)]
    return shell("lti", "registration", "add", *options, *more, "--json")


def test_registration_is_added_with_its_deployments_and_listed(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    ran = add(
        carrel_command, "--deployment", "1", "--deployment", "2", token_audience="https://aud"
    )
    assert (ran.code, ran.answer["state"], ran.answer["organization"]) == (
        0,
        "active",
        "elm-county",
    )
    assert ran.answer["deployments"] == ["1", "2"]
    assert ran.answer["token_audience"] == "https://aud"  # noqa: S105  (no password)
    listed = carrel_command("lti", "registration", "list", "--json").answer["items"]
    assert [(one["id"], sorted(one["deployments"])) for one in listed] == [
        (ran.answer["id"], ["1", "2"])
    ]
    deployed = carrel_command("lti", "deployment", "list", "--json").answer["items"]
    assert {one["state"] for one in deployed} == {"approved"}


def test_registration_names_its_product(
    carrel_command: Shell, cast: Cast, database: Database, clock: Clock
) -> None:
    ran = add(carrel_command, product="open-edx")
    assert ran.answer["name"] == "elm-county · Open edX · lms.example.edu"
    with database.read_session() as session:
        assert session.scalars(select(Registration.product)).one() == "open-edx"
    assert add(carrel_command, product="nothing", client_id="d").code == 2


def test_plain_http_requires_allow_loopback(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    address = "http://127.0.0.1:9/jwks"
    refused = add(carrel_command, jwks_url=address)
    assert (refused.code, refused.complaint["code"]) == (1, "invalid")
    assert "jwks_url" in refused.complaint["message"]
    assert add(carrel_command, "--allow-loopback", jwks_url=address).answer["allows_loopback"]


def test_duplicate_registration_and_unknown_organization_are_refused(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    assert add(carrel_command).code == 0
    assert (again := add(carrel_command)).code == 1
    assert again.complaint["code"] == "conflict"
    assert add(carrel_command, client_id="d", organization="nobody").code == 3
    assert carrel_command("lti", "registration", "add", "--issuer", "x").code == 2


def test_deployment_is_approved_and_refused(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    made = add(carrel_command).answer["id"]
    to = ("--organization", "elm-county", "--json")
    ran = carrel_command("lti", "deployment", "approve", made, "7", *to)
    assert (ran.code, ran.answer["state"], ran.answer["organization"]) == (
        0,
        "approved",
        "elm-county",
    )
    ran = carrel_command("lti", "deployment", "refuse", made, "7", "--json")
    assert (ran.code, ran.answer["state"]) == (0, "refused")
    assert carrel_command("lti", "deployment", "refuse", made, "8", "--json").code == 3
    assert carrel_command("lti", "deployment", "approve", "0" * 26, "7", *to).code == 3


def test_registration_is_disabled_and_approved_again_and_managers_are_emailed(
    carrel_command: Shell, cast: Cast, database: Database, clock: Clock
) -> None:
    made = add(carrel_command).answer["id"]
    assert carrel_command("lti", "registration", "disable", made, "--json").answer["state"] == (
        "disabled"
    )
    assert carrel_command("lti", "registration", "approve", made, "--json").answer["state"] == (
        "active"
    )
    carrel_command("lti", "registration", "approve", made, "--json")  # sends no second email
    with database.read_session() as session:
        mails = session.scalars(select(Mail).order_by(Mail.id)).all()
    assert [(one.recipient, one.subject.rpartition(" ")[2]) for one in mails] == [
        (cast.mia.email, "off"),
        (cast.mia.email, "approved"),
    ]


def test_registration_settings_remain_until_they_are_changed(
    carrel_command: Shell, cast: Cast, clock: Clock
) -> None:
    made = add(carrel_command).answer["id"]
    fields = ("leeway_s", "admits_anonymous", "frame_origins")

    def setting(*more: str) -> Ran:
        return carrel_command("lti", "registration", "set", made, *more, "--json")

    def kept(ran: Ran) -> list[object]:
        return [ran.answer[name] for name in fields]

    origins = ("--frame-origin", "https://a.example", "--frame-origin", "https://b.example")
    assert kept(setting("--leeway", "90", "--admit-anonymous", *origins)) == [
        90,
        True,
        ["https://a.example", "https://b.example"],
    ]
    assert kept(setting("--refuse-anonymous")) == [
        90,
        False,
        ["https://a.example", "https://b.example"],
    ]
    assert kept(setting("--frame-origin", "")) == [90, False, []]
    refused = setting("--leeway", "301")
    assert (refused.code, refused.complaint["code"]) == (1, "invalid")
    assert carrel_command("lti", "registration", "set", "0" * 26, "--json").code == 3


def test_approving_a_registration_approves_its_deployments(
    carrel_command: Shell, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        new = NewRegistration(
            "https://second.example.edu",
            "c",
            platform_details(),
            "elm-county",
            RegistrationState.PENDING,
        )
        made = add_registration(session, new, actor=None, now=NOW)
        see_deployment(session, made.id, "7", now=NOW)
    ran = carrel_command("lti", "registration", "approve", made.public_id, "--json")
    assert (ran.answer["state"], ran.answer["deployments"]) == ("active", ["7"])
    listed = carrel_command("lti", "deployment", "list", "--json").answer["items"]
    assert [(one["state"], one["organization"]) for one in listed] == [("approved", "elm-county")]


def test_invite_returns_a_registration_url(
    carrel_command: Shell, cast: Cast, database: Database
) -> None:
    ran = carrel_command("lti", "invite", "elm-county", "--json")
    assert ran.code == 0
    assert ran.answer["url"].startswith("http://localhost/lti/register/")
    assert len(ran.answer["url"].rsplit("/", 1)[1]) == 43
    assert carrel_command("lti", "invite", "nobody", "--json").code == 3


def test_keys_rotate_at_once_only_with_the_at_once_option(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    refused = carrel_command("lti", "keys", "rotate", "--json")
    assert (refused.code, refused.complaint["code"]) == (1, "too_soon")
    ran = carrel_command("lti", "keys", "rotate", "--at-once", "--json")
    listed = carrel_command("lti", "keys", "list", "--json").answer["items"]
    assert {one["state"] for one in listed if one["kid"] == ran.answer["kid"]} == {"active"}
    # the old key is no longer published, so anyone who knows it can't sign with it
    assert {one["state"] for one in listed} == {"next", "active"}


def test_launch_log_is_listed_and_filtered(
    carrel_command: Shell, cast: Cast, database: Database, clock: Clock
) -> None:
    made = add(carrel_command, "--deployment", "1").answer["id"]
    with database.transaction() as session:
        row = session.scalars(select(Registration)).one()
        write_launch(session, Occurrence(registration_id=row.id), now=NOW)
    items = carrel_command("lti", "log", "--json").answer["items"]
    assert [one["outcome"] for one in items] == ["launched"]
    narrowed = carrel_command("lti", "log", "--registration", made, "--refused", "--json")
    assert narrowed.answer["items"] == []
    of_one = carrel_command("lti", "log", "--organization", "elm-county", "--json")
    assert len(of_one.answer["items"]) == 1
    assert carrel_command("lti", "log", "--organization", "nobody", "--json").code == 3
