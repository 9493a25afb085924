"""The values for the variables of every route, who visits it, and which routes are exempt."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from lms.app import create_app
from lms.certificates import staff_manual_issue_and_attendance
from lms.certificates.staff_manual_issue_and_attendance import ByHand
from lms.core.attached_files import KeptFile
from lms.core.clock import now
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.demo.all_series import CAST
from lms.demo.install import install_demo
from lms.group_showings import showings
from lms.mail import link_tokens_and_codes
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, FactorKind, Login, SecondFactor
from lms.models.catalog import Presenter, Series, Webinar, WebinarState
from lms.models.grants import Grant, OfferKind
from lms.models.group_showings import Showing
from lms.models.handouts import Handout
from lms.models.jobs import Job
from lms.models.organizations import Organization
from lms.models.recordings import Caption, Recording, RecordingState
from lms.models.requests import DeskRequest
from lms.models.seats import Assignment, AssignmentState, Pool, Seat
from lms.models.seller import PolicyKind, VendorDocumentAudience, VendorDocumentKind
from lms.models.training import Trainee, Training, TrainingGroup
from lms.seats import claim_links
from lms.seller.policies import publish_policy, save_draft
from lms.seller.vendor_documents import VendorDocumentDetails, add_vendor_document
from lms.web.core.route_guard import UNCOOKIED, Audience, audiences_of
from lms.web.wsgi_middleware_stack import front
from tests.browser.conftest import SECRET_KEY
from tests.browser.route_walk_data import make_beside
from tests.clock import zone_at_noon
from tests.servers.buffered_responses import in_whole
from tests.servers.process import free_port
from wsgi import COMPONENTS

RECORDED, SECONDS = "first-ninety-seconds", 61.0
# Who visits the routes of an audience, unless `WHO` says otherwise.
COMES: Final[Mapping[Audience, tuple[str, ...]]] = {
    Audience.EVERYONE: ("nobody",),
    Audience.SIGNED_IN: ("alice",),
    Audience.BUYERS: (),  # anyone signed in can open their pages, too
    Audience.MANAGERS: ("mia",),
    Audience.SUPERVISORS: ("sam",),
    Audience.BILLING: ("bea",),
    Audience.LMS_ADMINS: ("leo",),
    Audience.SELLER_OWNERS: ("olive",),
    Audience.STAFF: ("ada",),
    Audience.BOOKKEEPERS: ("ben",),
}
WHO: Final[Mapping[str, tuple[str, ...]]] = {
    "catalog.home": ("nobody", "bob"),
    "catalog.webinars": ("nobody", "carol"),
    "catalog.webinar": ("nobody", "alice", "ada"),
    "catalog.series": ("nobody", "bob", "dan"),
    "catalog.presenter": ("nobody", "bob"),
    "live.register": ("bob",),
    "library.library": ("alice", "bob", "dan"),
    "own_seats.show": ("seated",),
    "own_seats.ask": ("seated",),
    "training.show": ("trainee",),
    "account_addresses.confirm_email": ("nobody",),
    "organizations.overview": ("mia",),  # redirects the others to their own page
    "organization_reports.person": ("mia",),  # about a person whom sam doesn't supervise
    "documents.show": ("ada",),
}
A_FILE: Final = re.compile(r"\.\w+$")  # a file, such as `people.csv`
FILE: Final = "a file, not a page"
PART: Final = "a part of a page that is walked, for its script"
ONWARD: Final = "leads on to another page"
ELSEWHERE: Final = "is read by axe in {}"
# Routes whose pages aren't checked here, and why.
NAMED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("suggestions.show", "suggestions.titles", "suggestions.names"), PART),
    **dict.fromkeys(("staff_order_form.price", "staff_order_form.organizations"), PART),
    **dict.fromkeys(("staff_holdings.titles", "organization_people.pools"), PART),
    "organization_allotments.members": PART,
    **dict.fromkeys(("organization_training_groups.names", "lti_picker.series"), PART),
    "static": FILE,
    "buy_box.price": "a part of a page, for the script of the buy box",
    "card.paid": "leads on to the order; tests/browser/buying comes by",
    "payment_page_card.paid": "leads on to the payment page; tests/browser/buying comes by",
    "order.show": "tests/browser/buying checks it",
    "order_confirmation.show": "tests/browser/buying checks it",
    **dict.fromkeys(("health.health", "health.live", "health.ready"), FILE),
    "badges.status": FILE,
    **dict.fromkeys(("badges.issuer", "badges.keys", "badges.key"), FILE),
    "theme.logo": FILE,
    "kit_download.download": FILE,
    "lti_tool.jwks": FILE,
    "lti_tool.configuration": FILE,
    "handouts.download": FILE,
    "catalog.presenter_picture": FILE,
    "showings.slide_file": FILE,
    "staff_requests.file": FILE,
    "staff_vendor_documents.download": FILE,
    "vendor_documents.download": FILE,
    "staff_quotes.file": FILE,
    "staff_tax_papers.file": FILE,
    "organization_billing.file": FILE,
    "webinar_files.original": FILE,
    "ask.price": PART,
    "showings.roster": PART,
    "staff_branding.look": PART,
    "webinar_files.progress": PART,
    "staff_email_texts.show_preview": "an email, in a frame of the page that is walked",
    **dict.fromkeys(("watch.certificate", "next_part.show"), PART),
    "webinar_files.show": PART,
    "uploads.show": PART,
    "language.choose": ONWARD,
    **dict.fromkeys(("order.pay", "own_orders.pay", "organization_orders.pay"), ONWARD),
    **dict.fromkeys(("live.join", "organizations.index"), ONWARD),
    "organization_kits.link_again": ONWARD,
    "sign_in_code.enter": ONWARD,
    "second_step.ask": ELSEWHERE.format("test_second_step.py"),
    "caption_editor.download": FILE,
    # it plays a recording, and this site has no files
    "caption_editor.edit": ELSEWHERE.format("recordings/test_caption_editor.py"),
    "handouts.page": ELSEWHERE.format("test_handout_preview.py"),
    "cancellation_offer.show": ELSEWHERE.format("test_after_the_sale.py"),
    "own_orders.show": ELSEWHERE.format("test_after_the_sale.py"),
    "organization_courses.course": ELSEWHERE.format("lti/test_connection_pages.py"),
    "organization_courses.releases": ELSEWHERE.format("lti/test_connection_pages.py"),
    "staff_attendance.preview": ELSEWHERE.format("test_live_registration.py"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A page that a person visits."""

    who: str
    path: str
    status: int = 200


