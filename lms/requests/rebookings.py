"""Rebookings: move to another webinar, such as from one that was canceled or postponed.

A person who has access to the other webinar, by a pass or because it is free, is only registered for
it. Access that our team gave is moved to it. The payer of an order chooses separately
(lms/cancellation_offers).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.decision_facts import load_case, load_cases
from lms.access.merged_logins import logins_of
from lms.access.policy import Action, Admitted, Case, decide
from lms.accounts import accounts
from lms.accounts.accounts import Account
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.live import mails as live_mails
from lms.live import registrations
from lms.live.registrants import TO_COME, read_standing
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.live import Registration
from lms.models.orders import OrderLine
from lms.models.playback import PlaybackEnd
from lms.playback.sessions import end_by_own_grants

MOST: Final = 100
NO_OTHER: Final = N_("Choose an upcoming webinar.")
NOT_COMING: Final = N_("This person is no longer registered. Reload the page.")
THEIR_ORGANIZATIONS: Final = N_(
    "The organization owns the seat, which doesn't include that webinar. The "
    "organization can request another one."
)
BY_THE_PAYER: Final = N_(
    "This webinar was bought. If it was canceled or has a new date, we emailed the buyer"
    " a link to choose. Otherwise, credit the order and sell the other webinar."
)
MOVED_ON: Final = N_("This webinar was exchanged for another one. Open that webinar instead.")
NOT_MOVED: Final = N_("This registration wasn't moved, or was already moved back.")
OVER: Final = N_("The other webinar was already held, so this can't be undone.")


@dataclass(frozen=True, slots=True)
class Other:
    """An upcoming webinar to choose; `is_held` is True if the person already has access to it."""

    slug: str
    title: str
    held_at: datetime
    zone: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person can choose instead of a canceled or moved webinar."""

    others: tuple[Other, ...]


def read_choice(
    session: Session, webinar: Webinar, login_id: int, *, now: datetime
) -> Choice | None:
    """Return what a person can choose instead of a webinar, or None."""
    standing = read_standing(session, login_id=login_id, webinar_id=webinar.id)
    line = _own_grant(session, login_id, webinar.id)
    if line is not None and _is_paid_for(session, line):
        return None
    since = line.created_at if line is not None else None
    if standing is not None and standing.is_coming:
        since = standing.registered_at
    if since is None or not _is_open(webinar, since, now):
        return None
    return Choice(
        others=tuple(
            other
            for other in _others(session, webinar, login_id, now=now)
            if line is not None or other.is_held
        ),
    )


def choose(
    session: Session, slug: str, other: str, login_id: int, *, links: Links, now: datetime
) -> str:
    """Move a person to another webinar (slug); return its title.

    Raises NotFound if there is nothing to choose, Invalid (field `other`), and Conflict.
    """
    webinar = find_webinar(session, slug)
    _wait_for_others(session, login_id, webinar.id)
    if read_choice(session, webinar, login_id, now=now) is None:
        raise NotFound
    registrations.enter(session, login_id=login_id, webinar_id=webinar.id, now=now)
    actor = accounts.read_account(session, login_id).public_id
    return move(session, webinar, other, login_id, links=links, actor=actor, now=now)


