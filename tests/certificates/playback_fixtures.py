"""Playback as a player reports it, minute by minute."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.models.certificates import Certificate
from lms.models.mail import Mail
from tests.clock import Clock
from tests.player import Player

BEAT_S = 15


def play(player: Player, clock: Clock, start: float, end: float, *, rate: float = 1.0) -> None:
    """Play a stretch, with a heartbeat every 15 seconds."""
    at = start
    while at < end:
        clock.advance(timedelta(seconds=BEAT_S))
        then = min(end, at + BEAT_S * rate)
        answer = player.beat(position=then, spans=[[at, then]], rate=rate)
        assert answer.status_code == 200, answer.text
        at = then


def certificates(database: Database) -> list[Certificate]:
    """Return all certificates, in order."""
    with database.read_session() as session:
        return list(session.scalars(select(Certificate).order_by(Certificate.id)))


def letters(session: Session, kind: str = "certificate") -> list[str]:
    """Return who was sent an email of this kind."""
    return list(session.scalars(select(Mail.recipient).where(Mail.kind == kind).order_by(Mail.id)))
