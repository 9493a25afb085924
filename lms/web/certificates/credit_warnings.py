"""Credit warnings: where certificates would say more minutes than the live session or the recording has."""

from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.certificates.credit_minutes import read_lengths
from lms.certificates.rules_and_attendance_minutes import read_rule


def credit_warnings(session: Session, webinar_id: int) -> tuple[str, ...]:
    """Return what staff are warned of: the minutes that certificates say in place of the rule's."""
    rule, lengths = read_rule(session, webinar_id), read_lengths(session, webinar_id)
    if not rule.is_offered or rule.credit_minutes <= rule.confirmed_minutes:
        return ()
    told = []
    if lengths.recording is not None and rule.credit_minutes > lengths.recording:
        told.append(
            ngettext(
                "The recording has %(num)s minute, so certificates for watching it say that and not %(credit)s.",
                "The recording has %(num)s minutes, so certificates for watching it say that and not %(credit)s.",
                lengths.recording,
                credit=rule.credit_minutes,
            )
        )
    if rule.credit_minutes > lengths.live:
        told.append(
            ngettext(
                "The live session has %(num)s minute, so certificates for attending it say that and not %(credit)s.",
                "The live session has %(num)s minutes, so certificates for attending it say that and not %(credit)s.",
                lengths.live,
                credit=rule.credit_minutes,
            )
        )
    return tuple(told)
