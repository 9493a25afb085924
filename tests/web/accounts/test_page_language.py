"""The language of pages: anyone can choose it, and pages only in English say so."""

import pytest
from flask_babel import gettext as flask_gettext
from sqlalchemy import select

from lms.core.languages import Language, language, set_default, use
from lms.models.accounts import Login
from lms.models.organizations import Organization
from lms.seats.named_people import NOT_READ

ONLY_ENGLISH = "Esta página solo está disponible en inglés."


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def spanish(client):
    client.get("/language/es-US?next=/webinars")
    return client


def page(client, path="/webinars"):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def test_unknown_language_is_not_found(client) -> None:
    assert client.get("/language/fr").status_code == 404


def test_visitor_returns_to_the_page_after_choosing_a_language(client) -> None:
    assert '<html lang="en-US">' in page(client)
    answer = client.get("/language/es-US?next=/webinars")
    assert (answer.status_code, answer.location) == (303, "/webinars")
    assert '<html lang="es-US">' in page(client)
    assert "Iniciar sesión" in page(client)
    client.get("/language/en-US")
    assert '<html lang="en-US">' in page(client)


def test_redirect_to_another_site_is_refused(client) -> None:
    assert client.get("/language/es-US?next=//evil.example").location == "/"


def test_language_link_after_a_form_leads_to_the_home_page(client) -> None:
    answer = client.post("/accessibility/barrier", data={})
    assert answer.status_code == 400
    assert 'href="/language/es-US?next=%2F"' in answer.text


def test_language_is_reset_after_the_request(spanish) -> None:
    page(spanish)
    assert language() is Language.ENGLISH


def test_default_language_comes_from_the_setting(client) -> None:
    set_default(Language.SPANISH)
    try:
        assert '<html lang="es-US">' in page(client)
    finally:
        set_default(Language.ENGLISH)


def test_language_of_the_account_overrides_the_cookie(client, cast, database) -> None:
    client.sign_in(cast.alice.id)
    form = {"name": "Alice", "zone": "America/Chicago", "language": "es-US"}
    client.post("/account/details", data=form)
    with database.read_session() as session:
        assert session.scalar(select(Login.language).where(Login.id == cast.alice.id)) == "es-US"
    assert "Se guardaron sus datos." in page(client, "/account")
    client.get("/language/en-US")
    assert '<html lang="es-US">' in page(client, "/library")


def test_message_with_values_is_in_the_chosen_language(app) -> None:
    with app.test_request_context("/webinars"):
        use(Language.SPANISH)
        message = NOT_READ % {"line": 2}
        assert flask_gettext(message).startswith("La línea 2 no es una")


def test_errors_are_in_the_chosen_language(spanish) -> None:
    answer = spanish.get("/no-such-page")
    assert answer.status_code == 404
    assert "No encontramos esa página" in answer.text


def test_errors_are_in_the_language_of_the_account(client, cast, database) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).language = Language.SPANISH
    client.sign_in(cast.alice.id)
    assert "No encontramos esa página" in client.get("/no-such-page").text


def test_staff_and_manager_pages_say_they_are_only_in_english(spanish, cast, database) -> None:
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id).public_id
    for who, path in ((cast.ada, "/staff"), (cast.mia, f"/organization/{elm}")):
        spanish.sign_in(who.id)
        answer = spanish.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        assert ONLY_ENGLISH in answer.text, path
        assert '<html lang="en-US">' in answer.text, path
        assert "Cerrar sesión" not in answer.text, path


def test_english_only_notice_is_hidden_in_english(client, cast) -> None:
    client.sign_in(cast.ada.id)
    assert ONLY_ENGLISH not in client.get("/staff", follow_redirects=True).text


def test_suggestions_are_cached_for_each_language(client) -> None:
    assert "Cookie" in client.get("/search/suggestions?q=rooms").headers["Vary"]
