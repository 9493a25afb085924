"""Exemption certificates: why a customer pays no sales tax, with the supporting files (MONEY.md, M13)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.attached_files import KeptFile
from lms.core.errors import N_, Invalid, or_not_found
from lms.core.model_base import copied
from lms.core.postal_addresses import US_STATES
from lms.models.accounts import Login
from lms.models.organizations import Organization
from lms.models.tax import Exemption, ExemptionBasis
from lms.organizations.payers import Payer

FOLDER: Final = "exemptions"
LONGEST_NUMBER: Final = 80
TOO_LONG = N_("This is too long. Use up to 80 characters.")
NOT_A_STATE = N_("%(typed)s isn't a state. Enter two letters for each, like IL or NY.")
NO_SUCH_PAPER = N_("We couldn't find this exemption certificate.")


@dataclass(frozen=True, slots=True)
class NewExemption:
    """An exemption to add; `states` are two-letter codes, () for all states.

    `until` is the last day on which it is valid, None for no end.
    """

    basis: ExemptionBasis
    states: tuple[str, ...] = ()
    number: str = ""
    until: date | None = None
    file: KeptFile | None = None


@dataclass(frozen=True, slots=True)
class ExemptionFacts:
    """An exemption; `payer` is the public ID of its organization or login."""

    public_id: str
    payer: str
    basis: ExemptionBasis
    states: tuple[str, ...]
    number: str
    until: date | None
    file: KeptFile | None
    created_at: datetime

    def is_over(self, day: date) -> bool:
        """Return whether it has expired by a day."""
        return self.until is not None and self.until < day


def read_states(text: str) -> tuple[str, ...]:
    """Return the states typed as two letters or names, as sorted codes.

    Raises Invalid (field `states`) for an unknown state.
    """
    codes = {name.casefold(): code for code, name in US_STATES.items()}
    found = []
    for part in filter(None, map(str.strip, re.split(r"[,;\n]+", text))):
        whole = codes.get(" ".join(part.split()).casefold())
        for one in [whole] if whole else part.split():
            code = one.upper()
            if code not in US_STATES:
                raise Invalid(NOT_A_STATE % {"typed": one}, field="states")
            found.append(code)
    return tuple(sorted(set(found)))


def add_exemption(
    session: Session, payer: Payer, new: NewExemption, *, actor: str | None, now: datetime
) -> str:
    """Add an exemption certificate of a person or an organization; return its public ID.

    Raises NotFound for an unknown payer, Invalid (field `number`).
    """
    number = " ".join(new.number.split())
    if len(number) > LONGEST_NUMBER:
        raise Invalid(TOO_LONG, field="number")
    subject = _subject(session, payer)
    row = Exemption(
        organization_id=payer.organization_id,
        login_id=payer.login_id,
        basis=new.basis,
        states=" ".join(new.states),
        number=number,
        until=new.until,
        file_key=new.file.key if new.file else None,
        file_name=new.file.name if new.file else None,
        created_at=now,
    )
    session.add(row)
    session.flush()
    detail = {"exemption": row.public_id}
    audit.record(session, "exemption.added", subject, actor=actor, now=now, detail=detail)
    return row.public_id


def remove_exemption(
    session: Session, public_id: str, *, actor: str | None, now: datetime
) -> ExemptionFacts:
    """Delete an exemption certificate and return it; the caller deletes its file afterward."""
    query = select(Exemption).where(Exemption.public_id == public_id)
    row = or_not_found(session.scalar(query), NO_SUCH_PAPER)
    facts = find_exemption(session, public_id)
    session.delete(row)
    session.flush()
    detail = {"exemption": public_id}
    audit.record(session, "exemption.removed", facts.payer, actor=actor, now=now, detail=detail)
    return facts


def list_exemptions(session: Session, payer: Payer) -> Sequence[ExemptionFacts]:
    """Return the exemption certificates of a payer and of what was merged with it, newest first."""
    return [_facts(row) for row in session.execute(_LISTED.where(payer.owns(Exemption)))]


def find_exemption(session: Session, public_id: str, payer: Payer | None = None) -> ExemptionFacts:
    """Return an exemption certificate, limited to a payer if one is given; raises NotFound."""
    query = _LISTED.where(Exemption.public_id == public_id)
    if payer is not None:
        query = query.where(payer.owns(Exemption))
    row = or_not_found(session.execute(query).one_or_none(), NO_SUCH_PAPER)
    return _facts(row)


_LISTED: Final = (
    select(Exemption, Organization.public_id.label("organization"), Login.public_id.label("login"))
    .outerjoin(Organization, Organization.id == Exemption.organization_id)
    .outerjoin(Login, Login.id == Exemption.login_id)
    .order_by(Exemption.id.desc())
)


def _facts(found: Row[Exemption, str | None, str | None]) -> ExemptionFacts:
    row: Exemption = found.Exemption
    is_stored = row.file_key is not None and row.file_name is not None
    return copied(
        ExemptionFacts,
        row,
        payer=found.organization or found.login or "",
        states=tuple(row.states.split()),
        file=KeptFile(row.file_key or "", row.file_name or "") if is_stored else None,
    )


def _subject(session: Session, payer: Payer) -> str:
    if payer.organization_id is not None:
        query = select(Organization.public_id).where(Organization.id == payer.organization_id)
    else:
        query = select(Login.public_id).where(Login.id == payer.login_id)
    return or_not_found(session.scalar(query))
