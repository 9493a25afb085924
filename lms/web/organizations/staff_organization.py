"""The organization of a staff page; one that was merged leads to the one that is kept."""

from lms.organizations import organizations
from lms.organizations.organizations import OrganizationFacts
from lms.web.core.request_context import lead_on, read_session


def organization_of_page(slug: str) -> OrganizationFacts:
    """Return the organization of an address, that is kept where it was merged; raises NotFound.

    A page of a merged one is answered by a redirect to the same page of the kept one.
    """
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    if kept.slug != slug:
        lead_on(slug=kept.slug)
    return kept
