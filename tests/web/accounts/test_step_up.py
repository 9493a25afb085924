"""Sensitive actions ask people to confirm their identity, then continue with what they entered."""

from datetime import timedelta

import pytest
from flask import Flask

from lms.accounts.mails import SECOND_STEP_SUBJECTS, SecondStepChange
from lms.core.database import Database
from lms.core.settings import Settings
from lms.models.accounts import Login, SellerRole
from lms.web.accounts.step_up import NOT_YOUR_PASSWORD, is_marked
from tests.cast import Cast, Roles
from tests.clock import Clock
from tests.mailbox import PASSWORD, give_password, newest
from tests.page_texts import shows
from tests.second_steps import code_of, give_app
from tests.visitor import Visitor

TYPED = {"email": "new@example.org", "name": "Newt <b>O'Neil</b>", "role": "staff"}
LATER = timedelta(minutes=15)
ASKS_AGAIN = {
    "account_security.add_app",
    "account_security.add_passkey",
    "account_security.remove",
    "account_security.renew_codes",
    "own_data.erase",
    "staff_branding.change_prices",
    "staff_offers.refund",
    "staff_corrections.fix",
    "staff_corrections.payer",
    "staff_credits.credit",
    "staff_credits.tax",
    "staff_lti.rotate",
    "staff_maps.apply",
    "staff_maps.undo",
    "staff_maps.undo_pair",
    "staff_merge.merge",
    "staff_merge.unmerge",
    "staff_organization_merges.merge",
    "staff_organization_merges.unmerge",
    "staff_payments.bounced",
    "staff_payments.move",
    "staff_payments.of_order",
    "staff_payments.of_payer",
    "staff_payments.use",
    "staff_person.add_alias",
    "staff_person.reset_second_step",
    "staff_refunds.cancel",
    "staff_refunds.done",
    "staff_refunds.of_payment",
    "staff_refunds.of_credit_note",
    "staff_refunds.use",
    "staff_seller.edit",
    "staff_special_prices.edit",
    "staff_tax_rules.add",
    "staff_tax_rules.end",
    "staff_team.add",
    "staff_team.change",
    "staff_team.remove",
}


def _is_on_the_team(database: Database) -> bool:
    with database.read_session() as session:
        found = session.query(Login).filter(Login.email == TYPED["email"]).one_or_none()
        return found is not None and found.seller_role is SellerRole.STAFF


@pytest.fixture
def owner(client: Visitor, clock: Clock, roles: Roles, database: Database) -> Visitor:
    """Return the browser of an owner with a password, who signed in 15 minutes ago."""
    give_password(database, roles.owen.id)
    client.sign_in(roles.owen.id)
    clock.advance(LATER)
    return client


def test_sensitive_actions_are_marked(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if is_marked(view)}
    assert marked == ASKS_AGAIN


def test_person_without_the_role_is_not_asked(client: Visitor, clock: Clock, cast: Cast) -> None:
    assert client.post("/staff/team", data=TYPED).status_code == 404
    client.sign_in(cast.ada.id)
    clock.advance(LATER)
    assert client.post("/staff/team", data=TYPED).status_code == 404


def test_form_from_another_site_is_not_continued(owner: Visitor) -> None:
    answer = owner.post("/staff/team", data=TYPED, headers={"X-CSRFToken": ""})
    assert answer.status_code == 400
    assert "new@example.org" not in answer.text


def test_recent_sign_in_is_not_asked_again(
    client: Visitor, clock: Clock, roles: Roles, database: Database
) -> None:
    client.sign_in(roles.owen.id)
    clock.advance(LATER - timedelta(seconds=1))
    assert client.post("/staff/team", data=TYPED).status_code == 303
    assert _is_on_the_team(database)


def test_old_sign_in_is_asked_again_and_the_form_is_kept(
    owner: Visitor, database: Database
) -> None:
    page = owner.post("/staff/team", data=TYPED)
    assert page.status_code == 403
    assert 'action="/staff/team"' in page.text
    assert 'name="email" value="new@example.org"' in page.text
    assert "Newt &lt;b&gt;O&#39;Neil&lt;/b&gt;" in page.text
    assert "proof_password" in page.text
    assert not _is_on_the_team(database)


def test_wrong_password_is_refused(owner: Visitor, database: Database) -> None:
    answer = owner.post("/staff/team", data={**TYPED, "proof_password": "wrong wrong"})
    assert answer.status_code == 400
    assert shows(answer.text, NOT_YOUR_PASSWORD)
    assert 'name="email" value="new@example.org"' in answer.text
    assert "wrong wrong" not in answer.text
    assert not _is_on_the_team(database)


