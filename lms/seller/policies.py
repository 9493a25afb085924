"""Policies in versions: terms of sale, refund policy, and license, each drafted and then published."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid, or_not_found
from lms.models.seller import PolicyKind, PolicyVersion

LONGEST_TEXT: Final = 100_000
TITLES: Final = {
    PolicyKind.TERMS: N_("Terms of sale"),
    PolicyKind.REFUND: N_("Refund policy"),
    PolicyKind.LICENSE: N_("License"),
}
SLUGS: Final = {kind: kind.value.replace("_", "-") for kind in PolicyKind}


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A published version of a policy, in Markdown; it never changes."""

    id: int
    kind: PolicyKind
    number: int
    text: str
    published_at: datetime

    @property
    def path(self) -> str:
        """The address of this version on our site, such as `/terms/2`."""
        return f"/{SLUGS[self.kind]}/{self.number}"


def current_policy(session: Session, kind: PolicyKind, now: datetime) -> PolicyText | None:
    """Return the version that a customer agrees to now; None before the first one."""
    newest = _published().where(PolicyVersion.kind == kind, PolicyVersion.published_at <= now)
    row = session.scalar(newest.limit(1))
    return None if row is None else _text(row)


def policy_version(session: Session, version_id: int) -> PolicyText:
    """Return a published version by its row id, which orders store; raises NotFound."""
    return _found(session, _published().where(PolicyVersion.id == version_id))


def numbered_policy(session: Session, kind: PolicyKind, number: int) -> PolicyText:
    """Return a published version by its number; raises NotFound."""
    wanted = _published().where(PolicyVersion.kind == kind, PolicyVersion.number == number)
    return _found(session, wanted)


def policy_versions(session: Session, kind: PolicyKind) -> tuple[PolicyText, ...]:
    """Return every published version of a policy, the newest first."""
    return tuple(
        _text(row) for row in session.scalars(_published().where(PolicyVersion.kind == kind))
    )


def published_policies(session: Session) -> tuple[PolicyKind, ...]:
    """Return which policies have been published."""
    found = set(session.scalars(_published().with_only_columns(PolicyVersion.kind)))
    return tuple(kind for kind in PolicyKind if kind in found)


def read_draft(session: Session, kind: PolicyKind) -> str:
    """Return the draft of a policy's next version, "" for none."""
    row = session.scalar(_draft(kind))
    return "" if row is None else row.text


def save_draft(
    session: Session, kind: PolicyKind, text: str, *, actor: str | None, now: datetime
) -> None:
    """Save the draft of a policy; raises Invalid (field `text`)."""
    text = "\n".join(text.splitlines()).strip()
    if not text:
        raise Invalid(N_("Enter the text."), field="text")
    if len(text) > LONGEST_TEXT:
        raise Invalid(N_("Use up to 100,000 characters."), field="text")
    row = session.scalar(_draft(kind).with_for_update())
    if row is None:
        session.add(PolicyVersion(kind=kind, text=text, updated_at=now))
    elif row.text != text:
        row.text, row.updated_at = text, now
    else:
        return
    audit.record(session, "policy.draft_saved", kind.value, actor=actor, now=now)
    session.flush()


def discard_draft(session: Session, kind: PolicyKind, *, actor: str | None, now: datetime) -> None:
    """Delete the draft of a policy; raises NotFound if there is none."""
    session.delete(_locked_draft(session, kind))
    audit.record(session, "policy.draft_discarded", kind.value, actor=actor, now=now)
    session.flush()


def publish_policy(
    session: Session, kind: PolicyKind, *, actor: str | None, now: datetime
) -> PolicyText:
    """Make the draft the current version, with the next number, and return it.

    Raises NotFound without a draft, and Invalid (field `text`) if the text equals the current
    version's.
    """
    draft = _locked_draft(session, kind)  # a concurrent call waits here, and finds no draft
    current = current_policy(session, kind, now)
    if current is not None and current.text == draft.text:
        raise Invalid(N_("This text is already published. Change it first."), field="text")
    last = session.scalar(select(func.max(PolicyVersion.number)).where(PolicyVersion.kind == kind))
    draft.number, draft.published_at = (last or 0) + 1, now
    detail = {"version": draft.number}
    audit.record(session, "policy.published", kind.value, actor=actor, now=now, detail=detail)
    session.flush()
    return _text(draft)


def _published() -> Select[PolicyVersion]:
    return (
        select(PolicyVersion)
        .where(PolicyVersion.published_at.is_not(None))
        .order_by(PolicyVersion.number.desc())
    )


def _draft(kind: PolicyKind) -> Select[PolicyVersion]:
    return select(PolicyVersion).where(
        PolicyVersion.kind == kind, PolicyVersion.published_at.is_(None)
    )


def _locked_draft(session: Session, kind: PolicyKind) -> PolicyVersion:
    return or_not_found(session.scalar(_draft(kind).with_for_update()))


def _found(session: Session, wanted: Select[PolicyVersion]) -> PolicyText:
    row = or_not_found(session.scalar(wanted))
    return _text(row)


def _text(row: PolicyVersion) -> PolicyText:
    assert row.number is not None  # noqa: S101  (a CHECK ensures it for published versions)
    assert row.published_at is not None  # noqa: S101
    return PolicyText(row.id, row.kind, row.number, row.text, row.published_at)