@dataclass(frozen=True, slots=True)
class Walk:
    """Every page, and the routes without values for their variables."""

    stops: list[Stop]
    unknown: list[str]


@dataclass(frozen=True, slots=True)
class World:
    """The demo site with additional data, its people, and values for the variables in URLs."""

    url: str
    carrel: Carrel
    logins: Mapping[str, int | None]
    values: Mapping[str, str]


def walk(world: World, method: str = "GET") -> Walk:
    """Return a stop for each person who visits each route with this method."""
    app = create_app(world.carrel, COMPONENTS)
    stops: list[Stop] = []
    unknown: list[str] = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        audiences = audiences_of(app.view_functions[rule.endpoint])
        is_met = method in (rule.methods or ()) and not audiences & UNCOOKIED
        is_page = rule.endpoint not in NAMED and not A_FILE.search(rule.rule)
        if not is_met or (method == "GET" and not is_page):
            continue
        place = rule.endpoint.partition(".")[0]
        names = re.findall(r"<(?:[^<>:]+:)?(\w+)>", rule.rule)
        known = {name: _value(world, rule.endpoint, place, name) for name in names}
        if None in known.values():
            unknown.append(f"{rule.endpoint} {rule.rule}")
            continue
        path = rule.rule
        for name, value in known.items():
            path = re.sub(rf"<(?:[^<>:]+:)?{name}>", value or "", path)
        come = [who for audience in sorted(audiences) for who in COMES[audience]]
        stops += [Stop(who, path) for who in WHO.get(rule.endpoint, come)]
    return Walk(stops, unknown)


def _value(world: World, endpoint: str, place: str, name: str) -> str | None:
    asked = (f"{endpoint}.{name}", f"{place}.{name}", name)
    return next((world.values[each] for each in asked if each in world.values), None)


