"""Who came into the room of a live webinar."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, UTCDateTime


class LiveJoin(Base, kw_only=True):
    """Somebody was let into the room at a time; when they left, the room alone knows."""

    __tablename__ = "live_join"
    __table_args__ = (Index("ix_live_join_webinar_id_login_id", "webinar_id", "login_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    joined_at: Mapped[datetime] = mapped_column(UTCDateTime)
