"""Staff pages of the policies: list, draft, and publish."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.core.clock import now
from lms.core.errors import Invalid, NotFound
from lms.core.markdown import to_html
from lms.models.seller import PolicyKind
from lms.seller.policies import (
    SLUGS,
    PolicyText,
    discard_draft,
    policy_versions,
    publish_policy,
    read_draft,
    save_draft,
)
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import shown_in
from lms.web.core.page_frame import forget_frame
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.seller.forms import PolicyForm
from lms.web.seller.public_policies import KINDS, policy_title, version_name

blueprint = Blueprint("staff_policies", __name__, url_prefix="/staff/policies")


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List the policies, with their published versions and drafts."""
    with read_session() as session:
        rows = [
            (kind, policy_versions(session, kind), read_draft(session, kind)) for kind in PolicyKind
        ]
    return render(
        "seller/staff_policies.html",
        rows=[
            (
                policy_title(kind),
                SLUGS[kind],
                version_name(versions[0]) if versions else "",
                bool(draft),
            )
            for kind, versions, draft in rows
        ],
    )


@blueprint.route("/<slug>", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(slug: str) -> ResponseReturnValue:
    """Show the next version of a policy; save it as a draft, or publish it."""
    kind = _kind(slug)
    with read_session() as session:
        versions, draft = policy_versions(session, kind), read_draft(session, kind)
    if request.method == "GET":
        published = versions[0].text if versions else ""
        return _page(PolicyForm(text=draft or published), kind, versions, draft)
    form = PolicyForm(request.form)
    is_published = request.form.get("act") == "publish"
    actor = required_viewer().public_id
    with shown_in(form, Invalid):
        with transaction() as session:
            save_draft(session, kind, form.text.data or "", actor=actor, now=now())
            if is_published:
                publish_policy(session, kind, actor=actor, now=now())
        if is_published:
            forget_frame()
            flash(_("Published. Customers agree to this version from now on."), "done")
            return see_other(".index")
        flash(_("Draft saved. Customers see it once you publish it."), "done")
        return see_other(".edit", slug=slug)
    return _page(form, kind, versions, draft), 400


@blueprint.post("/<slug>/discard")
@open_to(Audience.STAFF)
def discard(slug: str) -> ResponseReturnValue:
    """Delete the draft of a policy."""
    with transaction() as session:
        discard_draft(session, _kind(slug), **acting())
    flash(_("The draft was discarded."), "done")
    return see_other(".edit", slug=slug)


def _kind(slug: str) -> PolicyKind:
    if slug not in KINDS:
        raise NotFound
    return KINDS[slug]


def _page(
    form: PolicyForm,
    kind: PolicyKind,
    versions: tuple[PolicyText, ...],
    draft: str,
) -> str:
    return render(
        "seller/staff_policy.html",
        form=form,
        title=policy_title(kind),
        slug=SLUGS[kind],
        html=Markup(to_html(form.text.data or "")),  # noqa: S704  (nh3 sanitized it)
        versions=[(version_name(one), one.number) for one in versions],
        has_draft=bool(draft),
    )
