"""Survey links: where people say how a webinar was, emailed with the news of its recording."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import insert_into
from lms.core.errors import N_, Invalid
from lms.models.catalog import Webinar
from lms.models.live import LiveDefaults

SUBJECT: Final = "live_defaults"  # the subject of its audit entries
LONGEST_LINK: Final = 2000
WHOLE_LINK: Final = N_("Paste the whole link, starting with https://.")


def is_web_link(link: str) -> bool:
    """Return whether a text is a whole https link of at most 2,000 characters."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and bool(parts.hostname)
        and len(link) <= LONGEST_LINK
        and not any(each.isspace() for each in link)
    )


def read_default(session: Session) -> str:
    """Return the survey link of webinars that have none of their own, or ""."""
    return session.scalar(select(LiveDefaults.survey_link)) or ""


def survey_link_of(session: Session, webinar: Webinar) -> str:
    """Return the survey link of a webinar: its own, or else the default; "" if there is neither."""
    return webinar.survey_link or read_default(session)


def set_default(session: Session, link: str, *, actor: str | None, now: datetime) -> None:
    """Set the default survey link, or remove it with ""; raises Invalid (field `survey_link`)."""
    clean = link.strip()
    if clean and not is_web_link(clean):
        raise Invalid(WHOLE_LINK, field="survey_link")
    if clean == read_default(session):
        return
    session.execute(
        insert_into(session, LiveDefaults)
        .values(id=1, survey_link=clean)
        .on_conflict_do_update(index_elements=["id"], set_={"survey_link": clean})
    )
    audit.record(session, "survey_link.changed", SUBJECT, actor=actor, now=now)
