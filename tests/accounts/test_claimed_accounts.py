"""Acts on the address of an account claimed by a copied link and not confirmed yet (S13)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.accounts import accounts, browser_sessions, email_aliases, sign_up
from lms.accounts import sign_in_codes_and_password_resets as codes
from lms.accounts.accounts import NewLogin
from lms.accounts.browser_sessions import Browser
from lms.accounts.login_lookup import UNPROVEN
from lms.buying import confirmations
from lms.buying.confirmations import NewPerson
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict
from lms.grants.grants import Target
from lms.group_showings import hosts
from lms.group_showings.hosts import NewHost
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, EmailToken, Login, LoginAlias, SellerRole
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.mail import Mail
from lms.models.orders import Order, Terms
from lms.models.organizations import Membership, Role
from lms.operations import first_owner
from lms.organizations import member_invitations
from lms.organizations.manager_and_owner_permissions import Managed
from lms.organizations.memberships import NewMember
from lms.organizations.organizations import find_organization
from lms.past_sales import bulk_orders
from lms.past_sales.bulk_orders import PastOrder
from lms.people import access_diagnosis, login_merges, team
from lms.people.team import NewTeamMember
from lms.sales import corrections, orders
from lms.sales.corrections import Correction
from lms.sales.new_orders import NewLine
from lms.sales.payer_corrections import NewPayer
from lms.seats import invitations
from lms.seats.invitations import Invitee
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization, make_pool, make_pool_grant
from tests.mailbox import BASE, link_in
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT

LINKS = Links(BASE)
PAT = read_address("pat@elm.example")
FIREFOX = Browser("Firefox on Windows", remembered=False, earlier=None)
VIEWING = NewLine(kind=OfferKind.GROUP_SHOWING, covers="webinar:reading-rooms", price_minor=29900)


def add_to_the_team(session: Session, cast: Cast) -> None:
    new = NewTeamMember(PAT, SellerRole.OWNER, "X")
    team.add_to_team(session, new, links=LINKS, actor=cast.ada.public_id, now=NOW)


def set_a_role_on_the_team(session: Session, cast: Cast) -> None:
    known = accounts.find_by_email(session, PAT.shown)
    team.set_role(session, known.public_id, SellerRole.STAFF, actor=None, now=NOW)


def add_a_login(session: Session, cast: Cast) -> None:
    new = NewLogin(PAT, "X", seller_role=SellerRole.OWNER, password_hash="another")
    accounts.add_login(session, new, actor=None, now=NOW)


def add_the_first_owner(session: Session, cast: Cast) -> None:
    first_owner.add_first_owner(session, PAT, "X", links=LINKS, now=NOW)


def add_it_to_another_account(session: Session, cast: Cast) -> None:
    email_aliases.add_alias(session, cast.dan.id, PAT, actor=cast.ada.public_id, now=NOW)


def merge_it_into_another_account(session: Session, cast: Cast) -> None:
    kept, merged = cast.dan.public_id, accounts.find_by_email(session, PAT.shown).public_id
    login_merges.merge(session, kept=kept, merged=merged, hooks=(), actor=None, now=NOW)


def sell_a_person_a_webinar(session: Session, cast: Cast) -> None:
    new = replace(SEAT, email=PAT.shown, name="X")
    orders.place(session, new, mail_context=OFFICE, actor=cast.ada.public_id, now=NOW)


def sell_an_organization_seats(session: Session, cast: Cast) -> None:
    new = replace(GROUP, email=PAT.shown, name="X")
    orders.place(session, new, mail_context=OFFICE, actor=cast.ada.public_id, now=NOW)


def give_a_webinar(session: Session, cast: Cast) -> None:
    free = replace(SEAT.lines[0], price_minor=0)
    new = replace(SEAT, lines=(free,), email=PAT.shown, terms=Terms.COMPLIMENTARY)
    orders.place(session, new, mail_context=OFFICE, actor=cast.ada.public_id, now=NOW)


def correct_the_payer(session: Session, cast: Cast) -> None:
    make_organization(session, "oak", name="Oak Library")
    order = orders.place(session, GROUP, mail_context=OFFICE, actor=None, now=NOW)
    payer = Correction(payer=NewPayer("oak", PAT.shown, "X"))
    corrections.correct(session, order, payer, mail_context=OFFICE, actor=None, now=NOW)


def bring_in_a_past_sale(session: Session, cast: Cast) -> None:
    line = replace(SEAT.lines[0], starts_at=NOW)
    new = replace(SEAT, lines=(line,), email=PAT.shown, terms=Terms.HISTORY, order_id="0" * 26)
    past = PastOrder(new, Target(Scope.WEBINAR, cast.webinar_id))
    [refused] = bulk_orders.bring_in(
        session, [past], mail_context=OFFICE, actor=None, now=NOW
    ).values()
    raise refused


def add_to_an_organization(session: Session, cast: Cast) -> None:
    new = NewMember(PAT, Role.OWNER, "X")
    elm = find_organization(session, "elm-county")
    member_invitations.add_by_address(session, elm, new, links=LINKS, actor=None, now=NOW)


def invite_to_an_organization(session: Session, cast: Cast) -> None:
    elm = find_organization(session, "elm-county")
    managed = Managed(elm, None, Role.OWNER, has_children=False, parent_name=None)
    new = NewMember(PAT, Role.OWNER, "X")
    member_invitations.ask_in(session, managed, new, links=LINKS, actor=None, now=NOW)


def name_as_the_host_of_a_group_viewing(session: Session, cast: Cast) -> None:
    new = replace(GROUP, lines=(VIEWING,))
    orders.place(session, new, mail_context=OFFICE, actor=None, now=NOW)
    [found] = hosts.owned_showings(session, cast.organization_id)
    host = NewHost(PAT, "X")
    hosts.replace_host(session, found, host, links=LINKS, actor=cast.mia.public_id, now=NOW)


def invite_to_a_seat(session: Session, cast: Cast) -> None:
    pool = make_pool(session, make_organization(session, "oak", name="Oak"))
    make_pool_grant(session, pool)
    session.flush()
    people = [Invitee(PAT, "X")]
    invitations.invite(session, pool.id, people, links=LINKS, actor=None, now=NOW)


def ask_why_they_cant_watch(session: Session, cast: Cast) -> None:
    asked = access_diagnosis.Asked(PAT.shown, cast.webinar_id, Action.RECORDING, NOW)
    access_diagnosis.inquire(session, asked)


def sign_up_anew(session: Session, cast: Cast) -> None:
    sign_up.ask_sign_up(session, PAT, links=LINKS, onward=None, now=NOW)


def ask_for_a_code(session: Session, cast: Cast) -> None:
    codes.ask_code(session, PAT, links=LINKS, onward=None, now=NOW)


def ask_for_a_new_password(session: Session, cast: Cast) -> None:
    codes.ask_new_password(session, PAT, links=LINKS, now=NOW)


# Each with the message that rejects it, if one does.
ACTS: tuple[tuple[Callable[[Session, Cast], None], str], ...] = (
    (add_to_the_team, UNPROVEN),
    (set_a_role_on_the_team, UNPROVEN),
    (add_a_login, UNPROVEN),
    (add_the_first_owner, UNPROVEN),
    (add_it_to_another_account, UNPROVEN),
    (merge_it_into_another_account, login_merges.IS_UNCONFIRMED),
    (sell_a_person_a_webinar, ""),
    (sell_an_organization_seats, ""),
    (give_a_webinar, ""),
    (correct_the_payer, ""),
    (bring_in_a_past_sale, UNPROVEN),
    (add_to_an_organization, ""),
    (invite_to_an_organization, ""),
    (name_as_the_host_of_a_group_viewing, ""),
    (invite_to_a_seat, ""),
    (ask_why_they_cant_watch, ""),
    (sign_up_anew, ""),
    (ask_for_a_code, ""),
    (ask_for_a_new_password, ""),
)


def claim(session: Session) -> int:
    """Return an account that a person claimed by a copied link and is signed in to."""
    new = NewLogin(PAT, "Pat", password_hash="hash")
    login_id = accounts.add_unproven(session, new, now=NOW).id
    browser_sessions.open_sign_in(session, login_id, browser=FIREFOX, now=NOW)
    return login_id


def state_of(session: Session, login_id: int) -> dict[str, object]:
    """Return what the person who claimed an account has, and whose account its address finds."""
    login = session.get_one(Login, login_id, populate_existing=True)
    return {
        "login": {column.name: getattr(login, column.name) for column in Login.__table__.columns},
        "signs_in": accounts.read_kept(session, PAT),
        "browsers": len(browser_sessions.list_for(session, login_id, now=NOW)),
        "roles": session.scalars(
            select(Membership.role).where(Membership.login_id == login_id)
        ).all(),
        "aliases": session.scalars(
            select(LoginAlias.login_id).where(LoginAlias.email_key == PAT.key)
        ).all(),
        "orders": session.scalars(select(Order.id).where(Order.contact_id == login_id)).all(),
        # emailed links and codes that don't prove the address
        "links": session.scalars(
            select(EmailToken.purpose).where(
                EmailToken.login_id == login_id,
                EmailToken.purpose != EmailPurpose.CONFIRM_SIGN_UP,
            )
        ).all(),
    }


@pytest.mark.parametrize(("act", "refusal"), ACTS)
def test_entering_the_address_does_not_change_a_claimed_account(
    database: Database, cast: Cast, act: Callable[[Session, Cast], None], refusal: str
) -> None:
    with database.transaction() as session:
        login_id = claim(session)
        before = state_of(session, login_id)
    said = ""
    try:
        with database.transaction() as session:
            act(session, cast)
    except Conflict as refused:
        said = refused.message
    with database.read_session() as session:
        assert state_of(session, login_id) == before
    assert said == refusal


def test_buyer_named_by_our_team_confirms_the_address_and_has_the_order(
    database: Database, cast: Cast
) -> None:
    """The person who claimed the account can't sign in, and never had the order (S13, S15)."""
    with database.transaction() as session:
        login_id = claim(session)
        oak = replace(GROUP, email=PAT.shown, organization="", organization_name="Oak Library")
        for new in (replace(SEAT, email=PAT.shown), oak):
            orders.place(session, new, mail_context=OFFICE, actor=cast.ada.public_id, now=NOW)
    with database.read_session() as session:
        mails = session.scalars(select(Mail).where(Mail.recipient == PAT.shown)).all()
        assert login_id not in session.scalars(select(Grant.login_id)).all()
        assert not session.scalars(
            select(Membership.role).where(Membership.login_id == login_id)
        ).all()
    links = [link_in(mail) for mail in mails if mail.kind == EmailPurpose.CONFIRM_ORDER.value]
    assert len(links) == 2
    for link in links:
        with database.transaction() as session:
            confirmed = confirmations.confirm(
                session,
                link.rpartition("/")[2],
                NewPerson("Pat Oduya", "another"),
                hooks=(),
                mail_context=OFFICE,
                now=NOW,
            )
    assert confirmed == login_id
    with database.read_session() as session:
        assert accounts.read_kept(session, PAT).password_hash == "another"  # noqa: S105
        assert not browser_sessions.list_for(session, login_id, now=NOW)
        contacts = session.scalars(select(Order.contact_id)).all()
        roles = session.scalars(
            select(Membership.role).where(Membership.login_id == login_id)
        ).all()
        case = load_case(session, login_id=login_id, webinar_id=cast.webinar_id)
    assert (contacts, roles) == ([login_id] * 2, [Role.OWNER])
    assert decide(case.login, case.webinar, Action.RECORDING, NOW).code is Code.OK_PERMANENT
