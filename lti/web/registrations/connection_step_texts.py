"""The steps of a connection as text: the state of each, who does it, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from lms.core.errors import N_
from lms.lti_facade.dates import say_day_of
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.registrations.additional_setup_guides import GUIDES
from lti.registrations.connection_steps import Owner, Stage, Step, StepFacts
from lti.registrations.deployments import DeploymentFacts
from lti.registrations.registrations import PRODUCTS, RegistrationFacts

TITLES: Final = {
    Step.REGISTERED: N_("Registered"),
    Step.APPROVED: N_("Approved"),
    Step.VISIBLE: N_("Visible to instructors"),
    Step.LAUNCHED: N_("First launch"),
    Step.GRADED: N_("First grade"),
}
OWNERS: Final = {
    Owner.ADMINISTRATOR: N_("LMS administrator"),
    Owner.TEAM: N_("Our team"),
    Owner.TEACHER: N_("An instructor"),
    Owner.LEARNER: N_("A learner"),
}
STAGES: Final = {
    Stage.DONE: (N_("Done"), "open"),
    Stage.NEXT: (N_("Next"), "soon"),
    Stage.LATER: (N_("Later"), "none"),
    Stage.STOPPED: (N_("Stopped"), "danger"),
}
NEXT: Final = {
    Step.LAUNCHED: N_("An instructor adds a recording to a course and opens it once."),
    Step.GRADED: N_(
        "A learner watches a recording with a grade column. The score reaches the gradebook within a minute."
    ),
}
WAITS: Final = N_("We'll review it within one business day and email you.")
OFF: Final = N_("This connection is turned off. Contact us to use it again.")
CONNECT: Final = N_("Select “Connect” for the deployment below.")
OPEN_ONCE: Final = N_("Open it once from a course. It then appears below, and you can connect it.")
MAKE_VISIBLE: Final = N_(
    "Follow the guide to add it to your courses. This step is complete after you open it in a course."
)


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as pages show it; `following` is what to do, "" for nothing yet.

    `guide` is the slug of the guide with details, None for none.
    """

    title: str
    state: str
    badge: str
    owner: str
    when: str
    following: str
    guide: str | None


def step_lines(
    steps: Sequence[StepFacts],
    platform: RegistrationFacts,
    deployed: Sequence[DeploymentFacts],
    *,
    zone: str,
) -> tuple[StepLine, ...]:
    """Return the steps of a platform as text."""
    product = PRODUCTS.get(platform.details.product)
    guide = next((one for one in GUIDES.values() if one.product == product), None)
    lines = []
    for one in steps:
        words, badge = STAGES[one.stage]
        is_open = one.stage in (Stage.NEXT, Stage.STOPPED)
        is_visibility = is_open and one.step is Step.VISIBLE
        visible = guide.visible if guide and guide.visible else MAKE_VISIBLE
        lines.append(
            StepLine(
                title=_(TITLES[one.step]),
                state=_(words),
                badge=badge,
                owner=_(OWNERS[one.owner]),
                when=say_day_of(one.done_at, zone) if one.done_at else "",
                following=_(visible if is_visibility else _following(one, platform, deployed))
                if is_open
                else "",
                guide=guide.slug if guide and is_visibility else None,
            )
        )
    return tuple(lines)


def _following(
    one: StepFacts, platform: RegistrationFacts, deployed: Sequence[DeploymentFacts]
) -> str:
    if one.step is not Step.APPROVED:
        return NEXT[one.step]
    if one.stage is Stage.STOPPED:
        return OFF
    if platform.state is RegistrationState.PENDING:
        return WAITS
    is_seen = any(each.state is DeploymentState.PENDING for each in deployed)
    return CONNECT if is_seen else OPEN_ONCE
