"""Copied link grading rules: taken from the original; also stores a launch's content and services.

Platforms send `$ResourceLink.id.history` and `$Context.id.history`, nearest first; some send only the
latter (LTI 1.3 Core, appendices B.3 and B.4).
"""

from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from lms.lti_facade.content_names import webinar_ids_of
from lti.grades.score_outbox import queue_delivered
from lti.grades.scores import reopen
from lti.models.courses import Context, ResourceLink, Score
from lti.protocol.content_target import Target, read_target
from lti.protocol.messages import Place


def take_over_rule(session: Session, link: ResourceLink, deployment_id: int, place: Place) -> None:
    """Copy the rule of a new link's original in the same deployment.

    If only the course's history is known, the original is the link there with the same target; if
    several have different rules, none is chosen.
    """
    ancestor = _by_link(session, deployment_id, place) or _by_course(
        session, link, deployment_id, place
    )
    if ancestor is not None:
        link.rule, link.threshold = ancestor.rule, ancestor.threshold
        if link.target is None:
            link.target = ancestor.target
        session.flush()


def note_target(session: Session, link: ResourceLink, target: Target | None) -> None:
    """Store what a launch shows; if the link showed other content before, shares start over.

    A learner's next launch counts what they have watched of the new content. Scores never go down.
    """
    if target is None:
        return
    was, link.target = link.target, target.custom
    if was in (None, target.custom):
        return
    if _content(session, read_target(was) or Target()) != _content(session, target):
        session.execute(update(Score).where(Score.link_id == link.id).values(share=0.0))


def note_services(
    session: Session, link: ResourceLink, *, scopes: str, line_item_url: str | None, now: datetime
) -> None:
    """Store a launch's grade services for a link; if they changed, queue undelivered scores again.

    Another column gets the delivered scores, too.
    """
    url = line_item_url or link.line_item_url
    if (link.scopes, link.line_item_url) == (scopes, url):
        return
    if link.line_item_url not in (None, url):
        queue_delivered(session, link.id, now=now)
    link.scopes, link.line_item_url = scopes, url
    session.flush()
    reopen(session, link.id, now=now)


def _content(session: Session, target: Target) -> tuple[object, ...]:
    webinar_ids = webinar_ids_of(session, target.webinar or "")
    return webinar_ids, target.series, target.starts_s, target.ends_s


def _by_link(session: Session, deployment_id: int, place: Place) -> ResourceLink | None:
    found = session.scalars(
        _links_of(deployment_id).where(ResourceLink.resource_link_id.in_(place.link_history))
    )
    by_id = {one.resource_link_id: one for one in found}
    return next((by_id[one] for one in place.link_history if one in by_id), None)


def _by_course(
    session: Session, link: ResourceLink, deployment_id: int, place: Place
) -> ResourceLink | None:
    for context_id in place.context_history:
        there = session.scalars(_links_of(deployment_id).where(Context.context_id == context_id))
        alike = [one for one in there if one.target is not None and one.target == link.target]
        if alike:
            rules = {(one.rule, one.threshold) for one in alike}
            return alike[0] if len(rules) == 1 else None
    return None


def _links_of(deployment_id: int) -> Select[ResourceLink]:
    return (
        select(ResourceLink)
        .join(Context, Context.id == ResourceLink.context_id)
        .where(Context.deployment_id == deployment_id)
        .order_by(ResourceLink.id)
    )
