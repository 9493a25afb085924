"""Fields that a browser didn't send never fall back to the stored value."""

from datetime import timedelta

from sqlalchemy import select
from wtforms import Form
from wtforms.validators import InputRequired

from lms.accounts import second_factors
from lms.branding import read_branding
from lms.catalog import presenters, series
from lms.catalog.presenters import PresenterWords
from lms.catalog.series import SeriesWords
from lms.certificates.designs import read_design
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.core.settings import Settings
from lms.live.questions import Question, set_default_questions
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.live import QuestionKind, RegistrationAnswer, RegistrationQuestion
from lms.models.mail import Mail
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.models.payments import Payment
from lms.tax.rule_list import list_rules
from lms.web.live.staff_registrants_postpone_and_cancel import PostponeForm
from lms.web.payments.payment_forms import PaymentForm
from lms.web.sales.order_form import OrderForm
from lms.web.seller.staff_tax_rules import TaxRuleForm
from lti.models.embed_links import EmbedLink, SeatRule
from lti.web.embed_links.manager_form import EmbedForm
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.lti.embed_links.embed_link_fixtures import SITE, make_embed
from tests.page_texts import shows
from tests.sales.order_fixtures import GROUP, placed
from tests.second_steps import give_app
from tests.visitor import Visitor
from tests.web.sales.order_pages import fields_of
from tests.web.sales.test_staff_order_form import NEW, SEATS, TO_ELM


def asked(form: type[Form], name: str) -> str:
    """Return the form's error message for a missing field."""
    field = getattr(form, name)
    validators = field.kwargs.get("validators") or field.args[1]
    return next(str(one.message) for one in validators if isinstance(one, InputRequired))


def test_omitted_optional_text_is_cleared(owner: Visitor, database: Database) -> None:
    with database.transaction() as session:
        who = presenters.add_presenter(
            session, PresenterWords("Vera Plum", "She mends books."), actor=None, now=NOW
        ).public_id
        which = series.add_series(
            session, SeriesWords("Paper", "About paper."), actor=None, now=NOW
        ).public_id
    design = "/staff/branding/certificate"
    heading = {"heading": "Well done", "before": "For", "note": "Kept", "signer": "Ann"}
    assert owner.post(design, data=heading).status_code == 303
    assert owner.post(design, data={"heading": "Well done"}).status_code == 303
    for path, data in (
        (f"/staff/presenters/{who}", {"name": "Vera Plum"}),
        (f"/staff/series/{which}", {"title": "Paper"}),
    ):
        assert owner.post(path, data=data).status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Presenter.biography)).one() == ""
        assert session.scalars(select(Series.description)).one() == ""
        assert read_design(session, at=NOW).signer == ""


def test_omitted_required_field_is_refused(owner: Visitor, cast: Cast, database: Database) -> None:
    with database.read_session() as session:
        before = read_branding(session, contact="")
    for path, data in (
        ("/staff/branding", {"about": "Us"}),
        ("/staff/organizations/elm-county/edit", {"parent": "", "zone": ""}),
    ):
        assert owner.post(path, data=data).status_code == 400, path
    with database.read_session() as session:
        assert read_branding(session, contact="") == before
        assert session.get_one(Organization, cast.organization_id).name == "Elm County Library"


def test_omitted_personal_details_are_refused(
    client: Visitor, cast: Cast, carrel: Carrel, database: Database
) -> None:
    give_app(database, cast.dan.id, carrel.settings.secret_key)
    client.sign_in(cast.dan.id)
    with database.read_session() as session:
        [factor] = second_factors.list_factors(session, cast.dan.id)
    whole = {"name": "Dan", "zone": "America/Chicago", "language": "en-US"}
    for path, data in (
        *(("/account/details", {key: whole[key] for key in whole if key != one}) for one in whole),
        (f"/account/security/{factor.id}", {}),
    ):
        assert client.post(path, data=data).status_code == 400, data
    assert client.post("/account/details", data=whole).status_code == 303


