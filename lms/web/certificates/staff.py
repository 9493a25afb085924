"""Staff pages for a webinar's certificates: rule, issue, attendance, revoke, and correct."""

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.catalog.staff_read_models import read_standing
from lms.certificates import certificates, staff_manual_issue_and_attendance
from lms.certificates.certificates import Correction
from lms.certificates.read_models import Status, list_siblings, read_certificate
from lms.certificates.rules_and_attendance_minutes import Rule, read_rule
from lms.certificates.staff_manual_issue_and_attendance import PAGE_SIZE, ByHand
from lms.core.dates_and_time_zones import say_datetime_in_table
from lms.core.errors import Conflict, Invalid
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.certificates.credit_warnings import credit_warnings
from lms.web.certificates.own import line_of
from lms.web.certificates.staff_forms import (
    AttendedForm,
    ByHandForm,
    CorrectionForm,
    RevokingForm,
    RuleForm,
)
from lms.web.core.current_user import acting
from lms.web.core.form_errors import show_faults, shown_in
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_certificates", __name__, url_prefix="/staff")

# The prefixes of two forms on one page, both with a field `reason`.
REVOKING: Final = "revoking-"
CORRECTING: Final = "correcting-"


@blueprint.get("/webinars/<slug>/certificates")
@open_to(Audience.STAFF)
def index(slug: str) -> ResponseReturnValue:
    return _page(slug)


@blueprint.post("/webinars/<slug>/certificates/rule")
@open_to(Audience.STAFF)
def change_rule(slug: str) -> ResponseReturnValue:
    """Save what earns the certificate of a webinar."""
    form = RuleForm(request.form)
    if not form.validate():
        return _page(slug, rule=form), HTTPStatus.BAD_REQUEST
    rule = Rule(
        is_offered=bool(form.is_offered.data),
        percent=form.percent.data or 0,
        live_minutes=form.live_minutes.data or 0,
        credit_minutes=form.credit_minutes.data or 0,
    )
    if form.is_credit_confirmed.data:
        rule = replace(rule, confirmed_minutes=rule.credit_minutes)
    with shown_in(form, Invalid):
        with transaction() as session:
            webinar = read_standing(session, slug)
            staff_manual_issue_and_attendance.change_rule(session, webinar.id, rule, **acting())
        flash(
            _(
                "Saved. People who already meet the requirements get their certificates within a few"
                " minutes."
            ),
            "done",
        )
        return see_other(".index", slug=slug)
    return _page(slug, rule=form), HTTPStatus.BAD_REQUEST


@blueprint.post("/webinars/<slug>/certificates/issue")
@open_to(Audience.STAFF)
def issue(slug: str) -> ResponseReturnValue:
    """Issue a certificate manually."""
    form = ByHandForm(request.form)
    if not form.validate():
        return _page(slug, by_hand=form), HTTPStatus.BAD_REQUEST
    wanted = ByHand(form.email.address.shown, form.reason.data or "")
    with shown_in(form, Invalid, Conflict):
        with transaction() as session:
            webinar = read_standing(session, slug)
            made = staff_manual_issue_and_attendance.issue_by_hand(
                session, webinar.id, wanted, **acting(), links=links()
            )
        flash(_("Certificate issued. We'll email it to them."), "done")
        return see_other(".show", public_id=made)
    return _page(slug, by_hand=form), HTTPStatus.BAD_REQUEST


@blueprint.post("/webinars/<slug>/certificates/attended")
@open_to(Audience.STAFF)
def attended(slug: str) -> ResponseReturnValue:
    """Save who attended live, and for how many minutes."""
    form = AttendedForm(request.form)
    if not form.validate():
        return _page(slug, live=form), HTTPStatus.BAD_REQUEST
    try:
        with transaction() as session:
            webinar = read_standing(session, slug)
            found = staff_manual_issue_and_attendance.note_attended(
                session, webinar.id, form.people.data or "", **acting(), links=links()
            )
    except Invalid as refusal:
        show_faults(form, refusal)
        return _page(slug, live=form), HTTPStatus.BAD_REQUEST
    told = ngettext(
        "Attendance saved for %(num)s person.",
        "Attendance saved for %(num)s people.",
        found.kept,
    )
    issued = ngettext(
        "%(num)s certificate was issued.", "%(num)s certificates were issued.", found.issued
    )
    flash(f"{told} {issued}", "done")
    if found.unknown:
        names = ", ".join(found.unknown[:10])
        flash(
            _(
                "We didn't save attendance for these addresses, which have no account: %(names)s",
                names=names,
            ),
            "attention",
        )
    return see_other(".index", slug=slug)


