"""Certificate texts and PDFs: wording, credit hours, QR code, and transcript."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import segno
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.branding import BrandingFacts, read_branding, read_logo
from lms.certificates.designs import Design, fill_in, read_design
from lms.certificates.read_models import CertificateFacts, Status, sum_credit
from lms.core.accent_colors import light_accent
from lms.core.clock import now
from lms.core.dates_and_time_zones import read_zone, say_date
from lms.core.errors import N_, NotFound
from lms.core.languages import Language, speaking
from lms.core.pdf_documents import PICTURES, Size, print_pdf
from lms.models.certificates import CertificateKind
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel

BY_KIND: Final[Mapping[CertificateKind, str]] = MappingProxyType(
    {
        CertificateKind.WATCHED: N_("watched the recording of"),
        CertificateKind.LIVE: N_("attended the live webinar"),
        CertificateKind.GROUP: N_("took part in a group viewing of"),
        CertificateKind.BY_HAND: N_("took part in"),
    }
)
KIND_NAMES: Final[Mapping[CertificateKind, str]] = MappingProxyType(
    {
        CertificateKind.WATCHED: N_("Recording"),
        CertificateKind.LIVE: N_("Live"),
        CertificateKind.GROUP: N_("Group viewing"),
        CertificateKind.BY_HAND: N_("Issued manually"),
    }
)
STATUS_NAMES: Final[Mapping[Status, tuple[str, str]]] = MappingProxyType(
    {
        Status.VALID: (N_("Valid"), "open"),
        Status.REVOKED: (N_("Revoked"), "danger"),
        Status.CORRECTED: (N_("Corrected"), "none"),
    }
)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The seller's branding on printed documents; `logo` is a file's name and contents, or None."""

    facts: BrandingFacts
    logo: tuple[str, bytes] | None
    design: Design


@dataclass(frozen=True, slots=True)
class DesignWords:
    """The text of a design on one certificate, with its placeholders filled in."""

    heading: str
    before: str
    note: str
    signer: str


def read_letterhead(session: Session, *, at: datetime | None = None) -> Letterhead:
    """Return the branding and design for documents of a given time, or of now."""
    design = read_design(session, at=at or now())
    facts = read_branding(session, contact="")
    logo = None
    if facts.has_logo:
        try:
            picture = read_logo(session)
        except NotFound:
            return Letterhead(facts, None, design)
        ending = PICTURES.get(picture.content_type)
        logo = (f"logo.{ending}", picture.picture) if ending else None
    return Letterhead(facts, logo, design)


def hours_words(minutes: int) -> str:
    """Return an amount of continuing education: `1 hour`, `1.5 hours`, `50 minutes`."""
    if minutes == 60:
        return _("1 hour")
    if minutes < 60:
        return ngettext("%(num)s minute", "%(num)s minutes", minutes)
    return _("%(hours)s hours", hours=hours(minutes))


def hours(minutes: int) -> str:
    """Return minutes as hours with at most two decimals: 90 is `1.5`."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


def day_of(facts: CertificateFacts, at: datetime | None = None) -> str:
    """Return the day of a certificate, or of `at`, in its webinar's time zone."""
    return say_date(at or facts.earned_at, read_zone(facts.zone))


def verify_url(public_id: str) -> str:
    """Return the absolute URL of the page that verifies a certificate."""
    return links().page(f"/verify/{public_id}")


def design_words(facts: CertificateFacts, head: Letterhead) -> DesignWords:
    """Return the design's text on a certificate, for its PDF and its page; `signer` includes the title."""
    design, filled = head.design, _placeholders(facts, head)
    return DesignWords(
        heading=fill_in(_(design.heading), filled),
        before=fill_in(_(design.before), filled) if design.before else "",
        note=fill_in(design.note, filled),
        signer=", ".join(each for each in (design.signer, design.signer_role) if each),
    )


@speaking(Language.ENGLISH)
def certificate_pdf(facts: CertificateFacts, head: Letterhead, size: Size) -> bytes:
    """Return the PDF of a valid certificate."""
    url = verify_url(facts.public_id)
    design, words = head.design, design_words(facts, head)
    lines = (
        _("Presented by %(names)s", names=facts.presenters) if facts.presenters else "",
        _("%(hours)s of continuing education", hours=hours_words(facts.credit_minutes)),
        day_of(facts),
        words.note,
    )
    signature = _signature(design)
    values = {
        "document_title": f"{words.heading}: {facts.title}",
        "house": head.facts.name,
        "accent": light_accent(head.facts.accent).color,
        "language": facts.language,
        "logo": head.logo[0] if head.logo else "",
        "heading": words.heading,
        "before": words.before,
        "holder": facts.holder,
        "after": _(BY_KIND[facts.kind]),
        "title": facts.title,
        "lines": "\n".join(line for line in lines if line),
        "signature": signature[0] if signature else "",
        "signature_alt": _("Signature of %(name)s", name=design.signer or head.facts.name),
        "signer": design.signer,
        "signer_role": design.signer_role,
        "check": _("Verify this certificate:"),
        "id": facts.public_id,
        "url": url,
        "url_shown": url.partition("://")[2],
        "issued": _("Issued %(day)s", day=day_of(facts, facts.issued_at)),
        "qr": qr_svg(url),
        "qr_alt": _("QR code for the page that verifies this certificate"),
    }
    pictures = dict(each for each in (head.logo, signature) if each)
    return print_pdf(
        "certificates/certificate.typ", values, size=size, at=facts.issued_at, pictures=pictures
    )


def _placeholders(facts: CertificateFacts, head: Letterhead) -> dict[str, str]:
    return {
        "name": facts.holder or _("name withheld"),
        "webinar": facts.title,
        "hours": hours_words(facts.credit_minutes),
        "date": day_of(facts),
        "presenters": facts.presenters,
        "house": head.facts.name,
    }


def _signature(design: Design) -> tuple[str, bytes] | None:
    ending = PICTURES.get(design.signature_type or "")
    if design.signature is None or ending is None:
        return None
    return f"signature.{ending}", design.signature


def qr_svg(link: str) -> str:
    """Return the QR code of a URL as a complete SVG document."""
    drawn = io.BytesIO()
    code = segno.make(link, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, border=0)
    return drawn.getvalue().decode()


@speaking(Language.ENGLISH)
def transcript_pdf(
    certificates: Sequence[CertificateFacts],
    head: Letterhead,
    *,
    name: str,
    size: Size,
    at: datetime,
) -> bytes:
    """Return the PDF of a person's certificates with their total hours."""
    rows = [
        {
            "day": day_of(each),
            "title": each.title,
            "kind": _(KIND_NAMES[each.kind]),
            "hours": hours(each.credit_minutes),
            "id": each.public_id,
            "url": verify_url(each.public_id),
        }
        for each in certificates
    ]
    today = say_date(at, carrel().settings.zone)
    values = {
        "document_title": _("Transcript of continuing education: %(name)s", name=name),
        "house": head.facts.name,
        "accent": light_accent(head.facts.accent).color,
        "language": "en",
        "heading": _("Transcript of continuing education"),
        "holder": name,
        "sum": _(
            "%(hours)s in total as of %(day)s",
            hours=hours_words(sum_credit(tuple(certificates))),
            day=today,
        ),
        "heads": [_("Date"), _("Webinar"), _("Format"), _("Hours"), _("Number")],
        "rows": rows,
        "note": _("Each number links to the page that verifies its certificate."),
        "page": _("Page"),
    }
    return print_pdf("certificates/transcript.typ", values, size=size, at=at)
