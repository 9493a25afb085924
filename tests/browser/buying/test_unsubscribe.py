"""One-click unsubscribe: the invitation, the managers' list, and the next invitation."""

import re
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from lms.core.model_base import new_public_id
from lms.models.organizations import Role
from lms.web.seats.seat_table_filters import UNSUBSCRIBED
from tests.browser.buying.shopper import check_page
from tests.browser.conftest import Served, Visit
from tests.browser.sales.arrived_mail import arrived
from tests.factories import make_membership, make_organization, make_pool, make_pool_grant
from tests.servers.smtp import MailSink
from tests.wait_until import PATIENCE_S

pytestmark = pytest.mark.browser

SENT_BY_THEN_MS = 8_000


def invite(page: Page, area: str, pool: str, address: str) -> None:
    """Invite one address to an organization's pool, as its manager."""
    page.goto(f"{area}/invite?pool={pool}")
    page.get_by_label("Email addresses").fill(address)
    page.get_by_role("button", name=re.compile("^Invite")).click()
    expect(page.get_by_text(address).first).to_be_visible()


def three_pools(served: Served, mark: str) -> tuple[int, str, list[str]]:
    """Add a library with seats for three webinars; returns its manager, path, and pools."""
    with served.carrel.database.transaction() as session:
        library = make_organization(session, f"fern-{mark}", name="Fern County Library")
        mia = served.add_person(session, "Mia")
        make_membership(session, library, mia, role=Role.MANAGER)
        pools = []
        for number in ("first", "second", "third"):
            webinar = served.add_webinar(session, f"{number}-{mark}", title=f"{number} {mark}")
            pools.append(make_pool(session, library, webinar, capacity=3))
            make_pool_grant(session, pools[-1])
        session.flush()
        ids = [one.public_id for one in pools]
        return mia.id, f"/organization/{library.public_id}", ids


def test_unsubscribed_person_is_marked_and_invited_after_resubscribing(
    served: Served, visit: Visit, mail_sink: MailSink
) -> None:
    mark = new_public_id()[:6]
    kim = f"kim-{mark}@example.org"
    mia_id, area, (first, second, third) = three_pools(served, mark)
    manager, page = visit(mia_id).page, visit().page

    invite(manager, area, first, kim)
    mail = arrived(mail_sink, kim, subject=".*").message
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(mail["List-Unsubscribe"]).strip("<>")
    # without a cookie or a page, as mail programs do
    answer = requests.post(link, {"List-Unsubscribe": "One-Click"}, timeout=PATIENCE_S)
    assert answer.status_code == 200
    page.goto(urlsplit(link).path)
    expect(page.get_by_role("heading", name="unsubscribed")).to_be_visible()
    check_page(page)

    manager.goto(f"{area}/pools/{first}/invitations")
    expect(manager.get_by_text(UNSUBSCRIBED)).to_be_visible()
    check_page(manager)
    invite(manager, area, second, kim)
    manager.wait_for_timeout(SENT_BY_THEN_MS)
    assert len(mail_sink.to(kim)) == 1

    page.get_by_role("button", name="Subscribe again").click()
    expect(page.get_by_role("heading", name="Unsubscribe?")).to_be_visible()
    manager.goto(f"{area}/pools/{first}/invitations")
    expect(manager.get_by_text(UNSUBSCRIBED)).to_have_count(0)
    invite(manager, area, third, kim)
    for _ in range(300):
        if len(mail_sink.to(kim)) == 2:
            break
        manager.wait_for_timeout(100)
    assert [f"third {mark}" in one.text for one in mail_sink.to(kim)] == [False, True]