@blueprint.get("/certificates/<public_id>")
@open_to(Audience.STAFF)
def show(public_id: str) -> ResponseReturnValue:
    return _certificate_page(public_id)


@blueprint.post("/certificates/<public_id>/revoke")
@open_to(Audience.STAFF)
def revoke(public_id: str) -> ResponseReturnValue:
    form = RevokingForm(request.form, prefix=REVOKING)
    if not form.validate():
        return _certificate_page(public_id, revoking=form), HTTPStatus.BAD_REQUEST
    with shown_in(form, Invalid, Conflict):
        with transaction() as session:
            reason = form.reason.data or ""
            certificates.revoke(session, public_id, reason, **acting(), links=links())
        flash(_("Certificate revoked. We'll email the recipient."), "done")
        return see_other(".show", public_id=public_id)
    return _certificate_page(public_id, revoking=form), HTTPStatus.BAD_REQUEST


@blueprint.post("/certificates/<public_id>/correct")
@open_to(Audience.STAFF)
def correct(public_id: str) -> ResponseReturnValue:
    """Issue the certificate again with a corrected name."""
    form = CorrectionForm(request.form, prefix=CORRECTING)
    if not form.validate():
        return _certificate_page(public_id, correcting=form), HTTPStatus.BAD_REQUEST
    correction = Correction(form.name.data or "", form.reason.data or "")
    with shown_in(form, Invalid, Conflict):
        with transaction() as session:
            made = certificates.correct(session, public_id, correction, **acting(), links=links())
        flash(_("Corrected certificate issued. We'll email it to them."), "done")
        return see_other(".show", public_id=made)
    return _certificate_page(public_id, correcting=form), HTTPStatus.BAD_REQUEST


def _page(
    slug: str,
    *,
    rule: RuleForm | None = None,
    by_hand: ByHandForm | None = None,
    live: AttendedForm | None = None,
) -> str:
    number, words = page_number(), request.args.get("q", "").strip()[:200]
    with read_session() as session:
        webinar = read_standing(session, slug)
        kept = read_rule(session, webinar.id)
        warnings = credit_warnings(session, webinar.id)
        found = staff_manual_issue_and_attendance.list_of_webinar(
            session, webinar.id, words=words, offset=(number - 1) * PAGE_SIZE
        )

    def url(page: int) -> str:
        return url_for(".index", slug=slug, page=page, q=words or None)

    return render(
        "certificates/staff.html",
        slug=slug,
        title=webinar.words.title,
        rule=rule or _filled(kept),
        warnings=warnings,
        by_hand=by_hand or ByHandForm(),
        live=live or AttendedForm(),
        lines=[line_of(each) for each in found.items],
        words=words,
        pager=pager_of(number, PAGE_SIZE, found.total, url=url),
    )


def _filled(kept: Rule) -> RuleForm:
    is_confirmed = kept.confirmed_minutes >= kept.credit_minutes
    return RuleForm(obj=kept, is_credit_confirmed=is_confirmed)


def _certificate_page(
    public_id: str,
    *,
    revoking: RevokingForm | None = None,
    correcting: CorrectionForm | None = None,
) -> str:
    with read_session() as session:
        facts = read_certificate(session, public_id)
        history = list_siblings(session, public_id)
    zone = reading_zone()
    return render(
        "certificates/staff_certificate.html",
        line=line_of(facts),
        stands=facts.status is Status.VALID,
        issued=say_datetime_in_table(facts.issued_at, zone),
        revoked=say_datetime_in_table(facts.revoked_at, zone) if facts.revoked_at else "",
        reason=_(facts.reason) if facts.reason else "",
        revoked_reason=_(facts.revoked_reason) if facts.revoked_reason else "",
        revoking=revoking or RevokingForm(prefix=REVOKING),
        correcting=correcting or CorrectionForm(name=facts.holder, prefix=CORRECTING),
        history=[(line_of(each), say_datetime_in_table(each.issued_at, zone)) for each in history],
    )
