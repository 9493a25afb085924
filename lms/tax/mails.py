"""The email to our team about a state without a tax rule (M14)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.core.postal_addresses import US_STATES
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.tax.rule_list import has_rules


def tell_no_rule(
    session: Session, state: str, number: str, *, on: date, links: Links, now: datetime
) -> None:
    """Email our team once about a state without a tax rule in which an invoice was issued."""
    if state not in US_STATES or has_rules(session, on=on, state=state):
        return
    name = US_STATES[state]
    mail_outbox.post_to_team(
        session,
        kind="tax_state_without_rule",
        subject=N_("No tax rule for %(state)s") % {"state": name},
        values={"number": number, "state": name, "action_url": links.page("/staff/tax-rules")},
        now=now,
        unique_key=f"no-tax-rule:{state}",
    )
