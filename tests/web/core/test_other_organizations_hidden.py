"""What each role finds in an organization's area: nothing of another one, and only what is theirs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.lti_facade.uploaded_lists import keep_list
from lms.mail.links import Links
from lms.models.audit import AuditEntry
from lms.models.kits import DeliveryKit
from lms.models.organizations import MemberInvitation, Organization, Role
from lms.models.seat_imports import ImportState, SeatImport
from lms.models.seats import Seat
from lms.models.training import GroupSupervisor, Trainee, Training, TrainingGroup
from lms.organizations.manager_and_owner_permissions import managed_organization
from lms.organizations.member_invitations import ask_in
from lms.organizations.memberships import NewMember
from lms.seats.bulk_release_and_reinvite import Act, begin
from lms.web.core.route_guard import Audience, Audiences, audiences_of
from lti.models.courses import Context, ResourceLink
from lti.models.embed_links import OutsideCompletion
from lti.models.registrations_and_keys import Deployment, Registration
from lti.registrations.invites import make_invite
from tests.cast import Cast, Person, Roles
from tests.clock import NOW, Clock
from tests.factories import (
    make_assignment,
    make_group,
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_verified_domain,
    make_waiting_entry,
    make_webinar,
)
from tests.lti.course_fixtures import make_course
from tests.lti.embed_links.embed_link_fixtures import make_embed
from tests.visitor import Visitor

NOT_FOUND = 404
# What is no thing of an organization's: the area's own, and names that everybody may know.
OWN: Mapping[str, str] = {"product": "moodle", "kind": "webinar"}
Things = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Both:
    """The outside ids of two organizations' things, by the variables of routes."""

    mine: Things
    theirs: Things


def _things(session: Session, organization: Organization, owner_id: int, mark: str) -> Things:
    """Make one of each kind of thing of an organization."""
    webinar, links = make_webinar(session), Links("https://library.example.org")
    recording = make_recording(session, webinar)
    pool = make_pool(session, organization, webinar)
    make_pool_grant(session, pool)
    child = make_organization(session)
    child.parent_id = organization.id
    part = make_pool(session, child, webinar)
    part.allotted_from_id, part.allotted = pool.id, 1
    sits = make_assignment(session, pool, make_login(session, name=f"Seated {mark}"))
    entry = make_waiting_entry(session, pool, make_login(session, name=f"Waiting {mark}"))
    listed = SeatImport(pool_id=pool.id, state=ImportState.CHECKED, created_at=NOW)
    session.add(listed)
    session.flush()
    managed = managed_organization(
        session, organization.public_id, login_id=owner_id, may_look=True
    )
    new = NewMember(read_address(f"new-{mark}@example.org"), Role.MEMBER, f"New {mark}")
    ask_in(session, managed, new, links=links, actor=None, now=NOW)
    course = make_course(session, organization.id)
    deployment = session.get_one(Deployment, course.deployment_id)
    seat_id = session.get_one(Seat, sits.seat_id).public_id
    job = begin(session, Act.RELEASE, organization.public_id, [seat_id], actor="a" * 26, now=NOW)
    member = make_login(session, name=f"Grouped {mark}")
    make_membership(session, organization, member)
    reported = OutsideCompletion(
        organization_id=organization.id,
        webinar_id=webinar.id,
        email="pat@example.org",
        email_key="pat@example.org",
        source="Elsewhere",
        completed_at=NOW,
        created_at=NOW,
    )
    kit = DeliveryKit(organization_id=organization.id, recording_id=recording.id, created_at=NOW)
    training = Training(
        organization_id=organization.id,
        title=f"Training {mark}",
        due_at=NOW + timedelta(days=9),
        created_at=NOW,
    )
    session.add_all((reported, kit, training))
    group = make_group(session, organization, f"Group {mark}", member)
    session.add_all(
        Trainee(training_id=training.id, login_id=login_id, created_at=NOW)
        for login_id in (member.id, sits.login_id)
    )
    return {
        "pool_id": pool.public_id,
        "part_id": part.public_id,
        "seat_id": seat_id,
        "entry_id": entry.public_id,
        "import_id": listed.public_id,
        "member_id": member.public_id,
        "invitation_id": session.scalars(
            select(MemberInvitation.public_id).where(
                MemberInvitation.organization_id == organization.id
            )
        ).one(),
        "domain_id": make_verified_domain(session, organization, f"{mark}.example").public_id,
        "job_id": job or "",
        "invite_id": make_invite(
            session, organization.id, allows_loopback=False, actor=None, now=NOW
        ).public_id,
        "deployment_id": deployment.public_id,
        "registration_id": session.get_one(Registration, deployment.registration_id).public_id,
        "course_id": session.get_one(Context, course.context_id).public_id,
        "name": webinar.public_id,
        "slug": webinar.slug,
        "reported_id": reported.public_id,
        "kit_id": kit.public_id,
        "training_id": training.public_id,
        "group_id": group.public_id,
        "login_id": member.public_id,
        "link_id": session.get_one(ResourceLink, course.link_id).public_id,
    }


