"""Credit warnings: certificates that would state more minutes than the live session or recording has."""

from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.certificates.credit_minutes import read_lengths
from lms.certificates.rules_and_attendance_minutes import read_rule


def credit_warnings(session: Session, webinar_id: int) -> tuple[str, ...]:
    """Return the warnings for staff: the minutes that certificates state instead of the rule's."""
    rule, lengths = read_rule(session, webinar_id), read_lengths(session, webinar_id)
    if not rule.is_offered or rule.credit_minutes <= rule.confirmed_minutes:
        return ()
    told = []
    if lengths.recording is not None and rule.credit_minutes > lengths.recording:
        told.append(
            ngettext(
                "The recording is only %(num)s minute long, so certificates for watching it show "
                "that instead of %(credit)s.",
                "The recording is only %(num)s minutes long, so certificates for watching it show "
                "that instead of %(credit)s.",
                lengths.recording,
                credit=rule.credit_minutes,
            )
        )
    if rule.credit_minutes > lengths.live:
        told.append(
            ngettext(
                "The live session is %(num)s minute long, so certificates for attending"
                " it show that instead of %(credit)s.",
                "The live session is %(num)s minutes long, so certificates for attending"
                " it show that instead of %(credit)s.",
                lengths.live,
                credit=rule.credit_minutes,
            )
        )
    return tuple(told)
