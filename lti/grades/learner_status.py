"""The gradebook status of one learner at one link, as shown to the learner."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti.grades.score_outbox import is_graded
from lti.models.courses import CompletionRule, Context, ResourceLink, Score, ScoreState
from lti.models.registrations_and_keys import Deployment, Registration
from lti.protocol.spec_vocabulary import SCORE_SCOPE
from lti.registrations.registrations import PRODUCTS


@dataclass(frozen=True, slots=True)
class GradebookStatus:
    """The status of a learner's score; `sent_at` is when the platform last accepted one.

    `product` is the name of the LMS, such as Moodle, "" if unknown. `threshold` is the percentage to
    watch, None if the score is proportional.
    """

    state: ScoreState
    sent_at: datetime | None
    product: str
    threshold: int | None


def gradebook_status(
    session: Session, link_id: int | None, identity_id: int | None
) -> GradebookStatus | None:
    """Return the status of a learner's score; None if the link reports no scores. Ids are row ids."""
    link = None if link_id is None else session.get(ResourceLink, link_id)
    if link is None or not is_graded(link) or SCORE_SCOPE not in link.scopes.split():
        return None
    score = session.scalar(
        select(Score).where(Score.link_id == link_id, Score.identity_id == identity_id)
    )
    product = session.scalars(
        select(Registration.product)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .join(Context, Context.deployment_id == Deployment.id)
        .where(Context.id == link.context_id)
    ).one()
    return GradebookStatus(
        state=ScoreState.WATCHING if score is None else score.state,
        sent_at=None if score is None else score.delivered_at,
        product=PRODUCTS.get(product, ""),
        threshold=link.threshold if link.rule is CompletionRule.THRESHOLD else None,
    )
