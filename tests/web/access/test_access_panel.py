"""The access panel of a webinar's page: what comes first, and where its next step leads."""

from urllib.parse import urlsplit

from lxml.html import HtmlElement, document_fromstring

from lms.core.database import Database
from lms.models.organizations import Role
from tests.access.test_order_payers import of_elm, paused, seated
from tests.cast import Cast
from tests.clock import Clock
from tests.sales.order_fixtures import GROUP, paid
from tests.visitor import Visitor


def page_of(client: Visitor, cast: Cast, login_id: int) -> HtmlElement:
    client.sign_in(login_id)
    return document_fromstring(client.get(f"/webinars/{cast.slug}").text)


def step_of(page: HtmlElement) -> tuple[str, str]:
    """Return the panel's next step: its label and where it leads."""
    (panel,) = page.find_class("access")
    assert "$" not in panel.text_content()
    step = panel.find_class("button")[0]
    return step.text_content(), step.get("href")


def paid_at(client: Visitor, url: str) -> str:
    """Follow the step to the payment page, and return what it says."""
    answer = client.get(url)
    assert answer.status_code == 303
    return client.get(urlsplit(answer.headers["Location"]).path).text


def test_person_whose_access_is_paused_pays_at_once_and_watches_again(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = paused(database)
    here = f"/account/orders/{facts.public_id}/pay"
    assert step_of(page_of(client, cast, cast.dan.id)) == ("Pay now", here)
    assert "$99.00" in paid_at(client, here)
    assert f'href="{here}"' in client.get(here.removesuffix("/pay")).text
    client.sign_in(cast.bob.id)
    assert client.get(here).status_code == 404
    paid(database, facts)
    label, url = step_of(page_of(client, cast, cast.dan.id))
    assert (label, url) == ("Watch", f"/webinars/{cast.slug}/watch")


def test_manager_and_billing_contact_are_led_to_the_librarys_order_and_others_ask(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = paused(database, GROUP)
    here = f"/organization/{of_elm(database, cast)}/orders/{facts.public_id}/pay"
    biller = seated(database, cast, facts, Role.BILLING)
    for login_id in (cast.mia.id, biller):
        assert step_of(page_of(client, cast, login_id)) == ("Pay now", here)
        assert "$325.00" in paid_at(client, here)
    label, url = step_of(page_of(client, cast, seated(database, cast, facts, None)))
    assert (label, url.split("/")[-1]) == ("Ask Mia", f"ask?webinar={cast.slug}")
    assert client.get(here).status_code == 404


def test_staff_read_since_when_it_is_paused_and_for_which_order(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = paused(database)
    client.sign_in(cast.ada.id)
    asked = {"address": cast.dan.email, "webinar": cast.slug}
    page = client.get("/staff/people/why", query_string=asked).text
    assert "PAYMENT_OVERDUE" in page
    assert "Our team put their access on hold on Mar 1, 2026" in page
    assert "Next step: Pay now." in page
    assert f"/staff/orders/{facts.public_id}" in page
