"""Manager pages for embed links: create, preview, edit, and revoke them."""

from datetime import datetime
from typing import Final

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.errors import N_, Conflict, Gone, Invalid, NotFound
from lms.lti_facade.content_choices import (
    PAGE_SIZE,
    Sought,
    find_choice,
    find_series,
    read_selection,
)
from lms.lti_facade.webinar_packs import read_pack_contents
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import flashed, shown_in
from lms.web.core.form_fields import MOST_LISTED, sent_or_stored
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import carrel, read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.playback.poster_images import picture_of
from lti.embed_links.embed_links import (
    add_embed,
    edit_embed,
    find_embed,
    list_embeds,
    restore_embed,
    revoke_embed,
)
from lti.embed_links.niche_packs import EmbedCodes, pack_of
from lti.frames.session_creation import Opening, open_frame
from lti.models.launches import FrameRole, Purpose
from lti.protocol.content_target import Target
from lti.web.deep_linking.picker_items import card_of
from lti.web.embed_links.link_texts_and_embed_code import (
    COMPACT_HEIGHT,
    address_of,
    embed_key,
    line_of,
    snippet_of,
)
from lti.web.embed_links.manager_form import EmbedForm

blueprint = Blueprint(
    "organization_embeds", __name__, url_prefix="/organization/<organization_id>/embeds"
)

REJECTED: Final = 400
NO_ACCESS: Final = N_("Your organization can't show this recording now.")
WEBINAR, SERIES = "webinar", "series"


@blueprint.get("")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def index(organization_id: str) -> ResponseReturnValue:
    """List the organization's links."""
    managed, now = managed_organization(organization_id), clock.now()
    zone = zone_of(managed).key
    with read_session() as session:
        found = list_embeds(session, managed.facts.id)
    lines = [line_of(each, zone=zone, now=now) for each in found]
    undone = next((each for each in lines if each.id == request.args.get("taken_back")), None)
    return render_in(
        managed,
        "lti/embed_links/manager.html",
        lines=lines,
        undo=undone if undone is not None and undone.is_revoked else None,
    )


@blueprint.get("/new")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def choose(organization_id: str) -> ResponseReturnValue:
    """Show what the organization can use, to choose the content of a new link."""
    managed, now = managed_organization(organization_id), clock.now()
    number = page_number()
    sought = Sought(query=request.args.get("q", "").strip()[:200], page=number)
    with read_session() as session:
        found = read_selection(session, managed.facts.id, sought, now=now)

    words = sought.query.casefold().split()
    series = [
        each
        for each in (found.series if number == 1 else ())
        if all(word in each.title.casefold() for word in words)
    ]

    def url(page: int) -> str:
        return url_for(".choose", organization_id=organization_id, q=sought.query, page=page)

    return render_in(
        managed,
        "lti/embed_links/manager_choose_content.html",
        cards=[
            card_of(each, picture_of(each.slug, each.film), is_chosen=False) for each in found.items
        ],
        series=series[:MOST_LISTED],
        series_total=len(series),
        query=sought.query,
        pager=pager_of(number, PAGE_SIZE, found.total, url=url),
        total=found.total,
    )


@blueprint.route("/new/<kind>/<name>", methods=["GET", "POST"])
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def new(organization_id: str, kind: str, name: str) -> ResponseReturnValue:
    """Create a link to the chosen content."""
    managed, now = managed_organization(organization_id), clock.now()
    with read_session() as session:
        target, title = _chosen(session, managed.facts.id, kind, name, now=now)
    form = sent_or_stored(EmbedForm)
    form.offer_rules()
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                made = add_embed(
                    session,
                    managed.facts.id,
                    target,
                    form.details(zone_of(managed)),
                    key=embed_key(),
                    actor=required_viewer().public_id,
                    now=now,
                )
            flash(_("Embed link created. Copy the code into your page."), "done")
            return see_other(".show", organization_id=organization_id, embed_id=made.public_id)
    page = render_in(
        managed, "lti/embed_links/manager_form.html", form=form, title=title, kept=None
    )
    return page, REJECTED if form.errors else 200


@blueprint.get("/<embed_id>")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def show(organization_id: str, embed_id: str) -> ResponseReturnValue:
    """Show a link: its code, a preview, and its use."""
    managed, now = managed_organization(organization_id), clock.now()
    with read_session() as session:
        facts = find_embed(session, managed.facts.id, embed_id)
    address = address_of(facts)
    return render_in(
        managed,
        "lti/embed_links/manager_link.html",
        line=line_of(facts, zone=zone_of(managed).key, now=now),
        address=address,
        snippet=None if address is None else snippet_of(facts, address),
        compact=None if address is None else snippet_of(facts, address, height=COMPACT_HEIGHT),
    )


