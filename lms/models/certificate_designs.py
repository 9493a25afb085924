"""The table of certificate designs; each change is a row of its own."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime


class CertificateDesign(Base, kw_only=True):
    """The words and the signature of the certificates that are issued from `created_at` on.

    What was issued before is printed as it was then.
    """

    __tablename__ = "certificate_design"
    __table_args__ = (
        CheckConstraint(
            "(signature IS NULL) = (signature_type IS NULL)", name="signature_with_its_type"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    heading: Mapped[str] = mapped_column(String(80))
    before: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(300))
    signer: Mapped[str] = mapped_column(String(120))
    signer_role: Mapped[str] = mapped_column(String(120))
    signature: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    signature_type: Mapped[str | None] = mapped_column(String(40), default=None)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
