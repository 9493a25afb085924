"""The staff dashboard: what needs attention."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.catalog.staff_read_models import read_desk
from lms.component import hooks_for
from lms.core.clock import now
from lms.core.dates_and_time_zones import (
    on_wall_clock,
    say_calendar_date,
    say_datetime,
    say_datetime_short,
)
from lms.core.errors import N_
from lms.jobs.stalled_lanes import MAIL, Stalled, read_stalled
from lms.mail.edited_texts import edited_kinds
from lms.mail.examples import EXAMPLES
from lms.models.jobs import Lane
from lms.models.seller import PolicyKind
from lms.operations.health_checks import balances_that_differ
from lms.operations.setup_checklist import SetupStep, read_setup
from lms.operations.staff_home import read_trouble
from lms.order_reviews import reviews
from lms.organizations import new_organizations
from lms.pricing.price_list import say_money
from lms.requests.read_models import count_waiting
from lms.sales.order_search import count_standing
from lms.sales.read_models import OrderFacts, Standing
from lms.seller.checklist import Checklist, Step, read_checklist
from lms.seller.policies import SLUGS
from lms.seller.vendor_documents import VendorDocumentFacts, ending_vendor_documents
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.catalog.staff_webinars import shown
from lms.web.core.current_user import required_viewer
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import carrel, components, read_session, render
from lms.web.core.route_guard import Audience, may_open, open_to
from lms.web.sales.order_texts import STANDING_WORDS

WAITED: Final = {
    Lane.MEDIA.value: (
        N_("%(num)s media job has been waiting since %(since)s."),
        N_("%(num)s media jobs have been waiting since %(since)s."),
    ),
    Lane.PROMPT.value: (
        N_("%(num)s short job has been waiting since %(since)s."),
        N_("%(num)s short jobs have been waiting since %(since)s."),
    ),
    Lane.FILES.value: (
        N_("%(num)s uploaded file has been waiting since %(since)s."),
        N_("%(num)s uploaded files have been waiting since %(since)s."),
    ),
    MAIL: (
        N_("%(num)s email has been waiting since %(since)s."),
        N_("%(num)s emails have been waiting since %(since)s."),
    ),
}
STEP_WORDS: Final = {
    Step.LEGAL: N_("Enter your legal name and address"),
    Step.EIN: N_("Enter your EIN"),
    Step.CONTACT: N_("Enter an email address for accounts receivable"),
    Step.PAYMENT: N_("Enter where to mail checks, or your bank details"),
    Step.TERMS: N_("Publish your terms of sale"),
    Step.REFUND: N_("Publish your refund policy"),
}
SETUP_WORDS: Final = {
    SetupStep.MAIL: N_("Set a mail server (CARREL_SMTP_URL)"),
    SetupStep.MAIL_DNS: N_(
        "Add the DNS records for SPF, DKIM, and DMARC, and set CARREL_DKIM_SELECTOR"
    ),
    SetupStep.BACKUP: N_("Back up every night (CARREL_BACKUP)"),
    SetupStep.CARDS: N_(
        "Accept cards (CARREL_STRIPE_SECRET_KEY), or take a first order paid another way"
    ),
    SetupStep.PRICES: N_("Enter your prices"),
    SetupStep.WEBINAR: N_("Announce your first webinar"),
}
# the page of each step; other steps are server settings
SETUP_PAGES: Final = {
    SetupStep.PRICES: "staff_branding.prices",
    SetupStep.WEBINAR: "staff_webinars.new",
}
# the section of the seller settings where each step is done; policies have their own pages
STEP_PARTS: Final = {
    Step.LEGAL: "legal",
    Step.EIN: "ein",
    Step.CONTACT: "contact",
    Step.PAYMENT: "checks",
}
STEP_POLICIES: Final = {Step.TERMS: PolicyKind.TERMS, Step.REFUND: PolicyKind.REFUND}

REVIEWS_SHOWN: Final = 10

blueprint = Blueprint("staff_desk", __name__, url_prefix="/staff")


@dataclass(frozen=True, slots=True)
class ShownStep:
    """What a step asks for, its page or else who does it, and whether it is done."""

    words: str
    url: str
    is_done: bool
    elsewhere: str


@blueprint.get("")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def desk() -> ResponseReturnValue:
    if not required_viewer().is_staff:
        return _money()
    with read_session() as session:
        found = read_desk(session, now=now())
        waiting = count_waiting(session, login_id=required_viewer().login_id, now=now())
        unchecked = new_organizations.count_new(session)
        reviews_open = reviews.count(session, now=now())
        reviewed = reviews.first(session, limit=REVIEWS_SHOWN)
        past_due = count_standing(session, Standing.PAST_DUE, now=now())
        disputed = count_standing(session, Standing.DISPUTED, now=now())
        stalled = read_stalled(session, now=now())
        differing = balances_that_differ(session)
        trouble = read_trouble(session, now=now())
        checklist = read_checklist(session)
        steps = read_setup(session, carrel().settings)
        setup = [_setup_step(step, is_done=is_done) for step, is_done in steps]
        today = on_wall_clock(now(), mail_context().zone).date()
        ending = ending_vendor_documents(session, on=today)
        unused_texts = [kind for kind, is_used in edited_kinds(session).items() if not is_used]
        connections = sum(hook(session) for hook in hooks_for(components(), "waiting"))
    return render(
        "site/staff_dashboard.html",
        upcoming=[shown(row) for row in found.upcoming],
        drafts=[shown(row) for row in found.drafts],
        awaiting=[shown(row) for row in found.awaiting_recording],
        awaiting_total=found.awaiting,
        trouble=trouble,
        failed=[shown(row) for row in found.failed_recordings],
        failed_mails=found.failed_mails,
        unused_texts=[(kind, _(EXAMPLES[kind].title)) for kind in unused_texts],
        waiting=waiting,
        own_requests=url_for("staff_requests.index", owner=required_viewer().public_id),
        to_review=[_to_review(one) for one in reviewed],
        reviews=reviews_open,
        new_organizations=unchecked,
        connections=connections,
        past_due=past_due,
        disputed=disputed,
        differing=differing,
        checklist=None if checklist.is_complete else checklist,
        steps=_steps(checklist),
        setup=() if all(one.is_done for one in setup) else setup,
        expired=_ending([one for one in ending if not one.is_valid(today)]),
        expiring=_ending([one for one in ending if one.is_valid(today)]),
        stalled_jobs=_said([one for one in stalled if one.lane != MAIL]),
        stalled_mail=_said([one for one in stalled if one.lane == MAIL]),
    )


def _to_review(facts: OrderFacts) -> dict[str, object]:
    due = facts.review_due_at
    return {
        "id": facts.public_id,
        "number": facts.number,
        "buyer": facts.buyer,
        "email": facts.contact_email,
        "total": say_money(facts.total_minor, facts.currency),
        "due": say_datetime(due, mail_context().zone) if due else "",
        "is_late": due is not None and due <= now(),
    }


def _money() -> str:
    """Show a bookkeeper the number of orders in each status that has any, linked to their list."""
    with read_session() as session:
        counts = [(one, count_standing(session, one, now=now())) for one in STANDING_WORDS]
    return render(
        "site/bookkeeper_dashboard.html",
        counts=[
            (_(STANDING_WORDS[one]), counted(count), url_for("staff_orders.index", standing=one))
            for one, count in counts
            if count
        ],
    )


def _said(stalled: Sequence[Stalled]) -> list[str]:
    """Return what is waiting in each lane, and since when."""
    zone = reading_zone()
    return [
        ngettext(
            *WAITED[one.lane],
            one.waiting,
            since=say_datetime_short(one.since, zone),
        )
        for one in stalled
    ]


def _steps(checklist: Checklist) -> list[ShownStep]:
    return [
        ShownStep(_(STEP_WORDS[step]), _step_url(step), is_done, _("(by an owner)"))
        for step, is_done in checklist.steps
    ]


def _setup_step(step: SetupStep, *, is_done: bool) -> ShownStep:
    page = SETUP_PAGES.get(step)
    url = url_for(page) if page and may_open(page) else ""
    elsewhere = _("(by an owner)") if page else _("(on the server)")
    return ShownStep(_(SETUP_WORDS[step]), url, is_done, elsewhere)


def _step_url(step: Step) -> str:
    if step in STEP_POLICIES:
        return url_for("staff_policies.edit", slug=SLUGS[STEP_POLICIES[step]])
    if not may_open("staff_seller.edit"):
        return ""  # only an owner can do it
    return url_for("staff_seller.edit", _anchor=STEP_PARTS[step])


def _ending(documents: Sequence[VendorDocumentFacts]) -> list[tuple[str, str, str]]:
    """Return the title, page and last day of each document."""
    return [
        (
            one.title,
            url_for("staff_vendor_documents.edit", document_id=one.id),
            say_calendar_date(one.valid_until) if one.valid_until else "",
        )
        for one in documents
    ]
