"""A subject for every kind of job, and what can happen to it before the job runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.catalog.replacement_webinars import NewInstead
from lms.catalog.webinars import pull_webinar
from lms.component import hooks_for
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.handouts import handouts
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import InsteadKind, Webinar
from lms.models.documents import Document
from lms.models.grants import Grant, Withdrawal
from lms.models.group_showings import Attendee, Showing
from lms.models.kits import DeliveryKit
from lms.models.mail import Mailing, MailingPart, MailingState
from lms.models.orders import Terms
from lms.models.organizations import Organization
from lms.models.past_sales import PastBuyer, PastImport
from lms.models.payments import PaymentMethod
from lms.models.recordings import Recording, RecordingState
from lms.models.seat_imports import ImportState, SeatImport
from lms.models.seats import Assignment, AssignmentState, Pool, Seat
from lms.models.uploads import Upload, UploadPurpose, UploadState
from lms.payments import payments, refunds
from lms.payments.payments import NewPayment
from lms.payments.refunds import NewRefund
from lms.people.erasure import erase
from lms.people.login_merges import merge
from lms.recordings import versions
from lms.sales import orders
from lms.seat_imports import imports
from lms.seats.bulk_release_and_reinvite import Act
from lms.uploads import uploads
from lti.models.courses import Context
from lti.models.id_mappings import MapState, PeopleMap
from lti.models.registrations_and_keys import Registration, RegistrationState
from lti.models.selftest_runs import Selftest
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import (
    make_assignment,
    make_attendee,
    make_grant,
    make_handout,
    make_organization,
    make_pool,
    make_pool_grant,
    make_recording,
    make_webinar,
)
from tests.lti.id_mappings.changing_institution import make_change
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import SEAT
from wsgi import COMPONENTS

LINKS: Final = Links("http://localhost")
WORDS: Final = b"These are only words.\n" * 50
LIST: Final = b"Email,Name\nalice@example.org,Alice\n"


@dataclass(frozen=True, slots=True)
class Library:
    """The public IDs of one subject of each noun, and Alice, the person they belong to."""

    actor: str
    recording: str
    handout: str
    webinar: str
    pool: str
    organization: str
    seat: int
    seat_list: str
    seat_list_applied: str
    past_list: str
    past_list_applied: str
    batch: str
    kit: str
    upload: str
    showing: str
    course: str
    applied_map: str
    undone_map: str
    selftest: str
    document: str
    refund: str
    mailing: str


Subject = tuple[str, Mapping[str, Any]]


def subjects(of: Library) -> dict[str, Subject]:
    """Return the subject of each kind of job; periodic jobs have none."""
    since = NOW.isoformat()
    actor = {"actor": of.actor}
    people = {**actor, "people": [of.seat], "since": since}
    return {
        "recording.encode": (of.recording, {}),
        "rendition.sweep": (of.recording, {"run": new_public_id()}),
        "captions.hear": (of.recording, {"language": "en"}),
        "checkouts.fold": ("", {"event": "evt_of_an_order"}),
        "payments.refund": (of.refund, {}),
        "documents.finish": (of.document, {"is_mailed": True}),
        "handout.read": (of.handout, {}),
        "handout.match": (of.recording, {}),
        "live.tell_changed": (of.webinar, {"letter": "live_canceled", "notice": 0}),
        "live.count_minutes": (of.webinar, {}),
        "mailings.send": (of.mailing, {"notice": 0}),
        "seats.tell": (of.pool, {"released": [of.seat], "since": since}),
        Act.RELEASE.value: (of.organization, people),
        Act.SEND_AGAIN.value: (of.organization, people),
        "seats.read_list": (of.seat_list, {}),
        "seats.apply_list": (of.seat_list_applied, {**actor, "partial": True}),
        "seats.drop_list": (of.seat_list, {"key": "imports/gone.csv"}),
        "history.read_list": (of.past_list, {}),
        "history.apply_list": (of.past_list_applied, actor),
        "history.drop_list": (of.past_list, {"key": "imports/gone.csv"}),
        "history.invite": (of.batch, actor),
        "kit.make": (of.kit, {}),
        "kit.drop": (of.kit, {"key": "kits/gone.zip"}),
        "upload.settle": (of.upload, {}),
        "cancellation_offers.refund": (of.webinar, actor),
        "certificates.group": (of.showing, {}),
        "lti.roster": (of.course, {}),
        "lti.map_people": (of.applied_map, actor),
        "lti.unmap_people": (of.undone_map, actor),
        "lti.selftest": (of.selftest, {}),
    }


def furnish(carrel: Carrel, cast: Cast) -> Library:
    """Create the rows and files of all subjects."""
    for key, data in (("originals/words.mp4", WORDS), ("imports/list.csv", LIST)):
        carrel.storage.put_bytes(key, data, "application/octet-stream")
    change = make_change(carrel.database, cast)
    with carrel.database.transaction() as session:
        alice = session.get_one(Login, cast.alice.id)
        webinar = session.get_one(Webinar, cast.webinar_id)
        lonely = make_webinar(session, held_at=NOW + timedelta(days=3))
        recording = make_recording(
            session, webinar, state=RecordingState.FAILED, number=2, is_current=False
        )
        recording.original_key = "originals/words.mp4"
        organization = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, make_organization(session), webinar)
        make_pool_grant(session, pool)
        seat = make_assignment(session, pool, alice)
        make_assignment(session, pool, email="new@example.org", state=AssignmentState.INVITED)
        grant = make_grant(session, alice, webinar)
        attendee = make_attendee(
            session, grant, webinar.id, name="Alice", email="alice@example.org"
        )
        showing = session.get_one(Showing, attendee.showing_id)
        lists = [
            _list(session, made, state, alice.id, pool.id)
            for made in (SeatImport, PastImport)
            for state in (ImportState.READING, ImportState.APPLYING)
        ]
        batch = new_public_id()
        session.add(PastBuyer(login_id=alice.id, brought_at=NOW, batch=batch))
        kit = DeliveryKit(
            organization_id=organization.id, recording_id=recording.id, created_at=NOW
        )
        upload = _upload(webinar.id, alice.id)
        context = session.get_one(Context, change.old.course.context_id)
        maps = [
            PeopleMap(
                organization_id=organization.id,
                old_registration_id=change.old.registration_id,
                new_registration_id=change.new.registration_id,
                state=state,
                created_at=NOW,
            )
            for state in (MapState.APPLYING, MapState.UNDOING)
        ]
        selftest = Selftest(registration_id=change.old.registration_id, asked_at=NOW)
        session.add_all((kit, upload, *maps, selftest))
        session.flush()
        return Library(
            alice.public_id,
            recording.public_id,
            make_handout(session, webinar).public_id,
            lonely.public_id,
            pool.public_id,
            organization.public_id,
            seat.id,
            *lists,
            batch,
            kit.public_id,
            upload.public_id,
            showing.public_id,
            context.public_id,
            *(one.public_id for one in maps),
            selftest.public_id,
            _invoice(session),
            _refund(session),
            _mailing(session, lonely.id),
        )


def _mailing(session: Session, webinar_id: int) -> str:
    """Add a mailing that is due."""
    made = Mailing(
        webinar_id=webinar_id,
        part=MailingPart.EVERYONE,
        state=MailingState.SCHEDULED,
        subject="Hello",
        body="Hello.",
        created_at=NOW,
        send_at=NOW,
    )
    session.add(made)
    session.flush()
    return made.public_id


def _refund(session: Session) -> str:
    """Add a refund of Alice's card payment."""
    new = NewPayment(
        method=PaymentMethod.CARD,
        currency="USD",
        amount_minor=9900,
        received_on=NOW.date(),
        login_id=session.scalars(select(Login.id).where(Login.name == "Alice")).first(),
        provider_ref="pi_of_alice",
    )
    payment = payments.record(session, new, actor=None, now=NOW)
    wanted = NewRefund(payment.public_id, 9900, "a refund")
    return refunds.request(session, wanted, actor=None, now=NOW).public_id


