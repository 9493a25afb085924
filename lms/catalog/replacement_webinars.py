"""Replacements offered to people who had access to a removed webinar (PRODUCT.md, W2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.decision_facts import load_case
from lms.access.policy import ADMITTING, Action, Admitted, Code, Decision, decide
from lms.core.errors import N_, Forbidden, Invalid, NotFound
from lms.grants import grants
from lms.grants.grants import Target, Term
from lms.models.catalog import InsteadKind, PulledInstead, Webinar, WebinarState
from lms.models.grants import Grant, Scope

LONGEST_SAID: Final = 1_000
TOO_LONG = N_("Use up to 1,000 characters.")
NOT_SAID = N_("Enter what they get.")
NO_OTHER = N_("Choose a webinar that is in the catalog.")
NEVER_HELD = N_("Only people who had access to the removed webinar can get this one.")
NOT_THERE = N_("That webinar is no longer offered either. Contact us.")


@dataclass(frozen=True, slots=True)
class NewInstead:
    """The replacement that staff offer: another webinar by slug, money, or a text of their own."""

    kind: InsteadKind
    other: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Instead:
    """A replacement; `slug` and `title` are the other webinar's, "" if there is none."""

    kind: InsteadKind
    said: str
    slug: str
    title: str
    is_there: bool  # the other webinar is still in the catalog


def offer(
    session: Session, row: Webinar, new: NewInstead, *, actor: str | None, now: datetime
) -> None:
    """Store the replacement for a webinar being removed; raises Invalid (`other`, `said`)."""
    said = new.said.strip()
    if len(said) > LONGEST_SAID:
        raise Invalid(TOO_LONG, field="said")
    if new.kind is InsteadKind.WORDS and not said:
        raise Invalid(NOT_SAID, field="said")
    other_id = None
    if new.kind is InsteadKind.WEBINAR:
        other_id = session.scalar(
            select(Webinar.id).where(
                Webinar.slug == new.other,
                Webinar.state == WebinarState.ANNOUNCED,
                Webinar.id != row.id,
            )
        )
        if other_id is None:
            raise Invalid(NO_OTHER, field="other")
    session.add(PulledInstead(webinar_id=row.id, kind=new.kind, other_id=other_id, said=said))
    detail = {"kind": new.kind.value}
    audit.record(
        session, "webinar.instead_offered", row.public_id, actor=actor, now=now, detail=detail
    )


def forget(session: Session, webinar_id: int) -> None:
    """Delete the replacement of a webinar that was restored."""
    session.execute(delete(PulledInstead).where(PulledInstead.webinar_id == webinar_id))


def read_instead(session: Session, webinar_id: int) -> Instead | None:
    """Return the replacement of a removed webinar, or None."""
    row = session.execute(
        select(PulledInstead.kind, PulledInstead.said, Webinar.slug, Webinar.title, Webinar.state)
        .outerjoin(Webinar, Webinar.id == PulledInstead.other_id)
        .where(PulledInstead.webinar_id == webinar_id)
    ).one_or_none()
    if row is None:
        return None
    is_there = row.state is WebinarState.ANNOUNCED
    return Instead(row.kind, row.said, row.slug or "", row.title or "", is_there)


def was_held(decision: Decision) -> bool:
    """Return whether a person would have access to a removed webinar otherwise."""
    best = decision.candidates[0].code if decision.candidates else Code.NO_GRANT
    return decision.code is Code.WEBINAR_PULLED and best in ADMITTING


def take(session: Session, slug: str, login_id: int, *, actor: str | None, now: datetime) -> str:
    """Give a person the replacement of a removed webinar, for as long as their access to that.

    Returns its slug; repeating it changes nothing. Raises NotFound if none is offered, and
    Forbidden if the person had no access to the removed webinar or the other is gone as well.
    """
    pulled = session.scalar(
        select(Webinar).where(Webinar.slug == slug, Webinar.state == WebinarState.PULLED)
    )
    found = None if pulled is None else read_instead(session, pulled.id)
    if pulled is None or found is None or not found.slug:
        raise NotFound
    case = load_case(session, login_id=login_id, webinar_id=pulled.id)
    decision = decide(case.login, case.webinar, Action.HANDOUT, now)
    if not was_held(decision):
        raise Forbidden(NEVER_HELD)
    if not found.is_there:
        raise Forbidden(NOT_THERE)
    other = session.scalars(select(Webinar).where(Webinar.slug == found.slug)).one()
    _let_in(session, other.id, decision, login_id=login_id, actor=actor, now=now)
    audit.record(session, "webinar.instead_taken", other.public_id, actor=actor, now=now)
    return found.slug


def _let_in(
    session: Session,
    webinar_id: int,
    held: Decision,
    *,
    login_id: int,
    actor: str | None,
    now: datetime,
) -> None:
    """Give access for the term of what a person held, from its order line.

    The line ends it with the order (R1, R2), and with the seat, if it is an organization's (S2).
    """
    case = load_case(session, login_id=login_id, webinar_id=webinar_id)
    has = decide(case.login, case.webinar, Action.HANDOUT, now)
    best = held.candidates[0]
    if has.code is Code.OK_PERMANENT or (
        best.code is not Code.OK_PERMANENT and isinstance(has, Admitted)
    ):
        return
    ends_at = best.grant.grace_until if best.code is Code.OK_GRACE else best.grant.ends_at
    target = Target(Scope.WEBINAR, webinar_id)
    term = Term(now, ends_at)
    given = grants.grant(session, login_id=login_id, target=target, term=term, actor=actor, now=now)
    given.order_line_id = session.scalar(
        select(Grant.order_line_id).where(Grant.public_id == best.grant.public_id)
    )
    session.flush()