def _kept_besides(carrel: Carrel, cast: Cast, organization: Organization, list_: Path) -> Things:
    """Make what needs more than rows: an embed link, and a list that was sent."""
    with carrel.database.transaction() as session:
        embed = make_embed(session, cast, carrel.settings, organization_id=organization.id)
    return {
        "embed_id": embed.public_id,
        "list_id": keep_list(carrel, organization.public_id, list_, now=NOW),
    }


@pytest.fixture
def both(carrel: Carrel, cast: Cast, clock: Clock, tmp_path: Path) -> Both:
    list_ = tmp_path / "list.csv"
    list_.write_text("email,webinar,completed\na@b.example,Reading rooms,2026-01-01\n")
    with carrel.database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        other = make_organization(session)
        mine = _things(session, elm, cast.mia.id, "mine")
        theirs = _things(session, other, cast.ada.id, "theirs")
    return Both(
        {**mine, **_kept_besides(carrel, cast, elm, list_)},
        {**theirs, **_kept_besides(carrel, cast, other, list_)},
    )


def _ways(app: Flask, both: Both, here: str) -> list[tuple[str, str, bool]]:
    """Return each way into the area with things in its address: method, path, whether all are mine."""
    ways = []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/organization/<organization_id>"):
            continue
        names = sorted(rule.arguments - {"organization_id", *OWN})
        for whose in product((both.mine, both.theirs), repeat=len(names)):
            values = {name: things[name] for name, things in zip(names, whose, strict=True)}
            path = _filled(rule.rule, {"organization_id": here, **OWN, **values})
            ways.extend(
                (method, path, all(things is both.mine for things in whose))
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
                if names
            )
    return ways


@dataclass(frozen=True, slots=True)
class Way:
    """One way into Elm County's area, with things of its own in the address."""

    endpoint: str
    method: str
    path: str
    audiences: Audiences


