"""The seller's checklist: what must be entered before customers can be invoiced."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from lms.models.seller import PolicyKind
from lms.seller.policies import published_policies
from lms.seller.settings import is_payable, read_seller


class Step(StrEnum):
    """One thing to enter or publish."""

    LEGAL = "legal"
    EIN = "ein"
    CONTACT = "contact"
    PAYMENT = "payment"
    TERMS = "terms"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Checklist:
    """Every step and whether it is done."""

    steps: tuple[tuple[Step, bool], ...]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(is_done for _step, is_done in self.steps)

    @property
    def is_complete(self) -> bool:
        """Whether all steps are done."""
        return self.done == len(self.steps)


def read_checklist(session: Session) -> Checklist:
    """Return which steps are done."""
    settings = read_seller(session)
    published = published_policies(session)
    done = {
        Step.LEGAL: bool(settings.legal_name and settings.legal_address),
        Step.EIN: bool(settings.ein),
        Step.CONTACT: bool(settings.ar_email),
        Step.PAYMENT: is_payable(settings),
        Step.TERMS: PolicyKind.TERMS in published,
        Step.REFUND: PolicyKind.REFUND in published,
    }
    return Checklist(tuple(done.items()))