@blueprint.get("/<embed_id>/pack.zip")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def pack(organization_id: str, embed_id: str) -> ResponseReturnValue:
    """Send the Niche pack of a link that works and shows one webinar that the organization can show."""
    managed, now = managed_organization(organization_id), clock.now()
    with read_session() as session:
        facts = find_embed(session, managed.facts.id, embed_id)
        address = address_of(facts)
        if facts.target.webinar is None or address is None or not facts.works(now):
            raise NotFound
        contents = read_pack_contents(session, facts.target.webinar)
        try:
            find_choice(session, managed.facts.id, contents.public_id, now=now)
        except NotFound as error:
            raise Gone(NO_ACCESS) from error
    codes = EmbedCodes(
        snippet_of(facts, address),
        snippet_of(facts, address, height=COMPACT_HEIGHT),
        facts.details.origins,
    )
    packed = pack_of(carrel().storage, contents, codes, made_at=now)
    name = f"{contents.slug}-niche-pack.zip"
    return Response(
        packed,
        mimetype="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@blueprint.get("/<embed_id>/preview")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def preview(organization_id: str, embed_id: str) -> ResponseReturnValue:
    """Open a framed session for a manager's preview, which only our own page can frame."""
    managed, now = managed_organization(organization_id), clock.now()
    with transaction() as session:
        facts = find_embed(session, managed.facts.id, embed_id)
        opening = Opening(
            purpose=Purpose.EMBED,
            role=FrameRole.INSTRUCTOR,
            organization_id=managed.facts.id,
            origins=(carrel().settings.base_url,),
            target=facts.target,
            embed_link_id=facts.id,
            login_id=required_viewer().login_id,
        )
        secret = open_frame(session, opening, now=now)
    answer = redirect(url_for("framed.home", secret=secret), code=303)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Content-Security-Policy"] = "frame-ancestors 'self'"
    return answer


@blueprint.route("/<embed_id>/edit", methods=["GET", "POST"])
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def edit(organization_id: str, embed_id: str) -> ResponseReturnValue:
    """Edit a link's name, sites, rule or expiry; its URL stays the same."""
    managed, now = managed_organization(organization_id), clock.now()
    zone = zone_of(managed)
    with read_session() as session:
        kept = find_embed(session, managed.facts.id, embed_id)
    form = sent_or_stored(EmbedForm)
    form.offer_rules()
    if request.method == "GET":
        form.fill(kept, zone)
    elif form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                edit_embed(
                    session,
                    managed.facts.id,
                    embed_id,
                    form.details(zone),
                    actor=required_viewer().public_id,
                    now=now,
                )
            flash(_("Saved."), "done")
            return see_other(".show", organization_id=organization_id, embed_id=embed_id)
    page = render_in(
        managed, "lti/embed_links/manager_form.html", form=form, title=kept.title, kept=kept
    )
    return page, REJECTED if form.errors else 200


@blueprint.post("/<embed_id>/take-back")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def take_back(organization_id: str, embed_id: str) -> ResponseReturnValue:
    """Revoke a link; its playback stops."""
    managed = managed_organization(organization_id)
    with flashed(Conflict):
        with transaction() as session:
            revoke_embed(session, managed.facts.id, embed_id, **acting())
        return see_other(".index", organization_id=organization_id, taken_back=embed_id)
    return see_other(".index", organization_id=organization_id)


@blueprint.post("/<embed_id>/put-back")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def put_back(organization_id: str, embed_id: str) -> ResponseReturnValue:
    """Restore a revoked link."""
    managed = managed_organization(organization_id)
    with flashed(Conflict):
        with transaction() as session:
            restore_embed(session, managed.facts.id, embed_id, **acting())
        flash(_("Embed link restored."), "done")
    return see_other(".show", organization_id=organization_id, embed_id=embed_id)


def _chosen(
    session: Session, organization_id: int, kind: str, name: str, *, now: datetime
) -> tuple[Target, str]:
    """Return the target and title of a new link; raises NotFound for content that can't be used."""
    if kind == WEBINAR:
        choice = find_choice(session, organization_id, name, now=now)
        return Target(webinar=choice.public_id), choice.title
    if kind == SERIES:
        series = find_series(session, organization_id, name, now=now)
        return Target(series=series.public_id), series.title
    raise NotFound