def _invoice(session: Session) -> str:
    """Add Alice's purchase on invoice; documents are never deleted."""
    new = replace(SEAT, email="alice@example.org", name="Alice", terms=Terms.INVOICE)
    order = orders.place(session, new, mail_context=OFFICE, actor=None, now=NOW)
    return session.scalars(select(Document.public_id).where(Document.order_id == order.id)).one()


def _list(
    session: Session,
    made: type[SeatImport] | type[PastImport],
    state: ImportState,
    made_by: int,
    pool_id: int,
) -> str:
    stored = "imports/list.csv" if state is ImportState.READING else None
    more: dict[str, Any] = {"pool_id": pool_id} if made is SeatImport else {}
    row = made(state=state, made_by=made_by, source_key=stored, created_at=NOW, **more)
    session.add(row)
    session.flush()
    return row.public_id


def _upload(webinar_id: int, login_id: int) -> Upload:
    return Upload(
        webinar_id=webinar_id,
        login_id=login_id,
        purpose=UploadPurpose.HANDOUT,
        state=UploadState.ARRIVED,
        name="slides.pdf",
        fingerprint="slides",
        size_bytes=10,
        kept_bytes=10,
        key="uploads/gone/slides.pdf",
        mark="gone",
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def _delete(session: Session, cast: Cast, of: Library) -> None:
    versions.remove(session, of.recording, actor=None, now=NOW)
    handouts.remove(session, of.handout, actor=None, now=NOW)
    imports.discard(session, of.seat_list)
    uploads.forget(session, of.upload)
    webinar = Webinar.public_id == of.webinar
    rows = (
        (SeatImport, SeatImport.public_id.is_not(None)),
        (PastImport, PastImport.public_id.is_not(None)),
        (DeliveryKit, DeliveryKit.public_id == of.kit),
        (Webinar, webinar),
        (PastBuyer, PastBuyer.batch == of.batch),
        (Attendee, Attendee.showing_id.is_not(None)),
        (Showing, Showing.public_id == of.showing),
        (Assignment, Assignment.pool_id.is_not(None)),
        (Seat, Seat.pool_id.is_not(None)),
        (Grant, Grant.pool_id.is_not(None)),
        (Pool, Pool.public_id == of.pool),
        (PeopleMap, PeopleMap.public_id.is_not(None)),
        (Context, Context.public_id == of.course),
        (Registration, Registration.public_id.is_not(None)),
        (Selftest, Selftest.public_id == of.selftest),
    )
    for model, which in rows:
        session.execute(delete(model).where(which))


def _merge(session: Session, cast: Cast, of: Library) -> None:
    hooks = hooks_for(COMPONENTS, "on_merge")
    merge(session, kept=cast.bob.public_id, merged=of.actor, hooks=hooks, actor=None, now=NOW)


def _erase(session: Session, cast: Cast, of: Library) -> None:
    hooks = hooks_for(COMPONENTS, "on_erase")
    erase(session, cast.alice.id, hooks=hooks, links=LINKS, actor=None, now=NOW)


def _withdraw(session: Session, cast: Cast, of: Library) -> None:
    nothing = NewInstead(InsteadKind.WORDS, said="We are sorry.")
    pull_webinar(session, cast.slug, reason="Wrong.", instead=nothing, actor=None, now=NOW)
    silently = {"synchronize_session": False}
    session.execute(
        update(Grant)
        .values(revoked_at=NOW, revoked_as=Withdrawal.REFUNDED)
        .execution_options(**silently)
    )
    session.execute(
        update(Registration).values(state=RegistrationState.DISABLED).execution_options(**silently)
    )
    session.execute(
        update(Recording)
        .where(Recording.public_id == of.recording)
        .values(state=RecordingState.CANCELED)
        .execution_options(**silently)
    )


FATES: Final[Mapping[str, Callable[[Session, Cast, Library], None]]] = {
    "deleted": _delete,
    "merged": _merge,
    "erased": _erase,
    "withdrawn": _withdraw,
}
