"""Files attached to email: they arrive complete, and an unreadable one delays no other email."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO, cast

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.errors import Invalid
from lms.core.icalendar import Happening, Invitation, Method
from lms.core.runtime import Carrel
from lms.mail.attachments import MOST_BYTES, MOST_FILES, Attachment
from lms.mail.outbox import forget_old, mail_facts, post, resend
from lms.models.jobs import JobState
from lms.models.mail import Mail, MailLane
from lms.worker.mail_thread import FILES_PAUSE, MailSender
from media.storage.storage_protocol import Storage, StorageAway
from tests.clock import NOW, Clock
from tests.page_texts import says
from tests.servers.smtp import Delivered, MailSink
from tests.wait_until import PATIENCE_S

PAYABLE = "payable@example.org"
BOB = "bob@example.org"
KEY = "documents/0/invoice.pdf"
PDF = b"%PDF-1.7\r\n\x00\xff a line\n.\n" * 1000
INVOICE = Attachment(KEY, "Invoice 2026-0412.pdf", "application/pdf")


@pytest.fixture
def library(carrel: Carrel, mail_sink: MailSink, clock: Clock) -> Carrel:
    """A library whose email goes to the sink, with a stored invoice."""
    carrel.storage.put_bytes(KEY, PDF, "application/pdf")
    return replace(carrel, settings=replace(carrel.settings, smtp_url=mail_sink.url))


def write(
    carrel: Carrel,
    to: str = PAYABLE,
    attachments: Sequence[Attachment] = (INVOICE,),
    invitation: Invitation | None = None,
) -> str:
    """Commit an email and return its public ID."""
    with carrel.database.transaction() as session:
        return post(
            session,
            kind="delivery_test",
            to=to,
            login_id=None,
            subject="Invoice 2026-0412",
            values={},
            now=now(),
            attachments=attachments,
            invitation=invitation,
        ).public_id


def send(carrel: Carrel) -> None:
    MailSender(carrel, MailLane.NORMAL, "one", threading.Event()).step()


def stored(carrel: Carrel, to: str = PAYABLE) -> Mail:
    with carrel.database.read_session() as session:
        return session.scalars(select(Mail).where(Mail.recipient == to)).one()


def files(mail: Delivered) -> list[tuple[str, str | None, bytes]]:
    """Return the attached files of a message as it arrived: type, name and bytes."""
    return [
        (part.get_content_type(), part.get_filename(), part.get_payload(decode=True))
        for part in mail.message.iter_attachments()
    ]


def test_file_arrives_byte_for_byte_with_both_texts(library: Carrel, mail_sink: MailSink) -> None:
    write(library)
    send(library)
    (got,) = mail_sink.to(PAYABLE)
    assert files(got) == [("application/pdf", "Invoice 2026-0412.pdf", PDF)]
    assert got.message.get_content_type() == "multipart/mixed"
    assert says(got.text, "delivery_test", "test")
    html = got.message.get_body(preferencelist=("html",))
    assert html is not None
    assert says(html.get_content(), "delivery_test", "test")
    assert stored(library).state is JobState.DONE


def test_several_files_arrive_in_order_with_a_calendar_entry(
    library: Carrel, mail_sink: MailSink
) -> None:
    library.storage.put_bytes("documents/0/terms.txt", "Köln\n".encode(), "text/plain")
    terms = Attachment("documents/0/terms.txt", "terms.txt", "text/plain")
    happening = Happening(
        uid="webinar@example.org",
        sequence=0,
        title="A webinar",
        summary="What it is about.",
        address="http://localhost/webinars/a",
        starts_at=NOW + timedelta(days=1),
        zone="America/New_York",
        minutes=60,
        is_canceled=False,
        changed_at=NOW,
    )
    write(library, attachments=(terms, INVOICE), invitation=Invitation(Method.REQUEST, happening))
    send(library)
    (got,) = mail_sink.to(PAYABLE)
    assert [name for _, name, _ in files(got)] == [
        "webinar.ics",
        "terms.txt",
        "Invoice 2026-0412.pdf",
    ]
    assert files(got)[1:] == [
        ("text/plain", "terms.txt", "Köln\n".encode()),
        ("application/pdf", "Invoice 2026-0412.pdf", PDF),
    ]
    parts = list(got.message.iter_attachments())
    assert parts[1].get_content() == "Köln\n"  # as the recipient's mail program reads it


@pytest.mark.parametrize(
    ("given", "arrives"),
    [
        ("Rechnung für Bücherei.pdf", "Rechnung für Bücherei.pdf"),
        ("C:\\desk\\quote.pdf", "quote.pdf"),
        ("quote.pdf\r\nBcc: all@example.org", "quote.pdf Bcc: all@example.org"),
        ("  ", "file"),
    ],
)
def test_file_name_cannot_add_a_header_or_a_folder(
    library: Carrel, mail_sink: MailSink, given: str, arrives: str
) -> None:
    write(library, attachments=[replace(INVOICE, name=given)])
    send(library)
    (got,) = mail_sink.to(PAYABLE)
    assert files(got) == [("application/pdf", arrives, PDF)]
    assert got.message["Bcc"] is None


def test_missing_file_delays_only_its_own_email(
    library: Carrel, mail_sink: MailSink, clock: Clock
) -> None:
    library.storage.delete(KEY)
    write(library)
    write(library, BOB, ())
    send(library)
    row = stored(library)
    assert (row.state, row.tries) == (JobState.QUEUED, 1)
    assert row.failure == "The attachment Invoice 2026-0412.pdf is missing from storage."
    assert row.run_at > now()
    assert len(mail_sink.to(BOB)) == 1
    assert mail_sink.to(PAYABLE) == []

    library.storage.put_bytes(KEY, PDF, "application/pdf")
    clock.set(row.run_at)
    send(library)
    assert len(mail_sink.to(PAYABLE)) == 1
    assert stored(library).failure is None


class Away:
    """A storage that can't be reached; it counts the requests."""

    def __init__(self) -> None:
        self.asked = 0

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        self.asked += 1
        raise StorageAway("The bucket hangs.", "ReadTimeoutError")


