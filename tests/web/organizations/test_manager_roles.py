"""Roles in an organization, chosen by managers, and the groups that a supervisor sees."""

from sqlalchemy import select

from lms.core.database import Database
from lms.models.audit import AuditEntry
from lms.models.organizations import MemberInvitation, Membership, Organization, Role
from lms.models.training import GroupSupervisor, TrainingGroup
from lms.organizations.supervised_groups import NO_GROUP
from lms.people.role_texts import WHAT_ROLES_SEE
from tests.cast import Cast, Person, Roles
from tests.clock import NOW
from tests.mailbox import newest
from tests.page_texts import shows
from tests.visitor import Visitor


def area(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id)
        return f"/organization/{elm.public_id}"


def role_of(database: Database, person: Person) -> Role | None:
    with database.read_session() as session:
        found = select(Membership.role).where(Membership.login_id == person.id)
        return session.scalar(found)


def groups_of(database: Database, person: Person) -> list[str]:
    with database.read_session() as session:
        return list(
            session.scalars(
                select(TrainingGroup.name)
                .join(GroupSupervisor, GroupSupervisor.group_id == TrainingGroup.id)
                .where(GroupSupervisor.login_id == person.id)
                .order_by(TrainingGroup.name)
            )
        )


def answer(client: Visitor, database: Database, person: Person, word: str) -> int:
    client.sign_in(person.id)
    with database.read_session() as session:
        asked = session.scalars(select(MemberInvitation.public_id)).one()
    return client.post(f"/library/asked/{asked}", data={"answer": word}).status_code


def test_role_page_is_not_found_for_people_who_are_not_managers(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    path = f"{area(database, cast)}/members/{roles.rita.public_id}/role"
    for person in (cast.dan, roles.rita, roles.sue, roles.bill, roles.lee, roles.max, roles.beth):
        client.sign_in(person.id)
        assert client.get(path).status_code == 404
        assert client.post(path, data={"role": "manager"}).status_code == 404
    assert role_of(database, roles.rita) is Role.MEMBER


def test_manager_sees_what_each_role_can_see_and_changes_a_role(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    path = f"{area(database, cast)}/members/{roles.rita.public_id}/role"
    client.sign_in(cast.mia.id)
    page = client.get(path).text
    assert shows(page, WHAT_ROLES_SEE[Role.BILLING])
    assert not shows(page, WHAT_ROLES_SEE[Role.OWNER])  # only owners can give this role
    assert client.post(path, data={"role": "billing"}).status_code == 303
    assert role_of(database, roles.rita) is Role.BILLING


def test_supervisor_must_have_groups(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    path = f"{area(database, cast)}/members/{roles.rita.public_id}/role"
    client.sign_in(cast.mia.id)
    refused = client.post(path, data={"role": "supervisor"})
    assert refused.status_code == 400
    assert shows(refused.text, NO_GROUP)
    assert role_of(database, roles.rita) is Role.MEMBER
    both = [roles.circulation, roles.cataloging]
    assert client.post(path, data={"role": "supervisor", "groups": both}).status_code == 303
    assert groups_of(database, roles.rita) == ["Cataloging", "Circulation"]
    assert "Cataloging, Circulation" in client.get(f"{area(database, cast)}/members").text
    assert client.get(path).text.count("checked") == 3  # the role, and both groups
    client.post(path, data={"role": "supervisor", "groups": roles.cataloging})
    assert groups_of(database, roles.rita) == ["Cataloging"]
    client.post(path, data={"role": "member"})
    assert groups_of(database, roles.rita) == []


def test_supervisor_cannot_get_another_organizations_group(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    with database.transaction() as session:
        theirs = TrainingGroup(
            organization_id=session.scalars(
                select(Organization.id).where(Organization.slug == "oak-grove")
            ).one(),
            name="Theirs",
            created_at=NOW,
        )
        session.add(theirs)
        session.flush()
        foreign = theirs.public_id
    path = f"{area(database, cast)}/members/{roles.rita.public_id}/role"
    client.sign_in(cast.mia.id)
    refused = client.post(path, data={"role": "supervisor", "groups": foreign})
    assert refused.status_code == 400
    assert role_of(database, roles.rita) is Role.MEMBER


def test_invited_supervisor_sees_their_groups_once_they_accept(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    members = f"{area(database, cast)}/members"
    client.sign_in(cast.mia.id)
    invited = {"email": cast.dan.email, "role": "supervisor"}
    assert client.post(members, data=invited).status_code == 400
    invited = {**invited, "groups": roles.circulation}
    assert client.post(members, data=invited).status_code == 303
    assert "supervisor" in newest(database, cast.dan.email).text
    client.sign_in(cast.dan.id)
    groups = f"{area(database, cast)}/training/groups"
    assert client.get(groups).status_code == 404
    assert answer(client, database, cast.dan, "accept") == 303
    page = client.get(groups).text
    assert ("Circulation" in page, "Cataloging" in page) == (True, False)


def test_groups_of_a_declined_or_withdrawn_invitation_are_dropped(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    members = f"{area(database, cast)}/members"
    invited = {"email": cast.dan.email, "role": "supervisor", "groups": roles.circulation}
    client.sign_in(cast.mia.id)
    client.post(members, data=invited)
    assert answer(client, database, cast.dan, "decline") == 303
    assert groups_of(database, cast.dan) == []
    client.sign_in(cast.mia.id)
    client.post(members, data=invited)
    with database.read_session() as session:
        asked = session.scalars(select(MemberInvitation.public_id)).one()
    assert client.post(f"{members}/asked/{asked}/withdraw").status_code == 303
    assert groups_of(database, cast.dan) == []


def test_accepted_role_replaces_a_lower_role_only(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    for person, role, held in (
        (roles.bill, Role.LMS_ADMIN, Role.LMS_ADMIN),
        (roles.lee, Role.MEMBER, Role.LMS_ADMIN),
        (roles.rita, Role.BILLING, Role.BILLING),
        (cast.mia, Role.BILLING, Role.MANAGER),
        (cast.mia, Role.OWNER, Role.OWNER),
    ):
        with database.transaction() as session:
            invitation = MemberInvitation(
                organization_id=cast.organization_id,
                login_id=person.id,
                role=role,
                email="another@example.org",
                email_key="another@example.org",
                created_at=NOW,
            )
            session.add(invitation)
        assert answer(client, database, person, "accept") == 303
        assert role_of(database, person) is held


def test_each_role_lands_on_its_own_page(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    home = area(database, cast)
    for person, landing in (
        (roles.sue, f"{home}/reports/people"),
        (roles.bill, f"{home}/orders"),
        (roles.lee, f"{home}/lti"),
        (roles.beth, f"{home}/orders"),
    ):
        client.sign_in(person.id)
        assert client.get(home).location == landing
        assert client.get(landing).status_code == 200
    for person in (roles.sue, roles.bill, roles.lee):
        client.sign_in(person.id)
        assert client.get("/organization").location == home
        assert 'href="/organization"' in client.get("/library").text


def test_role_change_is_recorded_with_the_actors_role(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    path = f"{area(database, cast)}/members/{roles.rita.public_id}/role"
    for person, role in ((cast.mia, "manager"), (roles.olive, "owner"), (cast.ada, "staff")):
        client.sign_in(person.id)
        wanted = "billing" if role_of(database, roles.rita) is Role.MEMBER else "member"
        client.post(path, data={"role": wanted})
        with database.read_session() as session:
            entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.actor, entry.role) == (person.public_id, role)