def test_omitted_role_is_refused(
    client: Visitor, cast: Cast, roles: Roles, database: Database, clock: Clock
) -> None:
    assert clock.moment == NOW
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id)
        members, slug = f"/organization/{elm.public_id}/members", elm.slug
    client.sign_in(roles.olive.id)
    for path in (members, f"{members}/{roles.rita.public_id}/role"):
        assert client.post(path, data={"email": "zoe@example.org"}).status_code == 400, path
    client.sign_in(roles.owen.id)
    for path in (
        "/staff/team",
        f"/staff/team/{cast.ada.public_id}",
        f"/staff/organizations/{slug}/members",
    ):
        assert client.post(path, data={"email": "zoe@example.org"}).status_code == 400, path
    with database.read_session() as session:
        assert not session.scalars(select(Login.id).where(Login.email == "zoe@example.org")).all()
        assert not session.scalars(select(Mail.id)).all()


def test_omitted_date_does_not_postpone_a_webinar(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = NOW + timedelta(days=3)
    answer = staff.post(f"/staff/webinars/{cast.slug}/postpone", data={"said": "It snows."})
    assert answer.status_code == 400
    assert shows(answer.text, asked(PostponeForm, "held_at"))


def test_omitted_registration_answers_are_cleared(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    assert clock.moment == NOW
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = NOW + timedelta(days=3)
        branch = Question(QuestionKind.TEXT, "Your branch")
        set_default_questions(session, (branch,), actor=None, now=NOW)
    client.sign_in(cast.bob.id)
    page = f"/webinars/{cast.slug}/register"
    with database.read_session() as session:
        [question] = session.scalars(select(RegistrationQuestion.public_id)).all()
    for data, kept in (({question: "Main"}, ["Main"]), ({"needs": "captions"}, [])):
        assert client.post(page, data=data).status_code == 303
        with database.read_session() as session:
            assert session.scalars(select(RegistrationAnswer.answer)).all() == kept


def test_omitted_payment_method_is_refused(staff: Visitor, database: Database) -> None:
    path = f"/staff/orders/{placed(database, GROUP).public_id}/payment"
    sent = {**fields_of(staff.get(path).text), "amount": "100", "check_number": "1"}
    assert sent.pop("method") == "check"
    answer = staff.post(path, data=sent)
    assert answer.status_code == 400
    assert shows(answer.text, asked(PaymentForm, "method"))
    with database.read_session() as session:
        assert not session.scalars(select(Payment.id)).all()


def test_omitted_seat_rule_of_an_embed_link_is_refused(
    client: Visitor, cast: Cast, database: Database, settings: Settings, clock: Clock
) -> None:
    assert clock.moment == NOW
    with database.transaction() as session:
        link = make_embed(session, cast, settings, rule=SeatRule.NAMED)
        elm = session.get_one(Organization, cast.organization_id)
        path = f"/organization/{elm.public_id}/embeds/{link.public_id}/edit"
    client.sign_in(cast.mia.id)
    sent = {"label": "Staff page", "origins": SITE, "expires": "2099-01-01"}
    answer = client.post(path, data=sent)
    assert answer.status_code == 400
    assert shows(answer.text, asked(EmbedForm, "seat_rule"))
    with database.read_session() as session:
        assert session.scalars(select(EmbedLink.seat_rule)).one() is SeatRule.NAMED


def test_omitted_supply_of_a_tax_rule_is_refused(owner: Visitor, database: Database) -> None:
    sent = {"state": "TX", "name": "Tax", "rate": "8.25", "first_day": "2026-01-01"}
    answer = owner.post("/staff/tax-rules", data=sent)
    assert answer.status_code == 400
    assert shows(answer.text, asked(TaxRuleForm, "supply"))
    with database.read_session() as session:
        assert list_rules(session) == ()


def test_omitted_payer_or_terms_of_an_order_are_refused(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    whole = {**fields_of(staff.get(NEW).text), **TO_ELM, **SEATS, "do": "quote"}
    for name in ("payer", "terms"):
        sent = {key: value for key, value in whole.items() if key != name}
        answer = staff.post(NEW, data=sent)
        assert answer.status_code == 400, name
        assert shows(answer.text, asked(OrderForm, name))
    with database.read_session() as session:
        assert not session.scalars(select(Order.id).where(Order.placed_at.is_not(None))).all()