def test_unavailable_storage_is_tried_for_one_email_and_delays_no_other(
    library: Carrel, mail_sink: MailSink, clock: Clock
) -> None:
    storage = Away()
    away = replace(library, storage=cast("Storage", storage))
    for to in (PAYABLE, "other@example.org"):
        write(away, to)
    write(away, BOB, ())
    sender = MailSender(away, MailLane.NORMAL, "one", threading.Event())
    sender.step()
    assert storage.asked == 1
    assert [mail.recipients for mail in mail_sink.delivered] == [(BOB,)]
    for to in (PAYABLE, "other@example.org"):
        assert (stored(away, to).state, stored(away, to).tries) == (JobState.QUEUED, 1)
        assert "right now" in (stored(away, to).failure or "")
    clock.advance(FILES_PAUSE)
    sender.step()
    assert storage.asked == 2


def test_files_are_read_outside_any_transaction(library: Carrel, mail_sink: MailSink) -> None:
    class Writing:
        """A storage that is read while another thread writes to the database."""

        def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
            def write_meanwhile() -> None:
                write(library, BOB, ())

            other = threading.Thread(target=write_meanwhile)
            other.start()
            other.join(PATIENCE_S)
            assert not other.is_alive(), "the database is locked"
            return library.storage.open(key, start, length)

    write(library)
    send(replace(library, storage=cast("Storage", Writing())))
    assert len(mail_sink.to(PAYABLE)) == len(mail_sink.to(BOB)) == 1


def test_files_that_are_too_large_together_fail_with_the_reason(
    library: Carrel, mail_sink: MailSink
) -> None:
    half = MOST_BYTES // 2
    library.storage.put_bytes("documents/0/half", bytes(half), "application/pdf")
    library.storage.put_bytes("documents/0/more", bytes(half + 1), "application/pdf")
    large, larger = (replace(INVOICE, key=f"documents/0/{name}") for name in ("half", "more"))
    write(library, attachments=(large, large))
    write(library, BOB, (large, larger))
    send(library)
    assert len(files(mail_sink.to(PAYABLE)[0])) == 2
    row = stored(library, BOB)
    assert (row.state, row.failure) == (
        JobState.FAILED,
        "The attachments are larger than 10 MB in total.",
    )


def test_more_than_ten_files_are_refused(library: Carrel) -> None:
    with pytest.raises(Invalid):
        write(library, attachments=[INVOICE] * (MOST_FILES + 1))


@pytest.mark.parametrize("content_type", ["", "pdf", "text/plain; charset=utf-8", "a/b\r\nX: y"])
def test_media_type_with_more_than_a_type_is_refused(content_type: str) -> None:
    with pytest.raises(ValueError, match="media type"):
        replace(INVOICE, content_type=content_type)


def test_resent_email_has_its_files(library: Carrel, mail_sink: MailSink) -> None:
    mail_id = write(library)
    send(library)
    with library.database.transaction() as session:
        resend(session, mail_id, actor=None, now=now())
    send(library)
    first, second = mail_sink.to(PAYABLE)
    assert files(first) == files(second) == [("application/pdf", INVOICE.name, PDF)]


def test_facts_name_the_files(library: Carrel) -> None:
    mail_id, plain = write(library), write(library, BOB, ())
    with library.database.read_session() as session:
        assert mail_facts(session, mail_id).attachments == ("Invoice 2026-0412.pdf",)
        assert mail_facts(session, plain).attachments == ()


def test_list_of_attached_files_is_deleted_with_the_text(library: Carrel) -> None:
    write(library)
    send(library)
    with library.database.transaction() as session:
        forget_old(session, now=now() + timedelta(days=31))
    assert stored(library).attachments is None


def test_unreadable_attachments_delay_only_their_own_email(
    library: Carrel, mail_sink: MailSink
) -> None:
    write(library)
    write(library, BOB, ())
    broken: Any = [{"what": "no attachment"}]
    with library.database.transaction() as session:
        session.scalars(select(Mail).where(Mail.recipient == PAYABLE)).one().attachments = broken
    send(library)
    assert (stored(library).state, stored(library).tries) == (JobState.QUEUED, 1)
    assert len(mail_sink.to(BOB)) == 1