def move(  # noqa: PLR0913  (person, both webinars, and how to email)
    session: Session,
    webinar: Webinar,
    other: str,
    login_id: int,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> str:
    """Move a registered person to another webinar, and email them; return its title.

    Raises Invalid (field `other`) if that is not upcoming, Conflict for a person who is not registered,
    bought the webinar, or has a seat that doesn't include the other one.
    """
    target = session.scalar(select(Webinar).where(Webinar.slug == other, Webinar.id != webinar.id))
    if target is None or target.state is not WebinarState.ANNOUNCED or target.held_at <= now:
        raise Invalid(NO_OTHER, field="other")
    _wait_for_others(session, login_id, webinar.id)
    standing = read_standing(session, login_id=login_id, webinar_id=webinar.id)
    if standing is None or not standing.is_coming:
        raise Conflict(NOT_COMING)
    went_with = None
    if not _is_held(load_case(session, login_id=login_id, webinar_id=target.id), now):
        went_with = _retarget(session, login_id, webinar, target, actor=actor, now=now)
    # Increments `turns`: otherwise calendars can ignore the email as outdated.
    _note(session, login_id, webinar.id, went_to=target.public_id, went_with=went_with)
    if webinar.state is not WebinarState.CANCELED:  # its cancellation has already updated calendars
        registrations.write_to(session, live_mails.LEFT, login_id, webinar, links=links, now=now)
    registrations.step_out(session, login_id=login_id, webinar_id=webinar.id, now=now)
    registrations.register(session, login_id=login_id, webinar_id=target.id, links=links, now=now)
    detail = {"to": target.public_id}
    audit.record(
        session,
        "webinar.registration_moved",
        webinar.public_id,
        actor=actor,
        now=now,
        detail=detail,
    )
    return target.title


def move_back(
    session: Session,
    webinar: Webinar,
    login_id: int,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Undo a move to another webinar; the person is emailed.

    Raises Conflict if they weren't moved, if the other webinar has started, or if the access was moved on
    to yet another webinar.
    """
    row = session.scalar(
        select(Registration).where(
            Registration.login_id.in_(logins_of(login_id)),
            Registration.webinar_id == webinar.id,
            Registration.went_to.is_not(None),
        )
    )
    if row is None:
        raise Conflict(NOT_MOVED)
    target = session.scalars(select(Webinar).where(Webinar.public_id == row.went_to)).one()
    if target.held_at <= now:
        raise Conflict(OVER)
    if row.went_with is not None:
        _move_given(session, row.went_with, target, webinar, actor=actor, now=now)
        end_by_own_grants(session, login_id, ended_as=PlaybackEnd.REVOKED, now=now)
    other = read_standing(session, login_id=login_id, webinar_id=target.id)
    if other is not None and other.is_coming:
        registrations.leave(session, login_id=login_id, webinar_id=target.id, links=links, now=now)
    _note(session, login_id, webinar.id, went_to=None, went_with=None)
    if webinar.state is WebinarState.CANCELED:
        registrations.enter(session, login_id=login_id, webinar_id=webinar.id, now=now)
    else:
        registrations.register(
            session, login_id=login_id, webinar_id=webinar.id, links=links, now=now
        )
    audit.record(
        session, "webinar.registration_moved_back", webinar.public_id, actor=actor, now=now
    )


def find_webinar(session: Session, slug: str) -> Webinar:
    """Return the webinar of a slug; raises NotFound."""
    return or_not_found(session.scalar(select(Webinar).where(Webinar.slug == slug)))


def find_person(session: Session, public_id: str) -> Account:
    """Return the login of a public ID; raises NotFound."""
    login_id = or_not_found(session.scalar(select(Login.id).where(Login.public_id == public_id)))
    return accounts.read_account(session, login_id)


def find_others(session: Session, webinar: Webinar, *, now: datetime) -> tuple[Webinar, ...]:
    """Return the upcoming webinars to which a person can be moved, next one first."""
    return tuple(
        session.scalars(
            select(Webinar)
            .where(
                Webinar.state == WebinarState.ANNOUNCED,
                Webinar.held_at > now,
                Webinar.id != webinar.id,
            )
            .order_by(Webinar.held_at, Webinar.id)
            .limit(MOST)
        )
    )


def _is_open(webinar: Webinar, since: datetime, now: datetime) -> bool:
    """Return whether a person registered `since` then can still choose another webinar."""
    if webinar.state is WebinarState.CANCELED:
        return True
    return (
        webinar.state in TO_COME
        and webinar.moved_at is not None
        and since < webinar.moved_at
        and now < webinar.held_at
    )


def _others(
    session: Session, webinar: Webinar, login_id: int, *, now: datetime
) -> tuple[Other, ...]:
    others = find_others(session, webinar, now=now)
    cases = load_cases(session, login_id=login_id, webinar_ids=[one.id for one in others])
    return tuple(
        Other(one.slug, one.title, one.held_at, one.zone, _is_held(cases[one.id], now))
        for one in others
    )


def _is_held(case: Case, now: datetime) -> bool:
    return isinstance(decide(case.login, case.webinar, Action.HANDOUT, now), Admitted)


def _own_grant(session: Session, login_id: int, webinar_id: int) -> Grant | None:
    return session.scalar(
        _own_grants(login_id, webinar_id).order_by(Grant.ends_at.is_not(None), Grant.id).limit(1)
    )


def _is_paid_for(session: Session, line: Grant) -> bool:
    """Return whether an order paid for this webinar, and not for a removed one that it replaces."""
    bought = select(OrderLine.webinar_id).where(OrderLine.id == line.order_line_id)
    return session.scalar(bought) == line.webinar_id


def _wait_for_others(session: Session, login_id: int, webinar_id: int) -> None:
    """Lock a person's own grants for a webinar, so that simultaneous choices run one after the other."""
    session.scalars(_own_grants(login_id, webinar_id).order_by(Grant.id).with_for_update()).all()


def _own_grants(login_id: int, webinar_id: int) -> Select[Grant]:
    return select(Grant).where(
        Grant.login_id.in_(logins_of(login_id)),
        Grant.scope == Scope.WEBINAR,
        Grant.webinar_id == webinar_id,
        Grant.kind.in_((OfferKind.SINGLE, OfferKind.GROUP_SHOWING)),
        Grant.revoked_at.is_(None),
        Grant.suspended_at.is_(None),
    )


def _retarget(
    session: Session,
    login_id: int,
    webinar: Webinar,
    target: Webinar,
    *,
    actor: str | None,
    now: datetime,
) -> str:
    line = _own_grant(session, login_id, webinar.id)
    if line is None:
        raise Conflict(THEIR_ORGANIZATIONS)
    if _is_paid_for(session, line):
        raise Conflict(BY_THE_PAYER)
    public_id = line.public_id
    _move_given(session, public_id, webinar, target, actor=actor, now=now)
    end_by_own_grants(session, login_id, ended_as=PlaybackEnd.REVOKED, now=now)
    return public_id


def _move_given(
    session: Session,
    grant_id: str,
    was_for: Webinar,
    then_for: Webinar,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Move access that our team gave to another webinar; raises Conflict if it was already moved on."""
    moved = session.scalar(
        update(Grant)
        .where(Grant.public_id == grant_id, Grant.webinar_id == was_for.id)
        .values(webinar_id=then_for.id)
        .returning(Grant.id)
        .execution_options(synchronize_session="fetch")
    )
    if moved is None:
        raise Conflict(MOVED_ON)
    detail = {"from": was_for.public_id, "to": then_for.public_id}
    audit.record(session, "grant.exchanged", grant_id, actor=actor, now=now, detail=detail)


def _note(
    session: Session, login_id: int, webinar_id: int, *, went_to: str | None, went_with: str | None
) -> None:
    session.execute(
        update(Registration)
        .where(
            Registration.login_id.in_(logins_of(login_id)), Registration.webinar_id == webinar_id
        )
        .values(went_to=went_to, went_with=went_with, turns=Registration.turns + 1)
    )