def test_correct_password_continues_and_lasts_15_minutes(
    owner: Visitor, clock: Clock, database: Database
) -> None:
    answer = owner.post("/staff/team", data={**TYPED, "proof_password": PASSWORD})
    assert answer.status_code == 303
    assert _is_on_the_team(database)
    other = {**TYPED, "email": "other@example.org"}
    assert owner.post("/staff/team", data=other).status_code == 303
    clock.advance(LATER)
    assert owner.post("/staff/team", data=other).status_code == 403


def test_eleventh_wrong_password_is_rate_limited(owner: Visitor) -> None:
    data = {**TYPED, "proof_password": "wrong wrong"}
    answers = [owner.post("/staff/team", data=data).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


def test_password_alone_is_refused_with_two_step_sign_in(
    app: Flask, clock: Clock, roles: Roles, database: Database, settings: Settings
) -> None:
    give_password(database, roles.owen.id)
    secret, codes = give_app(database, roles.owen.id, settings.secret_key)
    owner = app.test_client()
    owner.post("/sign-in", data={"email": roles.owen.email, "password": PASSWORD})
    owner.post("/sign-in/second-step", data={"code": codes[0]})
    later = clock.advance(LATER).timestamp()
    for proof in ({"proof_password": PASSWORD}, {"proof_code": "000000"}, {"proof_passkey": "{}"}):
        assert owner.post("/staff/team", data={**TYPED, **proof}).status_code == 400
    assert not _is_on_the_team(database)
    right = {**TYPED, "proof_code": code_of(secret, at=later)}
    assert owner.post("/staff/team", data=right).status_code == 303
    assert _is_on_the_team(database)


def test_strangers_with_the_password_do_not_use_up_attempts(
    app: Flask, clock: Clock, roles: Roles, database: Database, settings: Settings
) -> None:
    give_password(database, roles.owen.id)
    secret, codes = give_app(database, roles.owen.id, settings.secret_key)
    owner, thief = app.test_client(), app.test_client()
    owner.post("/sign-in", data={"email": roles.owen.email, "password": PASSWORD})
    owner.post("/sign-in/second-step", data={"code": codes[0]})
    later = clock.advance(LATER).timestamp()
    thief.post("/sign-in", data={"email": roles.owen.email, "password": PASSWORD})

    def tries() -> list[int]:
        guess = {"code": "000000"}
        return [thief.post("/sign-in/second-step", data=guess).status_code for _ in range(10)]

    assert tries() == [400] * 10
    right = {**TYPED, "proof_code": code_of(secret, at=later)}
    assert owner.post("/staff/team", data=right).status_code == 303
    assert tries() == [429] * 10  # the owner's correct code doesn't reset the thief's attempts
    form = owner.get("/account/security/app").text
    sealed = form.partition('name="sealed"')[2].partition('value="')[2].partition('"')[0]
    wrong = {"name": "Spare", "sealed": sealed, "code": "000000"}
    assert owner.post("/account/security/app", data=wrong).status_code == 400


def test_person_without_password_or_second_step_sees_what_to_do(
    client: Visitor, clock: Clock, roles: Roles
) -> None:
    client.sign_in(roles.owen.id)
    clock.advance(LATER)
    page = client.post("/staff/team", data=TYPED)
    assert page.status_code == 403
    assert "notice-attention" in page.text
    assert 'href="/account/security"' in page.text


def test_only_another_owner_resets_a_second_step(
    client: Visitor, database: Database, settings: Settings, cast: Cast, roles: Roles
) -> None:
    for login_id in (roles.owen.id, cast.ada.id):
        give_app(database, login_id, settings.secret_key)
    path = f"/staff/people/{cast.ada.public_id}"
    client.sign_in(cast.ada.id)
    assert client.post(f"{path}/second-step/reset").status_code == 404
    client.sign_in(roles.owen.id)
    own = f"/staff/people/{roles.owen.public_id}/second-step/reset"
    assert client.post(own).status_code == 403
    assert f'action="{path}/second-step/reset"' in client.get(path).text
    assert client.post(f"{path}/second-step/reset").status_code == 303
    told = newest(database, cast.ada.email)
    assert told.subject == SECOND_STEP_SUBJECTS[SecondStepChange.RESET]
    assert f'action="{path}/second-step/reset"' not in client.get(path).text
    assert client.post(f"{path}/second-step/reset").status_code == 409
    client.sign_in(cast.ada.id)
    assert client.get("/account").status_code == 200


def test_reset_signs_the_person_out_everywhere(
    app: Flask, database: Database, settings: Settings, cast: Cast, roles: Roles
) -> None:
    give_app(database, cast.ada.id, settings.secret_key)
    ada, owen = app.test_client(), app.test_client()
    assert isinstance(ada, Visitor)
    assert isinstance(owen, Visitor)
    ada.sign_in(cast.ada.id)
    owen.sign_in(roles.owen.id)
    owen.post(f"/staff/people/{cast.ada.public_id}/second-step/reset")
    assert ada.get("/account").status_code == 303
