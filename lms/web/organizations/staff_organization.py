"""The organization of a staff page; a merged one redirects to the one that remains."""

from lms.organizations import organizations
from lms.organizations.organizations import OrganizationFacts
from lms.web.core.request_context import lead_on, read_session


def organization_of_page(slug: str) -> OrganizationFacts:
    """Return the organization in the URL; raises NotFound.

    A page of a merged organization redirects to the same page of the one that remains.
    """
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    if kept.slug != slug:
        lead_on(slug=kept.slug)
    return kept