@contextmanager
def open_world(place: Path, database_url: str) -> Iterator[World]:
    """Serve the site from this process during the block, without a worker."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {
        "CARREL_DATA_DIR": str(place),
        "CARREL_DATABASE_URL": database_url,
        "CARREL_BASE_URL": url,
        "CARREL_SECRET_KEY": SECRET_KEY,
    }
    carrel = open_carrel(Settings.from_env(environ))
    world = furnish(carrel, url)
    answers = in_whole(front(create_app(carrel, COMPONENTS), carrel))
    with make_server("127.0.0.1", port, answers, threaded=True) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield world
        server.shutdown()
    carrel.database.dispose()


def furnish(carrel: Carrel, url: str) -> World:
    """Install the demo with encoded recordings, and add what it lacks."""
    moment = now()
    install_demo(carrel, now=moment)
    with carrel.database.transaction() as session:
        for recording in session.scalars(select(Recording)):
            recording.state, recording.run = RecordingState.READY, recording.public_id
            recording.seconds = SECONDS
        logins: dict[str, int | None] = {"nobody": None}
        for person in CAST:
            name = person.email.partition("@")[0]
            logins[name] = session.scalars(
                select(Login.id).where(Login.email == person.email)
            ).one()
        values = _known(session, logins, moment) | _made(session, logins, moment)
    values |= make_beside(carrel, logins, values, moment)
    return World(url, carrel, logins, values)


def _known(session: Session, logins: dict[str, int | None], moment: datetime) -> dict[str, str]:
    """Return values for URLs from the demo."""
    house = session.scalars(select(Organization).where(Organization.slug == "tarnbrook")).one()
    seat, pool, login_id = session.execute(
        select(Seat.public_id, Pool.public_id, Assignment.login_id)
        .join_from(Assignment, Seat)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(Pool.organization_id == house.id, Assignment.state == AssignmentState.CLAIMED)
        .order_by(Assignment.id)
    ).first() or ("", "", 0)
    invited = session.scalars(
        select(Seat.public_id)
        .join_from(Assignment, Seat)
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(Pool.organization_id == house.id, Assignment.state == AssignmentState.INVITED)
    ).first()
    trainee = session.scalars(select(Trainee).where(Trainee.login_id.is_not(None))).first()
    assert trainee is not None
    logins["seated"], logins["trainee"] = login_id, trainee.login_id
    webinar = session.scalars(select(Webinar).where(Webinar.slug == RECORDED)).one()
    coming = session.scalars(
        select(Webinar.slug).where(Webinar.held_at > moment).order_by(Webinar.held_at)
    ).first()

    def first(column: Any, *where: Any) -> str:
        # by row ID, because public IDs are random and would vary the page
        return str(session.scalars(select(column).where(*where).order_by(column.class_.id)).first())

    return {
        "slug": webinar.slug,
        "catalog.series.slug": "plain-machines",
        "catalog.presenter.slug": "tobias-karrow",
        "staff_organizations.slug": house.slug,
        "staff_grace.slug": house.slug,
        "staff_invited.address": first(Assignment.email, Assignment.login_id.is_(None)),
        "staff_organization_billing.slug": house.slug,
        "staff_organization_merges.slug": house.slug,
        "staff_tax_papers.slug": house.slug,
        "staff_holdings.slug": house.slug,
        "staff_live.slug": coming or "",
        "staff_drafts.confirm_delete.slug": first(
            Webinar.slug, Webinar.state == WebinarState.DRAFT
        ),
        "policies.slug": "license",
        "staff_policies.slug": "license",
        "live.slug": coming or "",
        "organization_id": house.public_id,
        "organization_members.member_id": first(Login.public_id, Login.id == logins["sam"]),
        "staff_team.login_id": first(Login.public_id, Login.id == logins["ada"]),
        "pool_id": pool,
        "pool": pool,
        "seat_id": seat,
        "organization_moves.address.seat_id": invited or "",
        "training_id": first(Training.public_id),
        "group_id": first(TrainingGroup.public_id),
        "trainee_id": trainee.public_id,
        "login_id": first(Login.public_id, Login.id == logins["alice"]),
        "organization_reports.login_id": first(Login.public_id, Login.id == login_id),
        "staff_reports.login_id": first(Login.public_id, Login.id == login_id),
        "grant_id": first(Grant.public_id, Grant.login_id == logins["alice"]),
        "staff_holdings.revoke_of_pool.grant_id": first(
            Grant.public_id, Grant.pool_id.in_(select(Pool.id).where(Pool.public_id == pool))
        ),
        "presenter_id": first(Presenter.public_id),
        "series_id": first(Series.public_id),
        "staff_special_prices.edit.scope": "series",
        "staff_special_prices.edit.public_id": first(Series.public_id),
        "request_id": first(DeskRequest.public_id),
        "staff_jobs.job_id": first(Job.public_id),
        "recording_id": first(Recording.public_id, Recording.webinar_id == webinar.id),
        "caption_id": first(
            Caption.public_id,
            Caption.recording_id.in_(
                select(Recording.id).where(Recording.webinar_id == webinar.id)
            ),
        ),
        "handout_id": first(Handout.public_id, Handout.webinar_id == webinar.id),
        "handouts.public_id": first(Handout.public_id, Handout.webinar_id == webinar.id),
        "number": "1",
        "product": "moodle",
        "kind": "webinar",
        "staff_email_texts.kind": "order_confirmation",
        "name": webinar.public_id,
    }


def _made(session: Session, logins: Mapping[str, int | None], moment: datetime) -> dict[str, str]:
    """Add what the demo lacks, such as a certificate, a group viewing, and emailed links."""
    alice = session.get_one(Login, logins["alice"])
    webinar = session.scalars(select(Webinar).where(Webinar.slug == RECORDED)).one()
    links = Links("http://localhost")
    number = staff_manual_issue_and_attendance.issue_by_hand(
        session,
        webinar.id,
        ByHand(alice.email or "", "She was in the room."),
        actor=None,
        links=links,
        now=moment,
    )
    grant = session.scalars(
        select(Grant).where(Grant.login_id == alice.id, Grant.webinar_id == webinar.id)
    ).one()
    grant.kind = OfferKind.GROUP_SHOWING
    session.flush()
    showing = showings.open_showing(
        session,
        login_id=alice.id,
        webinar_id=webinar.id,
        place=showings.Place("Meeting room 2", zone_at_noon(moment)),
        actor=None,
        now=moment,
    )
    pool = session.scalars(select(Pool).where(Pool.webinar_id.is_not(None))).first()
    assert pool is not None
    token = claim_links.open_link(
        session,
        pool.id,
        expires_at=moment + timedelta(days=3),
        most_uses=5,
        actor=None,
        now=moment,
    )

    document = add_vendor_document(
        session,
        VendorDocumentDetails(VendorDocumentKind.W9, "", VendorDocumentAudience.PUBLIC, None),
        KeptFile("vendor-documents/x/w9.pdf", "w9.pdf"),
        actor=None,
        now=moment,
    )
    for text in ("You may watch.", "You may watch, and so may your *colleagues*."):
        save_draft(session, PolicyKind.LICENSE, text, actor=None, now=moment)
        publish_policy(session, PolicyKind.LICENSE, actor=None, now=moment)

    phone = SecondFactor(
        login_id=alice.id,
        kind=FactorKind.APP,
        name="My phone",
        sealed_secret="sealed",
        created_at=moment,
    )
    session.add(phone)
    session.flush()

    def secret(purpose: EmailPurpose) -> str:
        return link_tokens_and_codes.issue(
            session, alice.id, purpose, email=alice.email or "", now=moment
        )

    return {
        "public_id": number,
        "factor_id": phone.public_id,
        "showings.public_id": showing,
        "document_id": document.id,
        "code": session.scalars(select(Showing.code)).one(),
        "claim.token": token,
        "forgotten_password.secret": secret(EmailPurpose.RESET_PASSWORD),
        "account_addresses.confirm_recovery.secret": secret(EmailPurpose.RECOVERY_ADDRESS),
        "account_addresses.confirm_email.secret": secret(EmailPurpose.CHANGE_EMAIL),
        "account_addresses.restore_email.secret": secret(EmailPurpose.RESTORE_EMAIL),
    }
