"""Certificate designs: their wording, placeholders, and signature, and where each applies."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.branding import SUBJECT
from lms.core.errors import N_, Invalid
from lms.core.model_base import copied
from lms.models.certificates import CertificateDesign

CHANGED: Final = "certificate.design_changed"
PLACEHOLDERS: Final = ("name", "webinar", "hours", "date", "presenters", "house")
LONGEST: Final = {"heading": 80, "before": 200, "note": 300, "signer": 120, "signer_role": 120}
_PLACE: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Design:
    """The texts and signature of a certificate; texts can contain placeholders such as {name}."""

    heading: str
    before: str
    note: str
    signer: str
    signer_role: str
    signature: bytes | None = None
    signature_type: str | None = None


BUILT_IN: Final = Design(
    heading=N_("Certificate of participation"),
    before=N_("This certifies that"),
    note="",
    signer="",
    signer_role="",
)


def read_design(session: Session, *, at: datetime) -> Design:
    """Return the design of certificates issued at a moment."""
    row = session.scalar(
        select(CertificateDesign)
        .where(CertificateDesign.created_at <= at)
        .order_by(CertificateDesign.created_at.desc(), CertificateDesign.id.desc())
        .limit(1)
    )
    if row is None:
        return BUILT_IN
    return copied(Design, row)


def checked(design: Design) -> Design:
    """Return a design with normalized texts; raises Invalid naming the faulty fields."""
    texts = {name: " ".join(getattr(design, name).split()) for name in LONGEST}
    faults = {name: fault for name, text in texts.items() if (fault := _fault(name, text))}
    if faults:
        raise Invalid(N_("Check the certificate text below."), fields=faults)
    return Design(**texts, signature=design.signature, signature_type=design.signature_type)


def keep_design(session: Session, design: Design, *, actor: str | None, now: datetime) -> None:
    """Store the design of certificates issued from now on; raises Invalid as `checked` does."""
    kept = checked(design)
    session.add(CertificateDesign(**asdict(kept), created_at=now))
    session.flush()
    audit.record(session, CHANGED, SUBJECT, actor=actor, now=now)


def fill_in(text: str, values: dict[str, str]) -> str:
    """Return a text with its placeholders filled in; unknown ones stay."""
    return _PLACE.sub(lambda found: values.get(found[1].strip(), found[0]), text)


def _fault(name: str, text: str) -> str:
    unknown = [one for one in _PLACE.findall(text) if one.strip() not in PLACEHOLDERS]
    if unknown:
        return N_("You can't use {%(name)s} here.") % {"name": unknown[0]}
    if len(text) > LONGEST[name]:
        return N_("Use up to %(most)s characters.") % {"most": LONGEST[name]}
    if name == "heading" and not text:
        return N_("Enter a heading for the certificate.")
    return ""
