"""Certificate eligibility: compares what a person watched with the rule, and issues if earned."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.accounts.login_lookup import kept_login
from lms.certificates import certificates
from lms.certificates.certificates import Award
from lms.certificates.credit_minutes import credit_for
from lms.certificates.read_models import Issued, issued_of, issued_rows
from lms.certificates.rules_and_attendance_minutes import (
    RULE_AND_ATTENDANCE,
    Rule,
    read_attendances,
    read_rules,
    rule_of,
)
from lms.core.list_queries import read_columns
from lms.mail.links import Links
from lms.models.catalog import Webinar
from lms.models.certificates import CertificateKind
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.playback.watch_records import Place, read_places, read_places_in

ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's progress toward the certificate of a webinar; shares of the recording, 0 to 1."""

    rule: Rule
    live_minutes: int
    share: float
    needed: float

    @property
    def is_earned(self) -> bool:
        """Return whether the rule is met."""
        return self.rule.is_offered and self.share + ROUNDING >= self.needed


_STANDING: Final = RULE_AND_ATTENDANCE.add_columns(issued_rows.label("issued"))


def read_standing(
    session: Session, login_id: int, webinar_id: int, places: Mapping[int, Place] | None = None
) -> tuple[Standing, Issued]:
    """Return a person's progress, and what they were issued; their best-watched version counts.

    `places` are theirs in all versions, over all their logins, if they were read already.
    """
    if places is None:
        places = read_places_in(session, login_id, webinar_id)
    asked = {"person": login_id, "webinar": webinar_id}
    row = read_columns(session, _STANDING, asked).one()
    return _standing(rule_of(row), row.attended or 0, places), issued_of(row.issued)


def read_standings(
    session: Session, login_id: int, webinar_ids: Collection[int]
) -> dict[int, Standing]:
    """Return a person's progress for each of several webinars."""
    rules = read_rules(session, webinar_ids)
    live = read_attendances(session, login_id, webinar_ids)
    versions = session.execute(
        select(Recording.id, Recording.webinar_id).where(
            Recording.webinar_id.in_(webinar_ids), Recording.seconds.is_not(None)
        )
    ).all()
    ids = [row.id for row in versions]
    places = read_places(session, login_id=login_id, recording_ids=ids)
    seen: defaultdict[int, dict[int, Place]] = defaultdict(dict)
    for row in versions:
        if row.id in places:
            seen[row.webinar_id][row.id] = places[row.id]
    return {
        webinar_id: _standing(rule, live.get(webinar_id, 0), seen[webinar_id])
        for webinar_id, rule in rules.items()
    }


def consider_session(session: Session, session_id: str, *, links: Links, now: datetime) -> None:
    """Check the certificate for the viewer and webinar of a playback session."""
    played = session.execute(
        select(PlaybackSession.login_id, Recording.webinar_id)
        .join_from(PlaybackSession, Recording, Recording.id == PlaybackSession.recording_id)
        .where(PlaybackSession.public_id == session_id)
    )
    for login_id, webinar_id in played.all():
        consider(session, login_id, webinar_id, links=links, now=now)


def consider(
    session: Session, login_id: int, webinar_id: int, *, links: Links, now: datetime
) -> str | None:
    """Issue the certificate if it is earned and never was issued; return its public ID, or None.

    If it isn't earned yet, stores the number of watched seconds at which to check again, before
    which it can't be earned. A revoked certificate isn't issued again automatically.
    """
    kept_id = kept_login(session, login_id)
    places = read_places_in(session, kept_id, webinar_id)
    standing, issued = read_standing(session, kept_id, webinar_id, places)
    if not standing.rule.is_offered or issued.by_account:
        _ask_no_more(session, kept_id, webinar_id)
        return None
    if not standing.is_earned:
        _ask_again_at(session, kept_id, places, standing)
        return None
    made = certificates.issue(
        session,
        _award(session, kept_id, webinar_id, standing, now),
        actor=None,
        links=links,
        now=now,
    )
    _ask_no_more(session, kept_id, webinar_id)
    return made


@dataclass(frozen=True, slots=True)
class Due:
    """A login and webinar to check (row IDs); `record_id` is for paging."""

    record_id: int
    login_id: int
    webinar_id: int


def read_due(session: Session, *, after: int, limit: int) -> tuple[Due, ...]:
    """Return checks that are due but weren't made on a heartbeat, for records after this one."""
    rows = session.execute(
        select(WatchRecord.id, WatchRecord.login_id, Recording.webinar_id)
        .join_from(WatchRecord, Recording, Recording.id == WatchRecord.recording_id)
        .where(
            WatchRecord.id > after,
            WatchRecord.certify_at_s <= WatchRecord.watched_s,
            WatchRecord.watched_s > 0,
        )
        .order_by(WatchRecord.id)
        .limit(limit)
    )
    return tuple(Due(*row) for row in rows)


def _standing(rule: Rule, live: int, places: Mapping[int, Place]) -> Standing:
    share = max((place.share for place in places.values()), default=0.0)
    return Standing(rule, live, share, rule.share_needed(live))


def _award(
    session: Session, login_id: int, webinar_id: int, standing: Standing, now: datetime
) -> Award:
    is_live = standing.needed <= 0
    held_at = session.scalars(select(Webinar.held_at).where(Webinar.id == webinar_id)).one()
    return Award(
        webinar_id=webinar_id,
        kind=CertificateKind.LIVE if is_live else CertificateKind.WATCHED,
        credit_minutes=credit_for(
            session,
            webinar_id,
            standing.rule,
            was_live=is_live or standing.live_minutes > 0,
            was_recorded=not is_live,
        ),
        earned_at=held_at if is_live else now,
        login_id=login_id,
    )


def _ask_no_more(session: Session, login_id: int, webinar_id: int) -> None:
    recordings = select(Recording.id).where(Recording.webinar_id == webinar_id)
    session.execute(
        update(WatchRecord)
        .where(
            WatchRecord.login_id.in_(logins_of(login_id)), WatchRecord.recording_id.in_(recordings)
        )
        .values(certify_at_s=None)
    )


def _ask_again_at(
    session: Session, login_id: int, places: Mapping[int, Place], standing: Standing
) -> None:
    """Store for each record the watched seconds below which the certificate can't be earned.

    A second watched with one login adds at most one second to the total. Records store whole
    seconds, so one second is subtracted for rounding.
    """
    for recording_id, place in places.items():
        missing = max(0, int(standing.needed * place.seconds - place.watched_s) - 1)
        session.execute(
            update(WatchRecord)
            .where(
                WatchRecord.login_id.in_(logins_of(login_id)),
                WatchRecord.recording_id == recording_id,
            )
            .values(certify_at_s=WatchRecord.watched_s + missing)
        )
