"""Participants in attendance reports, matched to logins, and their minutes.

A participant is one address, or one name if the report has no address; all their stays belong together,
so that a match also applies to later reports of the same webinar.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import accounts
from lms.attendance.attendance_spans import key_of, minutes_of
from lms.certificates import eligibility
from lms.certificates import rules_and_attendance_minutes as certificate_rules
from lms.certificates.rules_and_attendance_minutes import MinutesByHand
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.live import registrations
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.live import Registration, RoomStay

NO_LOGIN: Final = N_("No account has this address.")
NOT_COUNTED_YET: Final = N_("The report is still processing. Try again in a few minutes.")
PAGE_SIZE: Final = 50

# A participant's login, or since when they are ignored.
Decided = Mapping[str, tuple[int | None, datetime | None]]


class Stay(Protocol):
    """A participant's stay, as in a report."""

    @property
    def key(self) -> str:
        """Return the participant's key."""

    @property
    def name(self) -> str:
        """Return the name in the meeting."""

    @property
    def email(self) -> str:
        """Return the email address in the report, or ""."""

    @property
    def began_at(self) -> datetime:
        """Return when it began."""

    @property
    def ended_at(self) -> datetime:
        """Return when it ended."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant in a report: minutes without overlap, and the matched login, if any.

    `suggested` are the addresses of registrants with the same name. `by_hand` are minutes that our team entered for the person, which count instead.
    """

    key: str
    name: str
    email: str
    began_at: datetime
    ended_at: datetime
    stays: int
    minutes: int
    login_id: int | None
    login_name: str
    login_email: str
    is_ignored: bool
    suggested: tuple[str, ...] = ()
    by_hand: MinutesByHand | None = None


@dataclass(frozen=True, slots=True)
class Participants:
    """A page of participants, with their total number and the numbers of known and unknown ones."""

    items: tuple[Participant, ...]
    total: int
    known: int
    unknown: int


def read_participants(session: Session, webinar_id: int, *, offset: int) -> Participants:
    """Return the participants in a webinar's reports, unknown ones first."""
    stays = session.scalars(
        select(RoomStay).where(RoomStay.webinar_id == webinar_id).order_by(RoomStay.id)
    ).all()
    decided = read_decided(session, webinar_id)
    logins = {key: login_id for key, (login_id, _at) in decided.items() if login_id is not None}

    def rank(key: str) -> int:
        return 1 if key in logins else 2 if decided[key][1] is not None else 0

    named = Named(stays, logins, decided)
    return page_of(session, webinar_id, named, rank, offset=offset)


@dataclass(frozen=True, slots=True)
class Named:
    """Stays, the login of each participant, and earlier decisions about them."""

    stays: Iterable[Stay]
    logins: Mapping[str, int]
    decided: Decided


def page_of(
    session: Session,
    webinar_id: int,
    named: Named,
    rank: Callable[[str], int],
    *,
    offset: int,
) -> Participants:
    """Return a page of participants, by rank and name."""
    by_key: dict[str, list[Stay]] = {}
    for one in named.stays:
        by_key.setdefault(one.key, []).append(one)

    def order(key: str) -> tuple[int, str, str]:
        return rank(key), _called(by_key[key]).casefold(), key

    keys = sorted(by_key, key=order)
    shown = {key: by_key[key] for key in keys[offset : offset + PAGE_SIZE]}
    ignored = {key for key in keys if named.decided.get(key, (None, None))[1] is not None}
    known = sum(key in named.logins for key in keys)
    return Participants(
        _described(session, webinar_id, shown, named),
        total=len(keys),
        known=known,
        unknown=sum(key not in named.logins and key not in ignored for key in keys),
    )