def _own_ways(app: Flask, both: Both, here: str) -> list[Way]:
    values = {"organization_id": here, **OWN, **both.mine}
    return [
        Way(
            rule.endpoint,
            method,
            _filled(rule.rule, values),
            audiences_of(app.view_functions[rule.endpoint]),
        )
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/organization/<organization_id>")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


@dataclass(frozen=True, slots=True)
class Looker:
    """A person who looks: what opens to them, whom they must see, and whom they may not."""

    person: Person
    opens: frozenset[Audience]
    sees: str
    not_shown: tuple[str, ...]


@pytest.fixture
def lookers(database: Database, cast: Cast, roles: Roles, both: Both) -> list[Looker]:
    """Everybody whose role opens something of Elm County, and who has none there."""
    with database.transaction() as session:
        group = select(TrainingGroup.id).where(TrainingGroup.public_id == both.mine["group_id"])
        group_id = session.scalars(group).one()
        session.add(GroupSupervisor(group_id=group_id, login_id=roles.sue.id))
    kinds = ("Seated", "Waiting", "Grouped", "Group", "Training", "New")
    other = tuple(f"{kind} theirs" for kind in kinds)
    outside = ("Seated mine", "Waiting mine", "New mine", "Hugo", "Cataloging")
    people = ("Grouped mine", "Group mine", "Training mine", "Rita", "Circulation", *outside)

    def looker(person: Person, *opens: Audience, sees: str = "", hides: tuple[str, ...]) -> Looker:
        return Looker(person, frozenset(opens), sees, hides)

    return [
        looker(cast.mia, Audience.MANAGERS, sees="Seated mine", hides=other),
        looker(roles.olive, Audience.MANAGERS, sees="Seated mine", hides=other),
        looker(cast.ada, Audience.MANAGERS, Audience.STAFF, sees="Seated mine", hides=other),
        looker(roles.sue, Audience.SUPERVISORS, sees="Grouped mine", hides=(*other, *outside)),
        looker(roles.bill, Audience.BILLING, sees="No orders yet", hides=(*other, *people)),
        looker(roles.lee, Audience.LMS_ADMINS, sees="Learning system", hides=(*other, *people)),
        looker(roles.beth, Audience.BOOKKEEPERS, sees="No orders yet", hides=(*other, *people)),
        looker(roles.max, hides=()),
        looker(roles.rita, hides=()),
        looker(cast.dan, hides=()),
    ]


def test_each_role_opens_what_is_its_own_and_nothing_else(
    app: Flask,
    client: Visitor,
    database: Database,
    cast: Cast,
    both: Both,
    lookers: list[Looker],
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    ways = _own_ways(app, both, here)
    for looker in lookers:
        client.sign_in(looker.person.id)
        for way in ways:
            is_open = bool(way.audiences & looker.opens)
            if way.method != "GET" and is_open:
                continue  # its own tests do it
            status = client.open(way.path, method=way.method).status_code
            assert (status not in (NOT_FOUND, 403, 500)) is is_open, (looker.person.name, way)


def test_the_pages_of_each_role_show_what_is_theirs_and_no_foreign_row(
    app: Flask,
    client: Visitor,
    database: Database,
    cast: Cast,
    both: Both,
    lookers: list[Looker],
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    ways = [way for way in _own_ways(app, both, here) if way.method == "GET"]
    for looker in lookers:
        client.sign_in(looker.person.id)
        opened = [way for way in ways if way.audiences & looker.opens]
        pages = {way: client.get(way.path).text for way in opened}
        told = " ".join(pages.values())
        assert looker.sees in told
        shown = {
            (looker.person.name, way.endpoint, words)
            for way, page in pages.items()
            for words in (*looker.not_shown, *both.theirs.values())
            if words in page
        }
        assert shown == set()


def test_the_pages_of_each_role_link_and_post_only_where_it_may(
    app: Flask,
    client: Visitor,
    database: Database,
    cast: Cast,
    both: Both,
    lookers: list[Looker],
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    ways = [way for way in _own_ways(app, both, here) if way.method == "GET"]
    signed_in = {Audience.EVERYONE, Audience.SIGNED_IN, Audience.FRAME}
    for looker in lookers:
        client.sign_in(looker.person.id)
        paths = [way.path for way in ways if way.audiences & looker.opens]
        if Audience.BOOKKEEPERS in looker.opens:
            paths += ["/staff", "/staff/sales", "/staff/prices"]
        for path in paths:
            page = client.get(path)
            if page.mimetype != "text/html":
                continue
            for method, url in _links(page.text):
                endpoint, _ = app.url_map.bind("localhost").match(url, method=method)
                audiences = audiences_of(app.view_functions[endpoint])
                assert audiences & (looker.opens | signed_in), (looker.person.name, path, url)


def _links(page: str) -> set[tuple[str, str]]:
    """Return where a page leads by links, and where its forms are sent."""
    found = {("GET", url) for url in re.findall(r'<a\b[^>]*?href="(/[^"#?]*)', page)}
    for form in re.findall(r"<form\b[^>]*>", page):
        action = re.search(r'action="(/[^"#?]*)', form)
        if action:
            method = "POST" if 'method="post"' in form else "GET"
            found.add((method, action[1]))
    return {(method, url) for method, url in found if not url.startswith("/static/")}


def _filled(rule: str, values: Things) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule)


def test_what_is_anothers_is_not_there_at_any_door_and_nothing_is_written(
    app: Flask, client: Visitor, database: Database, cast: Cast, both: Both
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
        written = len(session.scalars(select(AuditEntry.id)).all())
    client.sign_in(cast.mia.id)
    foreign = [way for way in _ways(app, both, here) if not way[2]]
    answers = [(way, client.open(way[1], method=way[0]).status_code) for way in foreign]
    assert len(foreign) > 20
    assert [one for one in answers if one[1] != NOT_FOUND] == []
    with database.read_session() as session:
        assert len(session.scalars(select(AuditEntry.id)).all()) == written


def test_what_is_ones_own_is_there(
    app: Flask, client: Visitor, database: Database, cast: Cast, both: Both
) -> None:
    """Else the test above would prove nothing."""
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    client.sign_in(cast.mia.id)
    own = [way for way in _ways(app, both, here) if way[2] and way[0] == "GET"]
    answers = [(way, client.open(way[1], method=way[0]).status_code) for way in own]
    assert [one for one in answers if one[1] == NOT_FOUND or one[1] >= 500] == []


@pytest.mark.parametrize(
    "path",
    [
        "/people/release",
        "/people/released",
        "/people/resend",
        "/people/move",
        "/people/moved",
    ],
)
def test_no_form_reaches_anothers_seat(
    client: Visitor, database: Database, cast: Cast, both: Both, path: str
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    client.sign_in(cast.mia.id)
    form = {"seat": [both.mine["seat_id"], both.theirs["seat_id"]], "to": both.mine["pool_id"]}
    assert client.post(f"/organization/{here}{path}", data=form).status_code == NOT_FOUND


@pytest.mark.parametrize("path", ["/import", "/people/moved", "/invite", "/people/release"])
def test_no_form_reaches_anothers_pool(
    client: Visitor, database: Database, cast: Cast, both: Both, path: str
) -> None:
    with database.read_session() as session:
        here = session.get_one(Organization, cast.organization_id).public_id
    client.sign_in(cast.mia.id)
    theirs = both.theirs["pool_id"]
    form = {"pool": theirs, "to": theirs, "seat": both.mine["seat_id"], "addresses": "a@b.example"}
    assert client.post(f"/organization/{here}{path}", data=form).status_code == NOT_FOUND
