"""All tables of the LTI tool, for code that needs the whole metadata."""

from lti.models import (
    courses,
    delivery_leases,
    embed_links,
    id_mappings,
    identities,
    launches,
    registrations_and_keys,
    selftest_runs,
)

MODULES = (
    registrations_and_keys,
    identities,
    courses,
    embed_links,
    launches,
    delivery_leases,
    selftest_runs,
    id_mappings,
)