def match(  # noqa: PLR0913  (webinar, participant, person, actor and time)
    session: Session,
    webinar_id: int,
    key: str,
    email: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> str:
    """Match a participant to a login and count the minutes; return the person's name.

    Raises NotFound for an unknown participant, Invalid (field `email`) for an unknown login.
    """
    try:
        account = accounts.find_by_email(session, email)
    except NotFound:
        raise Invalid(NO_LOGIN, field="email") from None
    before = _set(session, webinar_id, key, login_id=account.id, ignored_at=None)
    for login_id in {*before, account.id}:
        count_one(session, webinar_id, login_id, links=links, now=now)
    _record(session, webinar_id, "webinar.participant_matched", actor, now)
    return account.name


def unmatch(  # noqa: PLR0913  (webinar, participant, decision, actor and time)
    session: Session,
    webinar_id: int,
    key: str,
    *,
    is_ignored: bool,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Stop counting a participant's minutes; an ignored one, such as the host, isn't matched again.

    Raises NotFound for an unknown participant.
    """
    ignored_at = now if is_ignored else None
    for login_id in _set(session, webinar_id, key, login_id=None, ignored_at=ignored_at):
        count_one(session, webinar_id, login_id, links=links, now=now)
    act = "webinar.participant_ignored" if is_ignored else "webinar.participant_put_back"
    _record(session, webinar_id, act, actor, now)


def go_by_report(
    session: Session,
    webinar_id: int,
    key: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Use the minutes from the reports instead of those that our team entered.

    Raises NotFound, and Conflict until the report's minutes were counted.
    """
    query = select(RoomStay.login_id).where(
        RoomStay.webinar_id == webinar_id,
        RoomStay.key == key,
        RoomStay.login_id.is_not(None),
    )
    login_id = or_not_found(session.scalar(query))
    if not certificate_rules.go_by_report(
        session, login_id=login_id, webinar_id=webinar_id, now=now
    ):
        raise Conflict(NOT_COUNTED_YET)
    eligibility.consider(session, login_id, webinar_id, links=links, now=now)
    _record(session, webinar_id, "webinar.minutes_by_report", actor, now)


def people_of(session: Session, webinar_id: int, *, after: int, limit: int) -> Sequence[int]:
    """Return a page of the logins (row ids) in a webinar's reports, after this id."""
    found = session.scalars(
        select(RoomStay.login_id)
        .where(RoomStay.webinar_id == webinar_id, RoomStay.login_id > after)
        .distinct()
        .order_by(RoomStay.login_id)
        .limit(limit)
    )
    return [one for one in found if one is not None]


def count_one(
    session: Session, webinar_id: int, login_id: int, *, links: Links, now: datetime
) -> None:
    """Recount a person's minutes from all their stays, and issue a certificate if earned."""
    webinar = session.get_one(Webinar, webinar_id)
    stays = session.scalars(
        select(RoomStay).where(RoomStay.webinar_id == webinar_id, RoomStay.login_id == login_id)
    ).all()
    if stays:
        registrations.enter(session, login_id=login_id, webinar_id=webinar_id, now=now)
    certificate_rules.note_reported(
        session,
        login_id=login_id,
        webinar_id=webinar_id,
        minutes=minutes_of(webinar.held_at, stays),
        now=now,
    )
    eligibility.consider(session, login_id, webinar_id, links=links, now=now)


def read_decided(session: Session, webinar_id: int) -> Decided:
    """Return the earlier decision about each participant: their login, or since when they are ignored."""
    rows = session.execute(
        select(RoomStay.key, func.max(RoomStay.login_id), func.max(RoomStay.ignored_at))
        .where(RoomStay.webinar_id == webinar_id)
        .group_by(RoomStay.key)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _called(own: Sequence[Stay]) -> str:
    return own[0].name or own[0].email


def _described(
    session: Session, webinar_id: int, shown: Mapping[str, Sequence[Stay]], named: Named
) -> tuple[Participant, ...]:
    webinar = session.get_one(Webinar, webinar_id)
    logins = {key: named.logins[key] for key in shown if key in named.logins}
    kept = func.coalesce(Login.merged_into, Login.id).label("kept")
    wanted = Login.id.in_(set(logins.values()))
    people = select(Login.id, Login.name, Login.email, kept).where(wanted)
    accounts_by_id = {row.id: row for row in session.execute(people)}
    alike = _registered_names(session, webinar_id)
    by_hand = certificate_rules.minutes_by_hand(session, webinar_id)

    def described(key: str, own: Sequence[Stay]) -> Participant:
        login_id = logins.get(key)
        account = None if login_id is None else accounts_by_id.get(login_id)
        suggested = alike.get(key_of(own[0].name, ""), ()) if login_id is None else ()
        return Participant(
            key=key,
            name=_called(own),
            email=own[0].email,
            began_at=min(one.began_at for one in own),
            ended_at=max(one.ended_at for one in own),
            stays=len(own),
            minutes=minutes_of(webinar.held_at, own),
            login_id=login_id,
            login_name=account.name if account else "",
            login_email=(account.email or "") if account else "",
            is_ignored=named.decided.get(key, (None, None))[1] is not None,
            suggested=suggested,
            by_hand=by_hand.get(account.kept) if account else None,
        )

    return tuple(described(key, own) for key, own in shown.items())


def _registered_names(session: Session, webinar_id: int) -> Mapping[str, tuple[str, ...]]:
    """Return the addresses of registrants by normalized name."""
    rows = session.execute(
        select(Login.name, Login.email)
        .join(Registration, Registration.login_id == Login.id)
        .where(Registration.webinar_id == webinar_id, Login.email.is_not(None))
    )
    found: dict[str, tuple[str, ...]] = {}
    for name, email in rows:
        key = key_of(name, "")
        found[key] = (*found.get(key, ()), email or "")
    return found


def _set(
    session: Session,
    webinar_id: int,
    key: str,
    *,
    login_id: int | None,
    ignored_at: datetime | None,
) -> set[int]:
    """Set the decision for all stays of a participant; return their earlier logins. Raises NotFound."""
    of_key = (RoomStay.webinar_id == webinar_id, RoomStay.key == key)
    before = session.scalars(select(RoomStay.login_id).where(*of_key)).all()
    if not before:
        raise NotFound
    session.execute(
        update(RoomStay)
        .where(*of_key)
        .values(login_id=login_id, ignored_at=ignored_at)
        .execution_options(synchronize_session="fetch")
    )
    return {one for one in before if one is not None}


def _record(session: Session, webinar_id: int, act: str, actor: str | None, now: datetime) -> None:
    public_id = session.get_one(Webinar, webinar_id).public_id
    audit.record(session, act, public_id, actor=actor, now=now)
