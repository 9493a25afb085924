"""Emails that a test's mail server received, as their recipients read them."""

import io
import re
import time
from collections import defaultdict
from email.message import EmailMessage

from pypdf import PdfReader

from tests.servers.smtp import Delivered, MailSink

WITHIN_S = 60.0  # from the click (MONEY.md, M9)


def arrived(sink: MailSink, address: str, *, subject: str) -> Delivered:
    """Wait for the newest email to an address whose whole subject matches; raises TimeoutError."""
    ends = time.monotonic() + WITHIN_S
    while time.monotonic() < ends:
        found = [one for one in sink.to(address) if re.fullmatch(subject, subject_of(one))]
        if found:
            return found[-1]
        time.sleep(0.1)
    raise TimeoutError(f"{address} got only {[subject_of(one) for one in sink.to(address)]}")


def like(message: str, **values: str) -> str:
    """Return the pattern of a subject; values that aren't given match anything."""
    given = {name: re.escape(value) for name, value in values.items()}
    return message.replace("'", "\u2019") % defaultdict(lambda: ".*", given)


def subject_of(mail: Delivered) -> str:
    """Return an email's subject, without the leading space of a folded one."""
    return str(mail.message["Subject"]).strip()


def pdf_in(mail: Delivered) -> tuple[str, bytes]:
    """Return the name and bytes of an email's only PDF attachment."""
    (part,) = mail.message.iter_attachments()
    assert isinstance(part, EmailMessage)
    assert part.get_content_type() == "application/pdf"
    return part.get_filename() or "", part.get_content()


def words_of(pdf: bytes) -> str:
    """Return the text of a PDF."""
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
