"""Refusal texts in a frame: the next step, the contact link, and the data for the player."""

from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _

from lms.core.errors import N_
from lms.lti_facade.refusal_texts import Instead, Told
from lms.web.access.access_panel_and_reader_times import instead_words, said
from lti.frames.sessions import Frame
from lti.models.launches import FrameRole, Purpose

INSTEAD: Final = N_(
    "“%(title)s” is available instead. Ask your instructor to add it to the course."
)
COME_BACK: Final = N_("Come back then.")
ASK_MANAGER: Final = N_("Ask %(manager)s, who manages seats for %(organization)s.")
TELL_INSTRUCTOR: Final = N_(
    "Tell your instructor, or contact us. We reply within one business day."
)
CONTACT_US: Final = N_("Contact us. We reply within one business day.")


def next_step(told: Told, frame: Frame) -> str:
    """Return what to do about a refusal."""
    if told.waits:
        return _(COME_BACK)
    if told.instead is not None:
        return _instead(told.instead, frame)
    if told.manager:
        return _(
            ASK_MANAGER,
            manager=told.manager,
            organization=told.organization,
        )
    if _has_instructor(frame):
        return _(TELL_INSTRUCTOR)
    return _(CONTACT_US)


def _instead(found: Instead, frame: Frame) -> str:
    """Return what a viewer in a frame is offered instead of a removed recording."""
    if not _has_instructor(frame):
        is_webinar = found.title and not found.said
        offered = _("“%(title)s” is available instead.", title=found.title)
        return offered if is_webinar else instead_words(found)
    if found.title and not found.said:
        return _(INSTEAD, title=found.title)
    return _("%(offered)s Tell your instructor, or contact us.", offered=instead_words(found))


def _has_instructor(frame: Frame) -> bool:
    """Return whether the viewer takes a course: not its instructor, and not a visitor of a website."""
    return frame.role is not FrameRole.INSTRUCTOR and frame.purpose is not Purpose.EMBED


def write_url(told: Told, slug: str) -> str | None:
    """Return the URL of the contact form, which opens in its own window, or None if it would not help."""
    if told.waits or told.manager:
        return None
    return url_for("ask.ask", kind="trouble", webinar=slug, refusal=told.code.value)


def as_told(told: Told, slug: str, frame: Frame, *, reference: str | None = None) -> dict[str, Any]:
    """Return a refusal as JSON for the player; `reference` is its line in the launch log."""
    url = write_url(told, slug)
    step = next_step(told, frame)
    return {
        "code": told.code,
        "sentence": said(told.sentence),
        "more": f"{step} {_('Reference: %(number)s', number=reference)}" if reference else step,
        "step_label": _("Contact us") if url else None,
        "step_url": url,
        "may_reopen": False,
    }
