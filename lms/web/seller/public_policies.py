"""The public pages of the policies: the current version, and earlier ones by link."""

from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.core.clock import now
from lms.core.dates_and_time_zones import say_long_date
from lms.core.errors import or_not_found
from lms.core.markdown import to_html
from lms.models.seller import PolicyKind
from lms.seller.policies import (
    SLUGS,
    TITLES,
    PolicyText,
    current_policy,
    numbered_policy,
    policy_versions,
)
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("policies", __name__)

KINDS: Final = {slug: kind for kind, slug in SLUGS.items()}
PATH: Final = '/<any("terms", "refund-policy", "license"):slug>'


@blueprint.get(PATH)
@open_to(Audience.EVERYONE)
def show(slug: str) -> ResponseReturnValue:
    """Show the current version of a policy."""
    with read_session() as session:
        current = current_policy(session, KINDS[slug], now())
        versions = policy_versions(session, KINDS[slug])
    return _page(or_not_found(current), versions)


@blueprint.get(f"{PATH}/<int:number>")
@open_to(Audience.EVERYONE)
def version(slug: str, number: int) -> ResponseReturnValue:
    """Show one version of a policy, at the URL printed on documents."""
    with read_session() as session:
        wanted = numbered_policy(session, KINDS[slug], number)
        versions = policy_versions(session, KINDS[slug])
    return _page(wanted, versions)


def policy_title(kind: PolicyKind) -> str:
    """Return the name of a policy, such as "Terms of sale"."""
    return _(TITLES[kind])


def version_name(policy: PolicyText) -> str:
    """Return the name of a version by its date, such as "Version of October 6, 2026"."""
    day = say_long_date(policy.published_at, mail_context().zone)
    return _("Version of %(date)s", date=day)


def _page(policy: PolicyText, versions: tuple[PolicyText, ...]) -> str:
    return render(
        "seller/policy.html",
        title=policy_title(policy.kind),
        slug=SLUGS[policy.kind],
        version=version_name(policy),
        html=Markup(to_html(policy.text)),  # noqa: S704  (nh3 sanitized it)
        is_current=policy == versions[0],
        others=[(version_name(one), one.number) for one in versions if one != policy],
    )
