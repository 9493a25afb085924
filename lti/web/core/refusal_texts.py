"""Refusal texts in a frame: the next step, the contact link, and the data for the player."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from lms.lti_facade.refusal_texts import Instead, Told
from lms.web.access.access_panel_and_reader_times import instead_words, said
from lms.web.core.request_context import carrel


def default_zone() -> ZoneInfo:
    """Return the zone in which a frame says days: nobody there has told theirs."""
    return ZoneInfo(carrel().settings.time_zone)


def next_step(told: Told) -> str:
    """Say what to do about a refusal."""
    if told.waits:
        return _("There is nothing to do now: come back then.")
    if told.instead is not None:
        return _instead(told.instead)
    if told.manager:
        return _(
            "Ask %(manager)s, who looks after the seats of %(organization)s.",
            manager=told.manager,
            organization=told.organization,
        )
    return _("Tell your instructor, or write to us; we answer within a working day.")


def _instead(found: Instead) -> str:
    """Say what is offered for a recording that was taken down, to who came by a course."""
    if found.title and not found.said:
        return _(
            "“%(title)s” is offered instead. Tell your instructor, who can put it into the course.",
            title=found.title,
        )
    return _("%(offered)s Tell your instructor, or write to us.", offered=instead_words(found))


def write_url(told: Told, slug: str) -> str | None:
    """Return where the house is written to, which opens in a window of its own."""
    if told.waits or told.manager:
        return None
    return url_for("ask.ask", kind="trouble", webinar=slug, refusal=told.code.value)


def buy_url(told: Told, slug: str) -> str | None:
    """Return where a webinar is bought, in a window of its own; None where no course may sell it."""
    return url_for("catalog.webinar", slug=slug, _anchor="buy") if told.may_buy else None


def as_told(told: Told, slug: str, *, reference: str | None = None) -> dict[str, Any]:
    """Return a refusal as players are told it; `reference` is its line in the launch log."""
    url = write_url(told, slug)
    step = next_step(told)
    return {
        "code": told.code,
        "sentence": said(told.sentence),
        "more": f"{step} {_('Reference: %(number)s', number=reference)}" if reference else step,
        "step_label": _("Write to us") if url else None,
        "step_url": url,
        "may_reopen": False,
    }
