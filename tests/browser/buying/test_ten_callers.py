"""Callers who can't watch: staff help each from one page in up to four clicks."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from lms.access.policy import Code
from lms.contracts.mails import PASS_ENDED
from lms.core.clock import now
from lms.core.email_addresses import read_address
from lms.documents.payment_links import payment_links
from lms.grants.grants import Target, Term
from lms.live import registrations
from lms.live.change_notices import NewDate, move_date
from lms.live.mails import READY, REGISTERED
from lms.models.accounts import Login, SellerRole
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.mail import Mail
from lms.models.organizations import Role
from lms.models.recordings import Recording, RecordingState
from lms.models.seats import Assignment, AssignmentEnd, Pool, Seat
from lms.sales import cancellations, orders
from lms.sales.new_orders import NewLine
from lms.seats import claims, invitations, pools, transfers
from lms.seats.invitations import Invitee
from lms.seats.pools import NewPoolGrant
from lms.web.people.caller_acts import NOT_PROCESSED
from lms.web.people.staff_answer_texts import EXPIRED, FROM_AN_LMS, MOVED
from lms.web.sales.staff_order import DONE
from lti.protocol.content_target import Target as LinkTarget
from tests.browser.buying.callers import (
    Phone,
    claim_and_watch,
    invite,
    play,
    run_round,
    sign_in_by_code,
    until_more,
    watch,
)
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import pay_by_card
from tests.browser.buying.test_buy_for_a_library import link_in
from tests.browser.conftest import Served, Visit, first_seconds
from tests.browser.invited_person import INVITATION, claim_button
from tests.browser.page_elements import is_refused
from tests.browser.people.phone_desk import Desk
from tests.browser.sales.arrived_mail import arrived, like, subject_of
from tests.browser.test_after_the_sale import bought, order_of
from tests.factories import (
    make_grant,
    make_login,
    make_membership,
    make_organization,
    make_webinar,
)
from tests.lti.course_fixtures import Course, make_course
from tests.page_texts import start_of
from tests.requests.test_requests import OFFICE
from tests.servers.axe import axe_faults
from tests.servers.smtp import MailSink
from tests.wait_until import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

DAY: Final = timedelta(days=1)


@pytest.fixture
def phone(served: Served, visit: Visit, mail_sink: MailSink, webinar: Sold) -> Phone:
    with served.carrel.database.transaction() as session:
        library = make_organization(session, name=f"Juniper Library {webinar.slug}")
        mia = served.add_person(session, "Mia")
        make_membership(session, library, mia, role=Role.MANAGER)
        about = session.scalars(select(Webinar.id).where(Webinar.slug == webinar.slug)).one()
        target, term = Target(Scope.WEBINAR, about), Term(now() - DAY)
        new = NewPoolGrant(library.id, target, 20, term, OfferKind.GROUP_SEATS)
        pool = pools.sell_seats(session, new, actor=None, now=now())
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        pool_id, staff, name = pool.id, ada.id, library.name
    desk = Desk(visit(staff, viewport={"width": 1440, "height": 900}).page)
    return Phone(desk, served, visit, mail_sink, webinar, name, pool_id)


def expired_invitation(phone: Phone) -> None:
    invite(phone, "abe")
    phone.mail("abe", subject=INVITATION, path="/claim/")
    with phone.served.carrel.database.transaction() as session:
        mine = select(Assignment).where(Assignment.email_key == phone.address("abe"))
        session.scalars(mine).one().expires_at = now()
    with phone.served.carrel.database.transaction() as session:
        invitations.expire_due(session, now=now())
    phone.ask(phone.address("abe")[:12])
    phone.desk.told(start_of(EXPIRED.replace("%(organization)s", phone.library)))
    before = len(phone.sink.to(phone.address("abe")))
    phone.desk.act("/invite")
    phone.desk.done(phone.address("abe"))
    until_more(phone, "abe", before)
    claim_and_watch(phone, phone.mail("abe", subject=INVITATION, path="/claim/"))


def bounced_invitation(phone: Phone) -> None:
    invite(phone, "bea")
    phone.mail("bea", subject=INVITATION, path="/claim/")
    mine = update(Mail).where(Mail.recipient_key == phone.address("bea"), Mail.sent_at.is_not(None))

    def bounces() -> bool:  # as a bounce report does, after the email was sent
        with phone.served.carrel.database.transaction() as session:
            bounced = mine.values(bounced_at=now(), failure="550 5.1.1 No such mailbox")
            return session.execute(bounced.returning(Mail.id)).first() is not None

    until(bounces)
    phone.ask(phone.address("bea"))
    phone.desk.told("No such mailbox")
    phone.desk.act("/link")
    link = phone.desk.page.locator("#claim-link")
    expect(link).to_have_value(re.compile("/claim/"))
    phone.desk.check_clicks()
    claim_and_watch(phone, link.input_value().removeprefix(phone.served.url))
    subjects = [subject_of(one) for one in phone.sink.to(phone.address("bea"))]
    invitations_sent = [one for one in subjects if re.fullmatch(INVITATION, one)]
    assert len(invitations_sent) == 1  # staff told them the link instead of resending it


def mistyped_address(phone: Phone) -> None:
    invite(phone, "clal")
    wrong = phone.mail("clal", subject=INVITATION, path="/claim/")
    right = phone.address("cal")
    phone.ask(phone.address("clal"))
    phone.desk.page.locator(".caller-address input[name=email]").fill(right)
    phone.desk.act("/address")
    phone.desk.done(right)
    claim_and_watch(phone, phone.mail("cal", subject=INVITATION, path="/claim/"))
    stranger = phone.visit().page
    stranger.goto(wrong)
    expect(stranger.get_by_test_id("claim-over")).to_be_visible()
    assert len(phone.sink.to(phone.address("clal"))) == 1  # they get no further email


def seat_given_to_a_colleague(phone: Phone) -> None:
    with phone.served.carrel.database.transaction() as session:
        dot = phone.add(session, "dot")
        claims.claim(session, phone.pool_id, dot.id, actor=None, now=now())
        seat = session.scalars(
            select(Seat.public_id)
            .join(Assignment, Assignment.seat_id == Seat.id)
            .where(Assignment.login_id == dot.id)
        ).one()
        colleague = Invitee(read_address(phone.address("dora")))
        transfers.reassign(session, seat, colleague, links=phone.links, actor=None, now=now())
        dot_id = dot.id
    dot_there = phone.visit(dot_id)
    dot_there.page.goto(phone.webinar.page)
    is_refused(dot_there.page, Code.SEAT_RELEASED, phone.library)
    phone.ask("dot moss")
    phone.desk.answers(Code.SEAT_RELEASED, phone.library)
    phone.desk.act("/invite")
    phone.desk.done(phone.address("dot"))
    dot_there.page.goto(phone.mail("dot", subject=INVITATION, path="/claim/"))
    claim_button(dot_there.page).click()
    watch(phone, dot_there)


def pass_expired_yesterday(phone: Phone) -> None:
    with phone.served.carrel.database.transaction() as session:
        eli = phone.add(session, "eli")
        make_grant(session, eli, starts_at=now() - 366 * DAY, ends_at=now() - DAY)
        eli_id = eli.id
    phone.ask("eli moss")
    phone.desk.answers(Code.PASS_EXPIRED)
    phone.desk.act("/renewal")
    phone.desk.done(phone.address("eli"))
    payer = phone.visit()
    payer.page.goto(phone.mail("eli", subject=like(PASS_ENDED), path="/pay/"))
    assert axe_faults(payer.page) == []
    payer.page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    payer.page.get_by_role("button", name="Pay $499.00 by card").click()
    pay_by_card(payer.page)
    expect(payer.page.get_by_text("Paid", exact=True).first).to_be_visible()
    arrived(phone.sink, phone.address("eli"), subject="Receipt .*")
    watch(phone, phone.visit(eli_id))


def other_address(phone: Phone) -> None:
    with phone.served.carrel.database.transaction() as session:
        about = session.scalars(select(Webinar).where(Webinar.slug == phone.webinar.slug)).one()
        make_grant(session, phone.add(session, "fay"), about)
        make_login(session, phone.address("fay.home"), name="Fay Moss")
    phone.ask(phone.address("fay.home"))
    phone.desk.answers(Code.NO_GRANT)
    expect(phone.desk.page.locator("#alike-title")).to_be_visible()
    phone.desk.press(phone.desk.page.get_by_role("main").get_by_role("link", name="Fay Moss").last)
    phone.desk.answers(Code.OK_PERMANENT)
    phone.desk.act("/sign-in-email")
    phone.desk.done(phone.address("fay"))
    fay = phone.visit()
    sign_in_by_code(phone, fay.page, "fay")
    watch(phone, fay)


def learner_without_seat(phone: Phone) -> None:
    name = f"Wren {phone.webinar.slug}"
    with phone.served.carrel.database.transaction() as session:
        library = session.get_one(Pool, phone.pool_id).organization_id
        made = make_course(session, library, LinkTarget(webinar=phone.webinar.slug))
        course = replace(made, origin=phone.served.url, at=now())
    wren = phone.visit()
    launch(phone, wren.page, course, name)
    play(wren)
    with phone.served.carrel.database.transaction() as session:
        held = select(Seat.public_id).join(Assignment, Assignment.seat_id == Seat.id)
        seat = session.scalars(
            held.join(Login, Login.id == Assignment.login_id).where(Login.name == name)
        ).one()
        removed = AssignmentEnd.REMOVED
        claims.release(session, seat, removed, links=phone.links, actor=None, now=now())
    wren.faults.clear()
    launch(phone, wren.page, course, name)
    is_refused(wren.page, Code.SEAT_RELEASED, phone.library)
    phone.ask(name)
    phone.desk.told(FROM_AN_LMS)
    phone.desk.act("/pools/")
    phone.desk.done()
    phone.desk.answers(Code.OK_PERMANENT, phone.library)
    wren.faults.clear()  # the refused page was a 403
    launch(phone, wren.page, course, name)
    play(wren)


def launch(phone: Phone, page: Page, course: Course, name: str) -> None:
    """Open the webinar from the course."""
    with phone.served.carrel.database.transaction() as session:
        secret = course.launch(session, sub=name, name=name)
    page.goto(f"/lti/s/{secret}/")


def postponed_webinar(phone: Phone) -> None:
    slug, title = f"later-{phone.webinar.slug}", f"Later {phone.webinar.slug}"
    old, new = now() + timedelta(hours=2), now() + 9 * DAY
    with phone.served.carrel.database.transaction() as session:
        coming = make_webinar(session, slug, held_at=old)
        coming.title, coming.live_link = title, f"{phone.served.url}/healthz"
        gil = phone.add(session, "gil")
        make_grant(session, gil, coming)
        registrations.register(
            session, login_id=gil.id, webinar_id=coming.id, links=phone.links, now=now()
        )
        move_date(session, coming, NewDate(new), now=now())
        gil_id, webinar_id = gil.id, coming.id
    phone.desk.ask("gil moss", title)
    phone.desk.told(start_of(MOVED))
    before = len(phone.sink.to(phone.address("gil")))
    phone.desk.act("/joining")
    phone.desk.done(phone.address("gil"))
    until_more(phone, "gil", before)
    mail = arrived(phone.sink, phone.address("gil"), subject=like(REGISTERED.subject, title=title))
    assert f"/webinars/{slug}" in mail.text
    there = phone.visit(gil_id)
    there.page.goto(f"/webinars/{slug}")
    expect(there.page.get_by_text("New date").first).to_be_visible()
    with phone.served.carrel.database.transaction() as session:
        session.get_one(Webinar, webinar_id).held_at = now() + timedelta(minutes=30)
    there.page.reload()
    there.page.get_by_role("link", name="Join live").click()
    there.page.wait_for_url("**/healthz")


def payment_overdue(phone: Phone) -> None:
    line = NewLine(
        kind=OfferKind.GROUP_SEATS,
        covers=f"webinar:{phone.webinar.slug}",
        price_minor=32_500,
        quantity=5,
    )
    new = order_of("Hana", line, firm=f"Hazel Library {phone.webinar.slug}")
    facts = bought(phone.served.carrel, new)
    with phone.served.carrel.database.transaction() as session:
        ida = phone.add(session, "ida")
        pool = session.scalars(select(Pool).where(Pool.organization_id == facts.organization_id))
        claims.claim(session, pool.one().id, ida.id, actor=None, now=now())
        ida_id = ida.id
    with phone.served.carrel.database.transaction() as session:
        order = orders.find_order(session, facts.public_id, lock=True)
        pay = payment_links(phone.served.carrel.settings)
        cancellations.hold(session, order, pay=pay, mail_context=OFFICE, actor=None, now=now())
        hana = order.contact_email
    ida_there = phone.visit(ida_id)
    ida_there.page.goto(phone.webinar.page)
    is_refused(ida_there.page, Code.PAYMENT_OVERDUE)
    phone.ask("ida moss")
    phone.desk.answers(Code.PAYMENT_OVERDUE)
    phone.desk.act("/release")
    phone.desk.done(DONE["release"])
    phone.desk.answers(Code.OK_PERMANENT)
    arrived(phone.sink, hana, subject="Order .+: you now have access")
    assert phone.sink.to(phone.address("ida")) == []
    watch(phone, ida_there)


def recording_not_ready(phone: Phone) -> None:
    slug, title = f"unready-{phone.webinar.slug}", f"Unready {phone.webinar.slug}"
    key = f"originals/{slug}/recording.mp4"
    film = first_seconds(phone.served.carrel.settings.scratch / f"{slug}.mp4")
    size = film.stat().st_size
    phone.served.carrel.storage.put_file(key, film, "video/mp4")
    with phone.served.carrel.database.transaction() as session:
        held = make_webinar(session, slug, held_at=now() - DAY)
        held.title = title
        session.add(
            Recording(
                webinar_id=held.id,
                number=1,
                is_current=True,
                state=RecordingState.FAILED,
                original_key=key,
                original_name="recording.mp4",
                size_bytes=size,
                sha256="0" * 64,
                created_at=now(),
            )
        )
        jo = phone.add(session, "jo")
        make_grant(session, jo, held)
        jo_id, held_id = jo.id, held.id
    phone.desk.ask("jo moss", title)
    phone.desk.answers(Code.RECORDING_NOT_READY)
    phone.desk.told(NOT_PROCESSED)
    phone.desk.act("/retry")
    phone.desk.done()
    for _ in range(1500):
        with phone.served.carrel.database.read_session() as session:
            mine = select(Recording.state).where(Recording.webinar_id == held_id)
            if session.scalars(mine).one() is RecordingState.READY:
                break
        phone.desk.page.wait_for_timeout(200)
    run_round(phone)
    mail = arrived(phone.sink, phone.address("jo"), subject=like(READY.subject, title=title))
    there = phone.visit(jo_id)
    there.page.goto(link_in(phone.served, mail, f"/webinars/{slug}"))
    play(there)


CALLS: Final[tuple[Callable[[Phone], None], ...]] = (
    expired_invitation,
    bounced_invitation,
    mistyped_address,
    seat_given_to_a_colleague,
    pass_expired_yesterday,
    other_address,
    learner_without_seat,
    postponed_webinar,
    payment_overdue,
    recording_not_ready,
)


@pytest.mark.parametrize("call", CALLS, ids=lambda one: one.__name__)
def test_caller_is_helped_from_one_page_and_can_watch(
    phone: Phone, call: Callable[[Phone], None]
) -> None:
    call(phone)
    assert axe_faults(phone.desk.page) == []
    assert phone.desk.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
